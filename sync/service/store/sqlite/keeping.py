"""What is thrown away when its time is over, and whether the file can be used."""

from __future__ import annotations

from collections.abc import Mapping
from sqlite3 import Connection

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


def sweep(connection: Connection, now: float, answers: float, renderings: float, students: float) -> Mapping[str, int]:
    """Delete expired sessions, and answers, renderings and students of so many seconds; return how many of each."""
    values = {"now": now, "answers": now - answers, "renderings": now - renderings, "students": now - students}
    values["most"] = _MOST
    return {name: connection.execute(statement, values).rowcount for name, statement in _SWEEPS.items()}


def look(connection: Connection) -> None:
    """Read something."""
    connection.execute("SELECT count(*) FROM migrations").fetchone()


def touch(connection: Connection) -> None:
    """Write something, without changing anything."""
    connection.execute("UPDATE migrations SET name = name WHERE name = 'accounts-1'")
