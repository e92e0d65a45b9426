"""The guarded pool: worker processes that can be killed without harm to anything else."""

from __future__ import annotations

from .executor import Executor, InProcess, Outcome
from .pool import Pool, default_workers
from .worker import CannotStart, Guards

__all__ = ["CannotStart", "Executor", "Guards", "InProcess", "Outcome", "Pool", "default_workers"]
