"""The outbox: rows that come with results, their names and revisions, and what becomes of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tukscal.core.ledger import NAME_TAKEN, Delivered, Delivery, Ledger, pushing_alone
from tukscal.tests.core.ledger.ledgers import START, Place, done, new_job, queued

HOUR = 3_600.0


def push(ledger: Ledger, number: int, content: str = "1", *, calendar: str = "", account: str = "") -> int:
    """Make a result that is to be pushed, under the name of its number, and return its row."""
    queued(ledger, new_job(number, sha256=content))
    (job,) = ledger.queue.claim("queue")
    named = calendar or f"out/{number}"
    ledger.queue.record([done(job, push=True, calendar=named, account=account, output_sha256=f"{content * 64}"[:64])])
    return max([row.id for row in [*ledger.outbox.pending(), *ledger.outbox.refused()]])


def settle(ledger: Ledger, row: int, state: Delivery, **changes: object) -> None:
    """Write down how a push ended."""
    ledger.outbox.settle([Delivered(id=row, state=state, **changes)])  # type: ignore[arg-type]


def test_revisions_are_milliseconds_and_grow(ledger: Ledger, place: Place) -> None:
    """A row's revision is the time of its result, and more than the one before of its calendar whatever the time."""
    push(ledger, 1, "1")
    assert ledger.outbox.pending()[0].revision == START * 1_000
    push(ledger, 1, "2")
    assert ledger.outbox.pending()[0].revision == START * 1_000 + 1
    place.clock.wall -= 365 * 24 * HOUR
    push(ledger, 1, "3")
    push(ledger, 2, "3")
    assert sorted(row.revision for row in ledger.outbox.pending()) == [
        (START - 365 * 24 * HOUR) * 1_000,
        START * 1_000 + 2,
    ]


def test_revisions_grow_past_what_was_thrown_away(place: Place) -> None:
    """Though the sent rows are gone after ninety days, the next revision is above theirs."""
    with place.open() as ledger:
        settle(ledger, push(ledger, 1), Delivery.SENT)
        place.clock.turn(100 * 24 * HOUR)
        assert ledger.retention.purge() == 1
        place.clock.wall -= 200 * 24 * HOUR
        push(ledger, 1, "2")
        assert ledger.outbox.pending()[0].revision == START * 1_000 + 1


def test_what_is_due(ledger: Ledger, place: Place) -> None:
    """Rows are due by their time, the longest due first; the next one's time is known."""
    assert ledger.outbox.next_push() is None
    one, two, three = (push(ledger, number) for number in (1, 2, 3))
    settle(ledger, two, Delivery.PENDING, attempts=1, delay=100.0, cause="busy", message="Wait.")
    settle(ledger, one, Delivery.PENDING, attempts=1, delay=50.0)
    assert [row.id for row in ledger.outbox.due(10)] == [three]
    settle(ledger, three, Delivery.SENT)
    assert ledger.outbox.next_push() == 50.0
    place.clock.turn(100)
    assert [(row.id, row.attempts, row.cause, row.message) for row in ledger.outbox.due(10)] == [
        (one, 1, "", None),
        (two, 1, "busy", "Wait."),
    ]
    assert [row.id for row in ledger.outbox.due(1)] == [one]
    assert ledger.outbox.next_push() == 0.0


def test_no_wait_is_longer_than_an_hour(ledger: Ledger, place: Place) -> None:
    """What is asked for beyond an hour is an hour; what another clock set further off is due at once."""
    row = push(ledger, 1)
    settle(ledger, row, Delivery.PENDING, delay=10.0**9)
    assert ledger.outbox.next_push() == HOUR
    place.clock.wall -= 100 * HOUR
    assert ledger.outbox.next_push() == 0.0
    assert [one.id for one in ledger.outbox.due(1)] == [row]


def test_what_was_superseded_meanwhile_stays_that(ledger: Ledger) -> None:
    """A push that ends after a newer result came changes neither row."""
    old = push(ledger, 1, "1")
    new = push(ledger, 1, "2")
    for state in (Delivery.SENT, Delivery.REFUSED, Delivery.PENDING):
        settle(ledger, old, state)
    assert [row.id for row in ledger.outbox.pending()] == [new]
    assert ledger.outbox.backlog().states == {"pending": 1, "sent": 0, "refused": 0, "superseded": 1}


def test_a_backlog(ledger: Ledger, place: Place) -> None:
    """Rows are counted by state, those that wait by cause; when the last was sent is known."""
    rows = [push(ledger, number) for number in range(6)]
    place.clock.turn(10)
    settle(ledger, rows[0], Delivery.SENT)
    settle(ledger, rows[1], Delivery.REFUSED, cause="push_refused", message="No.")
    settle(ledger, rows[2], Delivery.PENDING, delay=5.0, cause="busy")
    found = ledger.outbox.backlog()
    assert found.states == {"pending": 4, "sent": 1, "refused": 1, "superseded": 0}
    assert found.waiting == {"": 3, "busy": 1}
    assert (found.next_due, found.last_sent) == (0.0, START + 10)


def test_waking_what_waits_for_one_cause(ledger: Ledger) -> None:
    """Rows of one cause are due at once, those of another account or cause are not."""
    ours, theirs, other, anybodys = (push(ledger, n, account=who) for n, who in enumerate(["a", "b", "a", ""]))
    for row, cause in ((ours, "x"), (theirs, "x"), (other, "y"), (anybodys, "x")):
        settle(ledger, row, Delivery.PENDING, attempts=5, delay=100.0, cause=cause)
    assert ledger.outbox.wake("x", "a") == 2
    assert sorted((row.id, row.attempts) for row in ledger.outbox.due(10)) == [(ours, 0), (anybodys, 0)]


def test_pushing_again(ledger: Ledger) -> None:
    """All that waits or was refused is due as if never tried, and somebody else's if that is asked for."""
    waits, refused, sent = (push(ledger, number, account="a") for number in range(3))
    settle(ledger, waits, Delivery.PENDING, attempts=8, delay=HOUR, cause="busy", message="Wait.")
    settle(ledger, refused, Delivery.REFUSED, attempts=1, cause="push_refused", message="No.")
    settle(ledger, sent, Delivery.SENT)
    revision = ledger.outbox.refused()[0].revision
    assert ledger.outbox.again("b") == 2
    found = {row.id: row for row in ledger.outbox.due(10)}
    assert found.keys() == {waits, refused}
    assert {(row.attempts, row.cause, row.message, row.account) for row in found.values()} == {(0, "", None, "b")}
    assert found[refused].revision == revision


def test_a_name_belongs_to_one_output(ledger: Ledger, tmp_path: Path) -> None:
    """A second output under a name is refused with the first one's path; it may have the name when that is gone."""
    first = push(ledger, 1, calendar="same")
    second = push(ledger, 2, calendar="same")
    assert [row.id for row in ledger.outbox.pending()] == [first]
    (row,) = ledger.outbox.refused()
    assert (row.id, row.cause, row.message) == (second, NAME_TAKEN, "The name same belongs to /out/1.ics.")
    settle(ledger, first, Delivery.SENT)
    assert ledger.outbox.again() == 1  # there is no /out/1.ics on this disk
    (row,) = ledger.outbox.pending()
    assert (row.id, row.revision) == (second, START * 1_000 + 1)
    third = push(ledger, 1, "3", calendar="same")
    assert [row.id for row in ledger.outbox.refused()] == [third]


def test_a_name_whose_output_is_there_stays(place: Place, tmp_path: Path) -> None:
    """While the first output is on the disk nobody gets its name."""
    output = tmp_path / "a.ics"
    output.write_bytes(b"x")
    with place.open() as ledger:
        queued(ledger, new_job(1, output=output), new_job(2))
        ledger.queue.record([done(job, push=True, calendar="same") for job in ledger.queue.claim("queue", 2)])
        assert ledger.outbox.again() == 1
        assert [row.cause for row in ledger.outbox.refused()] == [NAME_TAKEN]


def test_offering_what_was_never_pushed(ledger: Ledger) -> None:
    """Results below a folder that never were in the outbox as they are come into it, once; others do not."""
    queued(ledger, *(new_job(number, output=Path(f"/out/{number}.ics")) for number in range(1_200)))
    queued(ledger, new_job(5_000, output=Path("/outside/x.ics")), new_job(5_001, output=Path("/out.ics")))
    jobs = ledger.queue.claim("queue", 2_000)
    ledger.queue.record([done(job, push=job.output.name == "7.ics", calendar="out/7") for job in jobs])
    name = {Path(f"/out/{number}.ics"): f"out/{number}" for number in range(1_200)}
    assert ledger.outbox.offer(Path("/out"), name.__getitem__, "a") == 1_199
    assert ledger.outbox.offer(Path("/out"), name.__getitem__, "a") == 0
    assert ledger.outbox.backlog().states[Delivery.PENDING] == 1_200
    assert {row.account for row in ledger.outbox.pending(2_000)} == {"", "a"}


def test_offering_names_that_are_taken(ledger: Ledger) -> None:
    """An output whose name is another's is not offered under it."""
    queued(ledger, new_job(1), new_job(2))
    ledger.queue.record([done(job) for job in ledger.queue.claim("queue", 2)])
    assert ledger.outbox.offer(Path("/out"), lambda output: "same", "") == 1
    assert len(ledger.outbox.pending()) == 1


def test_pages_of_refusals(ledger: Ledger) -> None:
    """Refusals come in pages, the oldest first."""
    rows = [push(ledger, number) for number in range(5)]
    for row in rows:
        settle(ledger, row, Delivery.REFUSED)
    assert [row.id for row in ledger.outbox.refused(2)] == rows[:2]
    assert [row.id for row in ledger.outbox.refused(10, after=rows[1])] == rows[2:]


def test_one_process_pushes(place: Place) -> None:
    """The second to ask is told that somebody does; the next one after the first has ended may."""
    with place.open():
        with pushing_alone(place.path) as first, pushing_alone(place.path) as second:
            assert (first, second) == (True, False)
        with pushing_alone(place.path) as third:
            assert third


def test_a_link_to_a_ledger_is_the_same_ledger(place: Place, tmp_path: Path) -> None:
    """Two names of one ledger do not let two processes push from it."""
    with place.open():
        os.symlink(place.path, tmp_path / "other-name.db")
        with pushing_alone(place.path) as first, pushing_alone(tmp_path / "other-name.db") as second:
            assert (first, second) == (True, False)


def test_rows_of_before_are_kept(place: Place) -> None:
    """A ledger of the version before, with rows in its outbox, keeps them under the numbers they had."""
    from tukscal.core.ledger.schema import MIGRATIONS
    from tukscal.tests.core.ledger.test_migrations import make

    make(place.path, MIGRATIONS[:1])
    with place.raw() as raw:
        for number in (1, 2, 3):
            raw.execute(
                "INSERT INTO outbox (job, output, sha256, created, next_attempt) VALUES (?, x'61', 'x', 1.0, 1.0)",
                (number,),
            )
        raw.execute("DELETE FROM outbox WHERE id IN (1, 3)")
    with place.open() as ledger:
        (row,) = ledger.outbox.pending()
        assert (row.id, row.job, row.calendar, row.revision, row.account, row.cause) == (2, 2, "", 0, "", "")
        assert push(ledger, 9) == 4


@pytest.mark.parametrize(
    "change", ["state = 'lost'", "revision = 'x'", "cause = NULL", "output = 'text'", "calendar = x'00'"]
)
def test_what_cannot_be_is_not_kept(ledger: Ledger, place: Place, change: str) -> None:
    """No program can put into a row what makes no sense."""
    import sqlite3

    push(ledger, 1)
    with place.raw() as raw, pytest.raises(sqlite3.IntegrityError):
        raw.execute(f"UPDATE outbox SET {change}")  # noqa: S608 - a test's own text
