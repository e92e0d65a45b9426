"""Every statement finds its rows by an index: SQLite itself says so."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict

import pytest
from tukscal.core.ledger import Ledger, sql
from tukscal.tests.core.ledger.ledgers import Place, finish_all, new_job, queued

LARGE = ("jobs", "attempts", "outbox")
STATEMENTS = {name: value for name, value in vars(sql).items() if name[0].isupper() and isinstance(value, str)}
QUESTIONS = {name: value for name, value in STATEMENTS.items() if re.search(r"SELECT|DELETE|^UPDATE", value)}
NO_QUESTION = {"BEGIN_BATCH", "ADD_WATCH", "ADD", "OUTBOX_ADD", "CALENDAR_NEXT", "NOTE", "BEAT"} - QUESTIONS.keys()


def plan(connection: sqlite3.Connection, statement: str) -> list[str]:
    """Return the steps SQLite takes for a statement."""
    values: defaultdict[str, None] = defaultdict(lambda: None)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


def scans(steps: list[str]) -> list[str]:
    """Return the steps that go through all rows of a large table, or sort what they found in it."""
    whole = [step for step in steps if re.match(rf"SCAN ({'|'.join(LARGE)})\b", step)]
    return whole + [step for step in steps if "TEMP B-TREE" in step and "ORDER BY" in step]


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_no_statement_goes_through_a_whole_table(ledger: Ledger, place: Place, name: str) -> None:
    """Jobs, attempts and the outbox are searched by an index or by number, in the order asked for."""
    with place.raw() as connection:
        assert scans(plan(connection, QUESTIONS[name])) == []


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_every_index_is_asked_for_by_name(ledger: Ledger, place: Place, name: str) -> None:
    """Large tables are searched by number, or by the index the statement names: no statistics change a plan.

    Left to itself SQLite answers "is anything queued?" by reading all queued jobs of all queues.
    """
    with place.raw() as connection:
        steps = " ".join(plan(connection, QUESTIONS[name]))
    chosen = set(re.findall(r"(?:jobs|outbox) USING (?:COVERING )?INDEX (\w+)", steps)) - {"outbox_job"}
    assert chosen == set(re.findall(r"INDEXED BY (\w+)", QUESTIONS[name]))


def test_statistics_change_no_plan(ledger: Ledger, place: Place) -> None:
    """After ANALYZE on a ledger with many done jobs of one queue and batch, every plan still searches."""
    queued(ledger, *(new_job(n) for n in range(500)))
    finish_all(ledger)
    with place.raw() as connection:
        connection.execute("ANALYZE")
    with place.raw() as connection:
        assert {name: found for name in QUESTIONS if (found := scans(plan(connection, QUESTIONS[name])))} == {}


def test_all_statements_are_looked_at() -> None:
    """Only plain insertions ask nothing."""
    plain = {"BEGIN_BATCH", "ADD_WATCH", "ADD", "OUTBOX_ADD", "CALENDAR_NEXT", "NOTE", "BEAT"}
    assert STATEMENTS.keys() - QUESTIONS.keys() == plain
    assert len(QUESTIONS) > 40


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM jobs WHERE message = :x",
        "SELECT count(*) FROM jobs WHERE state = 'done' AND output > :x AND priority = 1 OR size = 7",
        "DELETE FROM attempts WHERE cause = :x",
        "SELECT id FROM outbox ORDER BY sha256",
        "SELECT id FROM jobs WHERE sha256 = :x ORDER BY size",
        "SELECT DISTINCT state FROM jobs",
    ],
)
def test_the_check_can_fail(ledger: Ledger, place: Place, statement: str) -> None:
    """A statement without an index, with half of one, or that sorts, is seen."""
    with place.raw() as connection:
        assert scans(plan(connection, statement)) != []


def test_large_tables_have_no_index_nobody_uses(ledger: Ledger, place: Place) -> None:
    """Each index is in some statement's plan: an unused one only costs."""
    with place.raw() as connection:
        used = " ".join(step for statement in QUESTIONS.values() for step in plan(connection, statement))
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")]
        tables = dict(connection.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'"))
    ours = [name for name in names if tables[name] in LARGE and not name.startswith("sqlite_")]
    assert [name for name in ours if f"INDEX {name}" not in used] == []
