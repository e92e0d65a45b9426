"""The store in one SQLite file: a module a family, all SQL of a family in its module."""

from __future__ import annotations

from .database import Database, Load, Timing
from .store import SqliteStore

__all__ = ["Database", "Load", "SqliteStore", "Timing"]
