"""The guarded pool: processes that do the work and may be killed."""

from __future__ import annotations

from .executor import Executor, InProcess, Outcome
from .pool import Pool, default_workers
from .worker import CannotStart, Guards

__all__ = ["CannotStart", "Executor", "Guards", "InProcess", "Outcome", "Pool", "default_workers"]
