"""Damaged ledgers: found, moved aside, begun anew; what is no ledger is left alone."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import sys
import threading
from pathlib import Path

import pytest
from tukscal.core.errors import InputOutput, NotWritable, TukscalError
from tukscal.core.ledger import Delivery, Filter, Job, Ledger, State, opening
from tukscal.core.ledger.opening import move_aside
from tukscal.core.ledger.store import Store, suspicion
from tukscal.tests.core.ledger.ledgers import START, Place, done, failure, finish_all, new_job, queued

FLIPS = 1_000 if os.environ.get("TUKSCAL_SOAK") else 200


def fill(place: Place) -> bytes:
    """Make a ledger with jobs of all kinds and return its bytes."""
    with place.open() as ledger:
        queued(ledger, *(new_job(n) for n in range(120)))
        for number, job in enumerate(ledger.queue.claim("queue", 100)):
            cause = {1: "io", 2: "damaged", 3: "crash"}.get(number % 10)
            ledger.queue.record([failure(job, cause) if cause else done(job, push=number % 2 == 0)])
        ledger.queue.claim("queue", 5)
    return place.path.read_bytes()


def ask_everything(ledger: Ledger) -> None:
    """Ask all questions, and do all that is done with a ledger."""
    jobs = ledger.history.jobs(Filter(limit=1_000))
    assert all(isinstance(job, Job) and job.state in State for job in jobs)
    assert all(row.state in Delivery for row in ledger.outbox.pending(1_000))
    for job in jobs:
        assert all(attempt.job == job.id for attempt in ledger.history.attempts(job.id))
        ledger.history.same_content(job.sha256)
    list(ledger.history.current())
    outputs = [job.output for job in jobs]
    assert ledger.history.results(outputs).keys() | ledger.history.unfinished(outputs).keys() <= set(outputs)
    ledger.history.stats()
    ledger.history.batches()
    ledger.history.dead_letters()
    ledger.queue.take_over_of(ledger.lease)
    ledger.queue.replay([job.id for job in jobs if job.state is State.DEAD])
    finish_all(ledger)
    ledger.retention.purge()


def use(place: Place) -> Path | None:
    """Use a ledger that may be damaged as a person would, running the command again when told to."""
    for _ in range(3):
        try:
            with place.open() as ledger:
                queued(ledger, new_job(7_000))
                ask_everything(ledger)
                return ledger.moved_aside
        except InputOutput as error:
            if error.message != f"The ledger {place.path} is damaged.":
                raise
    raise AssertionError("the ledger stays damaged")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_no_flipped_byte_stops_a_ledger(tmp_path: Path, part: int) -> None:
    """Wherever a byte is wrong, the ledger works or is moved aside whole and a new one works; never any other error."""
    place = Place(tmp_path / "ledger.sqlite")
    whole, chance = fill(place), random.Random(part)  # noqa: S311 - the same in every run
    moved = 0
    for _ in range(FLIPS // 10):
        for old in tmp_path.iterdir():
            old.unlink()
        damaged = bytearray(whole)
        # As often into the header and the schema as into all the rest.
        where = chance.randrange(100) if chance.random() < 0.3 else chance.randrange(len(whole))
        damaged[where] ^= chance.randrange(1, 256)
        place.path.write_bytes(damaged)
        aside = use(place)
        if aside is not None:
            moved += 1
            assert aside.stat().st_size >= len(whole)
        with place.open() as ledger:
            assert ledger.retention.check() == ()
            assert len(ledger.history.results([new_job(7_000).output])) == 1
    assert 0 < moved < FLIPS // 10


@pytest.mark.parametrize(
    ("damage", "begin_anew"),
    [
        (lambda whole: whole[: len(whole) // 2], True),
        (lambda whole: whole[:-4096], True),
        (lambda whole: whole[:50], True),
        (lambda whole: bytes(len(whole)), True),
        (lambda whole: hashlib.shake_128(b"1").digest(len(whole)), True),
        (lambda whole: whole[:4096] + bytes(len(whole) - 4096), True),
        (lambda whole: b"", False),
        (lambda whole: whole, False),
    ],
    ids=["half", "a page short", "50 bytes", "zeros", "garbage", "one page", "empty", "whole"],
)
def test_a_damaged_file_is_moved_aside(place: Place, damage: object, begin_anew: bool) -> None:
    """Half a file, zeros or garbage are moved aside under the time's name; an empty file is a new ledger."""
    broken = damage(fill(place))  # type: ignore[operator]
    place.path.write_bytes(broken)
    with place.open() as ledger:
        queued(ledger, new_job(1))
        assert len(ledger.queue.claim("queue")) == 1
        aside = ledger.moved_aside
    assert (aside is not None) is begin_anew
    if aside is not None:
        assert aside == place.path.with_name("ledger.sqlite.damaged-20260921-141320")
        assert aside.read_bytes() == broken


@pytest.mark.parametrize(
    ("byte", "value", "moved"),
    [(18, 9, True), (19, 9, True), (16, 0, True), (18, 0, False), (56, 9, False), (44, 99, False), (68, 0, False)],
)
def test_a_header_that_lies_is_no_dead_end(place: Place, byte: int, value: int, moved: bool) -> None:
    """A header that forbids writing or reading, or names other pages, is damage; what SQLite mends itself is not."""
    whole = bytearray(fill(place))
    whole[byte] = value
    place.path.write_bytes(whole)
    assert (use(place) is not None) is moved


def test_a_schema_that_is_no_text_is_damage(place: Place) -> None:
    """A table's definition with bytes that are no text is found, though SQLite cannot even quote it."""
    fill(place)
    with place.raw() as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = CAST(x'435245415445205441424C4520FF28' AS TEXT) WHERE name = 'jobs'"
        )
    assert use(place) is not None


def test_what_sqlite_cannot_quote_is_damage_in_use_too(ledger: Ledger) -> None:
    """A message of SQLite that is no text is told as damage, with what to do."""
    with pytest.raises(InputOutput, match="is damaged"), ledger._store.translating():
        b"\xff".decode()
    assert suspicion(ledger.path).exists()


def test_several_damaged_ledgers_lie_side_by_side(place: Place) -> None:
    """A second one in the same second gets another name."""
    names = []
    for _ in range(3):
        fill(place)
        place.path.write_bytes(b"\0garbage" * 1_000)
        with place.open() as ledger:
            assert ledger.moved_aside is not None
            names.append(ledger.moved_aside.name.removeprefix("ledger.sqlite.damaged-"))
    assert names == ["20260921-141320", "20260921-141320-2", "20260921-141320-3"]


def test_journals_go_along(tmp_path: Path) -> None:
    """What lies beside a damaged ledger is moved with it, so that the new one never meets it."""
    path = tmp_path / "ledger"
    ends = ("", "-wal", "-shm", "-journal")
    for end in ends:
        Path(f"{path}{end}").write_text(f"this is {end}")
    suspicion(path).touch()
    aside = move_aside(path, START)
    assert {entry.name for entry in tmp_path.iterdir()} == {f"{aside.name}{end}" for end in ends}
    assert [Path(f"{aside}{end}").read_text() for end in ends] == [f"this is {end}" for end in ends]


def test_a_log_that_is_gone_is_no_end(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger whose write-ahead log was lost works with what it holds, or is moved aside."""
    monkeypatch.setattr("tukscal.core.ledger.store.best_mode", lambda _: "wal")
    fill(place)
    with place.open() as ledger:
        queued(ledger, *(new_job(n) for n in range(500, 1_500)))
        copy = place.path.with_name("copy")
        shutil.copy(place.path, copy)  # without the log beside it
        assert Path(f"{place.path}-wal").stat().st_size > 0
    use(Place(copy))
    with Place(copy).open() as ledger:
        assert ledger.retention.check() == ()


def test_damage_met_in_use_is_looked_for_at_the_next_start(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large ledger's lying index is not seen at the start; who meets it says so, and the next start reads it all."""
    monkeypatch.setattr("tukscal.core.ledger.opening._ALWAYS", 1_000)
    fill(place)
    with place.raw() as connection:
        (true,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'jobs_queued'").fetchone()
    for statement, values in [
        (_REWRITE, {"sql": true.replace("'queued'", "'nothing'")}),
        ("UPDATE jobs SET size = size + 1 WHERE state = 'queued'", {}),  # the index does not hear of it
        (_REWRITE, {"sql": true}),
    ]:
        with place.raw() as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(statement, values)
    with place.open() as ledger:
        assert ledger.moved_aside is None
        with pytest.raises(InputOutput, match=r"The ledger .* is damaged") as error:
            ledger.queue.claim("queue", 100)
    assert "moved aside" in error.value.advice
    with place.open() as ledger:
        assert ledger.moved_aside is not None
        assert not suspicion(place.path).exists()


_REWRITE = "UPDATE sqlite_master SET sql = :sql WHERE name = 'jobs_queued'"


def test_a_false_alarm_is_forgotten(place: Place) -> None:
    """A suspicion that a full reading does not confirm moves nothing and goes away."""
    fill(place)
    suspicion(place.path).touch()
    with place.open() as ledger:
        assert ledger.moved_aside is None
        assert sum(ledger.history.counts().values()) == 120
    assert not suspicion(place.path).exists()


@pytest.mark.parametrize("turn", range(20))  # which thread is where at which moment is chance
def test_several_that_find_the_damage_mend_it_once(place: Place, turn: int) -> None:
    """Of several that open a damaged ledger at once one moves it aside; all go on with the same new one."""
    place.path.parent.mkdir(parents=True, exist_ok=True)
    place.path.write_bytes(b"\0garbage" * 1_000)
    barrier, found = threading.Barrier(4), list[Path | None]()
    interval = sys.getswitchinterval()

    def open_and_queue(number: int) -> None:
        barrier.wait()
        with place.open() as ledger:
            queued(ledger, new_job(number))
            found.append(ledger.moved_aside)

    threads = [threading.Thread(target=open_and_queue, args=(number,)) for number in range(4)]
    sys.setswitchinterval(10.0 ** -(3 + turn % 4))
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(found) == 4
    assert len([path for path in found if path]) == 1
    with place.open() as ledger:
        assert ledger.history.counts()[State.QUEUED] == 4


def test_a_ledger_another_has_mended_is_not_moved(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who found damage looks again once it is its turn: what another process mended meanwhile stays."""
    fill(place)
    found, real = iter(["damage"]), opening.examine

    def examine(store: Store) -> None:
        if next(found, None):
            raise opening.DamageFound
        real(store)

    monkeypatch.setattr(opening, "examine", examine)
    with place.open() as ledger:
        assert ledger.moved_aside is None
        assert sum(ledger.history.counts().values()) == 120


def test_only_one_mends_at_a_time(place: Place) -> None:
    """While one process mends a ledger, another waits, and after its patience says so."""
    fill(place)
    place.path.write_bytes(b"\0garbage" * 1_000)
    with opening.alone(place.path, 1.0):
        with pytest.raises(InputOutput, match="in use by another program"), place.open(patience=0.05):
            pass
        assert place.path.stat().st_size == 8_000
    with place.open() as ledger:
        assert ledger.moved_aside is not None


def test_a_damaged_ledger_in_use_is_not_moved(place: Place) -> None:
    """While another program writes into a damaged ledger it is not moved from under it."""
    whole = bytearray(fill(place))
    whole[4096 * 2 : 4096 * 4] = bytes(4096 * 2)
    place.path.write_bytes(whole)
    with place.raw() as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InputOutput, match="in use by another program"), place.open(patience=0.05):
            pass
    with place.open() as ledger:
        assert ledger.moved_aside is not None


# ---- what is no ledger


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7 \0\0\0", b"PK\3\4\0\0", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "Dear Ann,\nümlaut\n".encode() * 300],
    ids=["pdf", "zip", "ics", "letter"],
)
def test_somebodys_document_is_refused(place: Place, content: bytes) -> None:
    """A document named by mistake is refused and stays where it is, byte for byte."""
    place.path.parent.mkdir()
    place.path.write_bytes(content)
    with pytest.raises(NotWritable, match="is not a ledger of tukscal"), place.open():
        pass
    assert [(path.name, path.read_bytes()) for path in place.path.parent.glob("ledger.sqlite*")
            if not path.name.endswith(".mending")] == [("ledger.sqlite", content)]  # fmt: skip


def test_somebodys_database_is_refused(place: Place) -> None:
    """Another program's database is refused, even one with a table of jobs, and not changed."""
    place.path.parent.mkdir()
    with place.raw() as connection:
        connection.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, state TEXT)")
    before = place.path.read_bytes()
    with pytest.raises(NotWritable, match="is not a ledger of tukscal"), place.open():
        pass
    assert place.path.read_bytes() == before


def test_a_table_of_ones_own_does_no_harm(place: Place) -> None:
    """Who adds an index or a table to a ledger, or has it analysed, keeps both."""
    fill(place)
    with place.raw() as connection:
        connection.execute("CREATE INDEX mine ON jobs (kind)")
        connection.execute("CREATE TABLE notes (text)")
        connection.execute("ANALYZE")
    with place.open() as ledger:
        assert ledger.moved_aside is None


def test_a_changed_table_is_damage(place: Place) -> None:
    """A ledger whose table or index is not what the migrations made is not trusted."""
    fill(place)
    with place.raw() as connection:
        connection.execute("DROP INDEX jobs_unfinished")
    with place.open() as ledger:
        assert ledger.moved_aside is not None


def test_every_error_is_one_of_ours(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged ledger that cannot be moved aside is named with what to do."""
    fill(place)
    place.path.write_bytes(b"\0garbage" * 1_000)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(TukscalError, match="is damaged and cannot be moved aside: Permission denied"), place.open():
        pass


def test_large_ledgers_are_read_through_once_a_day(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file is read at the first start of a day only, a small one at each start and with its indexes."""
    asked: list[str] = []
    real = sqlite3.connect

    def connect(*args: object, **kwargs: object) -> sqlite3.Connection:
        connection = real(*args, **kwargs)  # type: ignore[call-overload]
        connection.set_trace_callback(lambda text: asked.append(text) if "_check" in text else None)
        return connection  # type: ignore[no-any-return]

    fill(place)
    monkeypatch.setattr(sqlite3, "connect", connect)

    def readings(times: int) -> list[str]:
        asked.clear()
        for _ in range(times):
            with place.open():
                pass
        return asked

    assert readings(3) == ["PRAGMA integrity_check"] * 3
    monkeypatch.setattr("tukscal.core.ledger.opening._ALWAYS", 1_000)
    assert readings(3) == ["PRAGMA quick_check"]
    place.clock.wall += 86_401
    assert readings(3) == ["PRAGMA quick_check"]
    place.clock.wall -= 3 * 86_400
    assert readings(3) == ["PRAGMA quick_check"]
