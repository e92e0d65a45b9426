"""`tukscal doctor`: what of this computer could keep tukscal from working, and what to do about it."""

from __future__ import annotations

from .examine import examine
from .values import Check, Severity, Subject

__all__ = ["Check", "Severity", "Subject", "examine"]
