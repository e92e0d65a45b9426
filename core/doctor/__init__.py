"""`tukscal doctor`: what of this computer could keep tukscal from working, and what to do about it."""

from __future__ import annotations

from .examine import examine
from .values import Check, Subject, Verdict

__all__ = ["Check", "Subject", "Verdict", "examine"]
