"""The SQLite store: one database, a family each, and what is thrown away when its time is over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from sqlite3 import Connection

from .. import interface
from .accounts import SqliteAccounts, SqliteBlocks, SqliteSessions, SqliteTokens
from .calendars import SqliteCalendars, SqliteFeeds, SqliteSelections
from .database import Database, SqliteFamily, reads, writes
from .jobs import SqliteJobs

_MOST = 1_000  # rows of a kind in one go: others wait meanwhile

_SWEEPS: Mapping[str, str] = {
    "sessions": """
        DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE expires <= :now LIMIT :most)
        """,
    "answers": """
        DELETE FROM answers WHERE (account, key) IN
            (SELECT account, key FROM answers WHERE created < :answers LIMIT :most)
        """,
    "renderings": """
        DELETE FROM renderings WHERE fingerprint IN
            (SELECT fingerprint FROM renderings WHERE used < :renderings LIMIT :most)
        """,
    # Nobody can come back to them: no session is left, and a link to come back by would have made one.
    "accounts": """
        DELETE FROM accounts WHERE id IN (
            SELECT id FROM accounts WHERE seen < :students AND kind = 'student'
                AND NOT EXISTS (SELECT 1 FROM sessions WHERE account = accounts.id)
                AND NOT EXISTS
                    (SELECT 1 FROM feeds WHERE account = accounts.id AND coalesce(read, created) >= :students)
            LIMIT :most)
        """,
}


class SqliteStore(SqliteFamily, interface.ServiceStore):
    """A file, or memory if there is no path. Raises InputOutput or NotWritable."""

    def __init__(self, path: Path | None, *, readers: int = 3) -> None:
        super().__init__(Database(path, readers=readers))
        self.accounts = SqliteAccounts(self.database)
        self.sessions = SqliteSessions(self.database)
        self.tokens = SqliteTokens(self.database)
        self.calendars = SqliteCalendars(self.database)
        self.selections = SqliteSelections(self.database)
        self.feeds = SqliteFeeds(self.database)
        self.jobs = SqliteJobs(self.database)
        self.blocks = SqliteBlocks(self.database)

    @writes
    def sweep(
        self, connection: Connection, now: float, *, answers: float, renderings: float, students: float
    ) -> Mapping[str, int]:
        values = {"now": now, "answers": now - answers, "renderings": now - renderings, "students": now - students}
        values["most"] = _MOST
        return {name: connection.execute(statement, values).rowcount for name, statement in _SWEEPS.items()}

    async def check(self) -> None:
        await self._look()
        await self._touch()

    def close(self) -> None:
        self.database.close()

    @reads
    def _look(self, connection: Connection) -> None:
        connection.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()

    @writes
    def _touch(self, connection: Connection) -> None:
        connection.execute("UPDATE _sqlite_migrations SET name = name WHERE name = 'accounts-1'")
