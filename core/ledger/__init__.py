"""The ledger of jobs: one SQLite file that survives whatever happens to those who use it."""

from __future__ import annotations

from .ledger import Ledger
from .model import (
    INTERRUPTED,
    LETTERS,
    OPEN,
    Attempt,
    Backlog,
    Batch,
    Delivered,
    Delivery,
    Done,
    Enqueued,
    Failure,
    Filter,
    Job,
    Keep,
    NewJob,
    Outcome,
    Outgoing,
    Stamps,
    Standing,
    State,
    Stats,
)
from .outbox import LONGEST_WAIT, NAME_TAKEN, pushing_alone
from .rules import Retries

__all__ = [
    "INTERRUPTED",
    "LETTERS",
    "LONGEST_WAIT",
    "NAME_TAKEN",
    "OPEN",
    "Attempt",
    "Backlog",
    "Batch",
    "Delivered",
    "Delivery",
    "Done",
    "Enqueued",
    "Failure",
    "Filter",
    "Job",
    "Keep",
    "Ledger",
    "NewJob",
    "Outcome",
    "Outgoing",
    "Retries",
    "Stamps",
    "Standing",
    "State",
    "Stats",
    "pushing_alone",
]
