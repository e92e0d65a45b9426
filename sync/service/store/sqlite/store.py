"""The SQLite store: one Database, a family each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from . import keeping
from .accounts import SqliteAccounts
from .calendars import SqliteCalendars
from .database import Database
from .feeds import SqliteFeeds
from .jobs import SqliteJobs
from .limits import SqliteBlocks
from .selections import SqliteSelections
from .sessions import SqliteSessions
from .tokens import SqliteTokens


class SqliteStore:
    """A file, or memory if there is no path. Raises InputOutput or NotWritable."""

    def __init__(self, path: Path | None, *, readers: int = 3) -> None:
        self.database = Database(path, readers=readers)
        self.accounts = SqliteAccounts(self.database)
        self.sessions = SqliteSessions(self.database)
        self.tokens = SqliteTokens(self.database)
        self.calendars = SqliteCalendars(self.database)
        self.selections = SqliteSelections(self.database)
        self.feeds = SqliteFeeds(self.database)
        self.jobs = SqliteJobs(self.database)
        self.blocks = SqliteBlocks(self.database)

    async def sweep(self, now: float, *, answers: float, renderings: float, students: float) -> Mapping[str, int]:
        """Delete what is older than its seconds, and expired sessions; return how many of each."""
        return await self.database.write(lambda c: keeping.sweep(c, now, answers, renderings, students))

    async def check(self) -> None:
        """Read and write something. Raises InputOutput."""
        await self.database.read(keeping.look)
        await self.database.write(keeping.touch)

    def close(self) -> None:
        """Finish and close."""
        self.database.close()
