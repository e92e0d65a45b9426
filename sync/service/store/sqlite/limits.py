"""Blocks, and what uploads count against: rows, so that neither a restart nor a race gives more than is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from .. import interface
from ..job_model import AccessBlock
from ..rate_model import Allowance, Rule, Spent, standing
from .family import SqliteFamily, reads, writes

HOUR = 3600
MINUTE = 60

_TIMES = "SELECT at FROM uploads WHERE account = ? AND at > ? ORDER BY at"
_COUNT = "INSERT INTO uploads (account, at) VALUES (?, ?)"
_NETWORK = "SELECT count(*) FROM networks WHERE network = ? AND at > ?"
_COUNT_NETWORK = "INSERT INTO networks (network, at) VALUES (?, ?)"
_SPEND = "INSERT OR IGNORE INTO spent (id, expires) VALUES (?, ?)"
_FORGET = (
    "DELETE FROM uploads WHERE rowid IN (SELECT rowid FROM uploads WHERE at <= :hour LIMIT 5000)",
    "DELETE FROM networks WHERE rowid IN (SELECT rowid FROM networks WHERE at <= :hour LIMIT 5000)",
    "DELETE FROM spent WHERE expires < :now",
    "DELETE FROM blocks WHERE until <= :now",
)
_PUT = """
    INSERT INTO blocks (who, until, reason, made) VALUES (?, ?, ?, ?)
    ON CONFLICT (who) DO UPDATE SET until = excluded.until, reason = excluded.reason, made = excluded.made
    """
_REMOVE = "DELETE FROM blocks WHERE who = ?"
_ALL = "SELECT who, until, reason, made FROM blocks WHERE until IS NULL OR until > ? ORDER BY made"


class SqliteBlocks(SqliteFamily, interface.BlockStore):
    """The blocks of a database."""

    @writes
    def put(self, connection: Connection, block: AccessBlock) -> None:
        connection.execute(_PUT, (block.who, block.until, block.reason, block.made))

    @writes
    def remove(self, connection: Connection, who: str) -> bool:
        return connection.execute(_REMOVE, (who,)).rowcount > 0

    @reads
    def all(self, connection: Connection, now: float) -> Sequence[AccessBlock]:
        rows = connection.execute(_ALL, (now,))
        return [AccessBlock(who=who, until=until, reason=reason, made=made) for who, until, reason, made in rows]


def standings(connection: Connection, account: str, minute: int, hour: int, now: float) -> tuple[Allowance, ...]:
    """Return where an account stands with its uploads in a minute and an hour; 0 is no limit."""
    times = [at for (at,) in connection.execute(_TIMES, (account, now - HOUR))]
    found = []
    if minute:
        rule = Rule(name="uploads-minute", amount=minute, seconds=MINUTE)
        found.append(standing(rule, [at for at in times if at > now - MINUTE], now))
    if hour:
        found.append(standing(Rule(name="uploads-hour", amount=hour, seconds=HOUR), times, now))
    return tuple(found)


def count(connection: Connection, account: str, network: str | None, now: float) -> None:
    """Count an upload of an account, and of a network if there is one."""
    connection.execute(_COUNT, (account, now))
    if network is not None:
        connection.execute(_COUNT_NETWORK, (network, now))


def uploads_of(connection: Connection, network: str | None, now: float) -> int:
    """Return how many uploads of the last hour came from a network."""
    if network is None:
        return 0
    ((number,),) = connection.execute(_NETWORK, (network, now - HOUR)).fetchall()
    return int(number)


def spend(connection: Connection, spent: Spent) -> bool:
    """Use a proof of work up; False if it was before."""
    return connection.execute(_SPEND, (spent.id, spent.expires)).rowcount > 0


def forget(connection: Connection, now: float) -> None:
    """Delete what no longer counts."""
    for statement in _FORGET:
        connection.execute(statement, {"hour": now - HOUR, "now": now})
