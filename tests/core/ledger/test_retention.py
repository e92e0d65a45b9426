"""How long history is kept; copies of a ledger, and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tukscal.core.errors import InputOutput, NoSuchFile, NotWritable
from tukscal.core.ledger import Filter, Keep, Outcome, State, WatchedFolder, history
from tukscal.tests.core.ledger.ledgers import Place, done, failure, finish_all, new_job, queued

DAY = 86_400.0


def test_old_history_goes_by_itself(place: Place) -> None:
    """Done jobs older than ninety days go with their attempts when the ledger is opened; younger ones stay."""
    with place.open() as ledger:
        queued(ledger, new_job(1))
        (old,) = finish_all(ledger)
        place.clock.turn(2 * DAY)
        queued(ledger, new_job(2))
        (young,) = finish_all(ledger)
        place.clock.turn(89 * DAY)
    with place.open() as ledger:
        assert ledger.history.job(old.id) is None
        assert ledger.history.attempts(old.id) == []
        assert ledger.history.job(young.id) is not None
        assert ledger.history.counts()[State.DONE] == 1
        assert [batch.id for batch in ledger.history.batches()] == [2]


def test_history_is_limited_in_number(place: Place) -> None:
    """Of done jobs beyond the number that is kept the oldest go."""
    with place.open(keep=Keep(jobs=30)) as ledger:
        for number in range(100):
            queued(ledger, new_job(number))
            finish_all(ledger)
            place.clock.turn(1)
        assert ledger.retention.purge() == 70
        assert ledger.retention.purge() == 0
        assert sorted(job.output.stem for job in ledger.history.jobs()) == sorted(str(n) for n in range(70, 100))


def test_nothing_that_is_still_needed_goes(place: Place) -> None:
    """However old: what is open, a dead letter, or still to be pushed stays, with its attempts and its batch."""
    with place.open(keep=Keep(days=1, jobs=0)) as ledger:
        queued(ledger, *(new_job(n) for n in range(6)))
        jobs = ledger.queue.claim("queue", 5)
        ends: list[Outcome] = [
            failure(jobs[0], "io"),
            failure(jobs[1], "damaged"),
            failure(jobs[2], "crash"),
            done(jobs[3], push=True),
        ]
        ledger.queue.record(ends)
        place.clock.turn(1_000 * DAY)
        assert ledger.retention.purge() == 0
        assert sum(ledger.history.counts().values()) == 6
        assert [len(ledger.history.attempts(job.id)) for job in jobs] == [1, 1, 1, 1, 0]
        assert len(ledger.outbox.pending()) == len(ledger.history.batches()) == 1


@pytest.mark.parametrize(("state", "stays"), [("pending", 1), ("refused", 1), ("sent", 0), ("superseded", 0)])
def test_the_outbox_is_swept(place: Place, state: str, stays: int) -> None:
    """What was sent or superseded goes with its job, or by itself when as old; what waits or was refused stays."""
    with place.open(keep=Keep(days=10)) as ledger:
        queued(ledger, new_job(1))
        ledger.queue.record([done(job, push=True) for job in ledger.queue.claim("queue")])
        with place.raw() as raw:
            raw.execute("UPDATE outbox SET state = ?, completed = created", (state,))
            place.clock.turn(11 * DAY)
            assert ledger.retention.purge() == 1 - stays
            assert raw.execute("SELECT count(*) FROM outbox").fetchone() == (stays,)


def test_much_history_goes_in_pieces(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start deletes only so much that nobody waits for it; a purge deletes all."""
    with place.open() as ledger:
        queued(ledger, *(new_job(n) for n in range(3_500)))
        finish_all(ledger)
    monkeypatch.setattr(history, "AT_START", 2)
    place.clock.turn(91 * DAY)
    with place.open() as ledger:
        assert ledger.history.counts()[State.DONE] == 1_500
        assert ledger.retention.purge() == 1_500
        assert sum(ledger.history.counts().values()) == 0


def test_a_batch_without_jobs_stays_while_it_is_young(place: Place) -> None:
    """A batch that was just begun and has no jobs yet is not swept away."""
    with place.open() as ledger:
        batch = ledger.history.begin("watch")
        ledger.retention.purge()
        assert [found.id for found in ledger.history.batches()] == [batch]


# ---- copies


@pytest.mark.usefixtures("journal")
def test_where_a_folder_was_is_kept(place: Place) -> None:
    """Of the daemons that watched a folder the last is remembered, though its batch is gone; the others go with it."""
    folder = WatchedFolder(
        source=Path("/in"),
        output=Path("/out"),
        lease="",
        keeps_done=True,
        keeps_failed=False,
        place="{}",
        mounts=("m",),
    )
    others = replace(folder, source=Path("/other"))
    with place.open(keep=Keep(days=1)) as ledger:
        first, other, last = (ledger.history.begin("watch", watched=one) for one in (folder, others, folder))
        assert ledger.history.watches(Path("/in")) == {last: folder, first: folder}
        place.clock.turn(2 * DAY)
        ledger.retention.purge()
        assert ledger.history.batches() == []
        assert ledger.history.watches(Path("/in")) == {last: folder}
        assert ledger.history.watches(Path("/other")) == {other: others}


def test_a_backup_is_a_ledger(place: Place, tmp_path: Path) -> None:
    """A copy made while the ledger is open holds all of it in one file, and opens as a ledger."""
    with place.open() as ledger:
        queued(ledger, *(new_job(n) for n in range(50)))
        finish_all(ledger)
        queued(ledger, new_job(99))
        ledger.retention.backup(tmp_path / "copy")
        kept = ledger.history.jobs(Filter(limit=100))
        finish_all(ledger)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "state"]
    copy = Place(tmp_path / "copy", place.clock)
    assert copy.path.read_bytes()[18:20] == b"\1\1"  # no log, which could not be made where nobody may write
    with copy.open() as ledger:
        assert ledger.history.jobs(Filter(limit=100)) == kept
        assert ledger.retention.check() == ()


@pytest.mark.usefixtures("journal")
def test_a_backup_is_put_back(place: Place, tmp_path: Path) -> None:
    """Restoring gives back what the copy holds, to all that have the ledger open; then work goes on."""
    with place.open() as ledger, place.open(lease="boot/space/1/1") as other:
        queued(ledger, *(new_job(n) for n in range(20)))
        ledger.retention.backup(tmp_path / "copy")
        kept = ledger.history.jobs()
        finish_all(ledger)
        ledger.retention.restore(tmp_path / "copy")
        assert ledger.history.jobs() == other.history.jobs() == kept
        assert len(finish_all(other)) == 20
        assert ledger.history.counts()[State.DONE] == 20
        assert ledger.retention.check() == ()


@pytest.mark.parametrize("what", ["garbage", "damaged", "foreign", "empty"])
def test_what_is_no_sound_backup_is_refused(place: Place, tmp_path: Path, what: str) -> None:
    """A file that is no sound ledger is not put back, and the ledger stays as it was."""
    copy = tmp_path / "copy"
    with place.open() as ledger:
        queued(ledger, *(new_job(n) for n in range(200)))
        if what == "damaged":
            ledger.retention.backup(copy)
            whole = copy.read_bytes()
            copy.write_bytes(whole[: len(whole) // 2])
        elif what == "foreign":
            with Place(copy).raw() as raw:
                raw.execute("CREATE TABLE mine (x)")
        else:
            copy.write_bytes(b"\0x" * 5_000 if what == "garbage" else b"")
        before = ledger.history.jobs()
        with pytest.raises(InputOutput, match="is not a sound backup of a ledger"):
            ledger.retention.restore(copy)
        assert ledger.history.jobs() == before
        with pytest.raises(NoSuchFile):
            ledger.retention.restore(tmp_path / "nowhere")


def test_a_ledger_that_is_held_is_not_replaced(place: Place, tmp_path: Path) -> None:
    """While another program holds the ledger, restoring gives up after our patience, in words."""
    with place.open(patience=0.05) as ledger:
        ledger.retention.backup(tmp_path / "copy")
        with place.raw() as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(InputOutput, match="in use by another program"):
                ledger.retention.restore(tmp_path / "copy")


def test_a_backup_that_cannot_be_written_leaves_nothing(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its folder, or with a full disk, the copy is refused in words, the old one stays, no half one is left."""
    with place.open() as ledger:
        with pytest.raises(NotWritable, match="no folder"):
            ledger.retention.backup(tmp_path / "nowhere" / "copy")
        copy = tmp_path / "copy"
        copy.write_bytes(b"older")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.replace", full)
        with pytest.raises(InputOutput, match="No space left"):
            ledger.retention.backup(copy)
        assert copy.read_bytes() == b"older"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "state"]


@pytest.mark.parametrize("name", ["jobs", "jobs_content", "attempts", "tallies"])
def test_the_check_finds_a_damaged_page(place: Place, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A sound ledger has nothing to say; one of whose tables or indexes lost its first page says so."""
    with place.open() as ledger:
        queued(ledger, *(new_job(n) for n in range(500)))
        finish_all(ledger)
        assert ledger.retention.check() == ()
    with place.raw() as raw:
        (root,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    whole = bytearray(place.path.read_bytes())
    whole[(root - 1) * 4_096 : root * 4_096] = bytes(4_096)
    place.path.write_bytes(whole)
    monkeypatch.setattr("tukscal.core.ledger.opening.examine", lambda _: None)  # as if it broke after the start
    monkeypatch.setattr("tukscal.core.ledger.history.Retention.purge", lambda *_, **__: 0)
    with place.open() as ledger:
        assert ledger.retention.check()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE jobs SET size = 'large' WHERE id = 2", "CHECK constraint failed in jobs"),
        ("UPDATE jobs SET state = 'lost' WHERE id = 2", "CHECK constraint failed in jobs"),
        ("UPDATE jobs SET student = x'00' WHERE id = 2", "CHECK constraint failed in jobs"),
        ("UPDATE batches SET created = 'now'", "CHECK constraint failed in batches"),
        ("UPDATE calendars SET revision = 'new'", "CHECK constraint failed in calendars"),
    ],
)
def test_the_check_finds_a_row_that_breaks_its_law(place: Place, change: str, told: str) -> None:
    """A row that says what no row may is found, whatever wrote it, and a ledger in use says which table has it."""
    with place.open() as ledger:
        queued(ledger, new_job(1), new_job(2))
        ledger.queue.record([done(job, push=True, calendar=str(job.id)) for job in ledger.queue.claim("queue", 1)])
        assert ledger.retention.check() == ()
        with place.raw() as raw:
            raw.execute("PRAGMA ignore_check_constraints = ON")
            assert raw.execute(change).rowcount == 1
        assert ledger.retention.check() == (told,)
