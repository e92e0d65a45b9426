"""What a stranger found in the daemon: each fault was mended and stays so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.batch.run import BatchRun
from tukscal.core.calendar.convert import CalendarOptions
from tukscal.core.calendar.schedule import PlanOptions
from tukscal.core.errors import InputOutput
from tukscal.core.ledger import Filter
from tukscal.core.pool import InProcess
from tukscal.core.system.files import FileChange
from tukscal.core.watch.notes import Fate
from tukscal.core.watch.status import DaemonState
from tukscal.examples.generator.malformed import MALFORMED
from tukscal.tests.core.watch.mounts import mount, mounted, unmount
from tukscal.tests.core.watch.watching import Held, Watched, pdf, request, watched


@contextmanager
def slow(folder: Path, **given: Any) -> Iterator[tuple[Watched, Held]]:
    """Give a daemon whose conversions end when they are let go."""
    one, pool = Watched(folder, **given), Held()
    one.pool = pool
    one.daemon._pool = one.daemon._intake.loop._pool = pool
    try:
        yield one.works(), pool
        one.daemon.stop()
        one.daemon.run()
    finally:
        one.daemon.close()


def events(calendar: bytes) -> int:
    """Return how many events a calendar has that were not cancelled."""
    return calendar.count(b"BEGIN:VEVENT") - calendar.count(b"STATUS:CANCELLED")


# ---- a file that changes while it is converted


@pytest.mark.parametrize("fate", [Fate.KEEP, Fate.MOVE, Fate.DELETE])
def test_replaced_while_it_was_converted(fate: Fate, tmp_path: Path) -> None:
    """The new PDF is converted when the old one has ended, and only then put away; the old one's verdict is void."""
    with slow(tmp_path, on_success=fate, done_folder=tmp_path / "done") as (one, pool):
        one.drop("a.pdf", pdf(1))
        pool.held = True
        one.settle()
        assert one.daemon._intake.loop.running
        one.drop("a.pdf", pdf(2))
        one.wait(30)
        pool.held = False
        one.wait(30)
        assert one.ended() == ["a.pdf done", "a.pdf done"]
        whole = one.tree()["a.ics"]
        assert (one.source / "a.pdf").exists() == (fate is Fate.KEEP)
    away = {path.read_bytes() for path in (tmp_path / "done").glob("*.pdf")}
    assert away == ({pdf(2)} if fate is Fate.MOVE else set())
    (tmp_path / "alone").mkdir()
    with watched(tmp_path / "alone") as alone:
        alone.drop("a.pdf", pdf(2))
        alone.settle()
        assert events(whole) == events(alone.tree()["a.ics"])


def test_removed_while_it_was_converted(tmp_path: Path) -> None:
    """With --mirror the calendar of a PDF that went while it was converted goes when it is there."""
    with slow(tmp_path, mirror=True) as (one, pool):
        one.drop("other.pdf", pdf(2))
        one.drop("a.pdf", pdf(1)).rename(one.source / "b.pdf")
        pool.held = True
        one.settle()
        (one.source / "b.pdf").unlink()
        one.wait(10)
        pool.held = False
        one.wait(10)
        assert one.names() == {"other.ics"}


def test_a_leftover_job_waits_for_its_file(tmp_path: Path) -> None:
    """A job of a daemon that ended is not done while its PDF is being copied anew, and once when that stands."""
    with slow(tmp_path) as (one, pool):
        one.drop("a.pdf", pdf(1))
        one.drop("gone.pdf", pdf(3))
        pool.held = True
        one.settle()
        one.daemon.stop()
        one.daemon.stop()
        one.daemon.step(0)
    (one.source / "gone.pdf").unlink()
    with watched(tmp_path) as two:
        assert two.status.queue == 0
        two.drop("a.pdf", pdf(2)[:2_000])
        two.wait(4)
        two.drop("a.pdf", pdf(2))
        two.wait(4)
        assert (two.ended(), two.names()) == ([], set())
        two.settle()
        assert (two.ended(), two.names()) == (["a.pdf done"], {"a.ics"})
        with two.ledger() as ledger:
            assert [(job.source.name, job.state.value) for job in ledger.history.jobs(Filter(limit=10))] == [
                ("a.pdf", "done")
            ]


# ---- what --mirror may remove


def test_put_away_after_it_was_kept(tmp_path: Path) -> None:
    """A PDF that was kept, and is put away by a later daemon, was not removed: its calendar stays for good."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.drop("b.pdf", b"no pdf at all")
        one.wait(70)
        one.drop("keep.txt", b"something else is there")
        before = one.tree()
    fates = {"on_success": Fate.MOVE, "on_failure": Fate.DELETE, "done_folder": tmp_path / "done"}
    for _ in range(3):
        with watched(tmp_path, mirror=True, **fates) as two:
            two.wait(80)
            assert not (two.source / "a.pdf").exists()
            assert (two.tree(), two.lines.of("removed")) == (before, [])
    with watched(tmp_path, mirror=True) as back:  # put back, and removed by a person
        back.drop("a.pdf", pdf(1))
        back.drop("c.pdf", pdf(3))
        back.settle()
    (back.source / "a.pdf").unlink()
    with watched(tmp_path, mirror=True) as last:
        last.wait(10)
        assert last.names() & {"a.ics", "c.ics"} == {"c.ics"}


@pytest.mark.parametrize("running", [True, False])
def test_a_share_with_something_below_it(running: bool, tmp_path: Path) -> None:
    """With the share away and a file under its mount point, a restart or a reload is degraded and removes nothing."""
    source = tmp_path / "in"
    mount(source, "4m")
    try:
        with watched(tmp_path, mirror=True) as one:
            one.drop("a.pdf", pdf(1))
            one.drop("sub/b.pdf", pdf(2))
            one.settle()
            before = one.tree()
            unmount(source)
            (source / "NOT_MOUNTED").write_text("")
            if running:
                one.again.append(request(one.source, one.out, mirror=True))
                one.daemon.reload()
                one.wait(80)
                assert (one.state(), one.tree()) == (DaemonState.DEGRADED, before)
        with watched(tmp_path, mirror=True) as two:
            two.wait(80)
            assert (two.state(), two.tree()) == (DaemonState.DEGRADED, before)
            assert "--moved" in two.status.reason
        with watched(tmp_path, mirror=True, moved=True) as moved:
            moved.drop("c.pdf", pdf(3))
            moved.settle()
            assert (moved.state(), moved.names()) == (DaemonState.IDLE, {"a.ics", "sub/b.ics", "c.ics"})
    finally:
        unmount(source)


def test_another_disk_in_its_place(tmp_path: Path) -> None:
    """A disk of the same kind, mounted where the share was, holds none of its PDFs, and nothing is removed."""
    with mounted(tmp_path / "in"), watched(tmp_path, mirror=True) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        before = one.tree()
    with mounted(tmp_path / "in"):
        (tmp_path / "in" / "other.txt").write_text("another disk")
        with watched(tmp_path, mirror=True) as two:
            two.wait(80)
            assert two.tree() == before


@pytest.mark.parametrize("restarted", [True, False])
def test_a_folder_that_was_made_anew(restarted: bool, tmp_path: Path) -> None:
    """The first PDFs of a folder made in the place of the one that was moved away remove no other's calendar."""
    with watched(tmp_path, mirror=True) as one:
        for number in range(3):
            one.drop(f"{number}.pdf", pdf(number))
        one.settle()
        before = one.names()
        one.source.rename(tmp_path / "away")
        one.source.mkdir()
        if not restarted:
            one.wait(20)
            one.drop("new.pdf", pdf(4))
            one.wait(120)
            assert (one.state(), one.names()) == (DaemonState.IDLE, before | {"new.ics"})
            assert (len(one.lines.of("folder_replaced")), one.lines.of("fault")) == (1, [])
        one.drop("new.pdf", pdf(4))
    for _ in range(2):
        with watched(tmp_path, mirror=True) as two:
            two.settle()
            assert two.names() == before | {"new.ics"}
    shutil.rmtree(tmp_path / "away")


def test_a_calendar_a_person_changed(tmp_path: Path) -> None:
    """What is not the calendar we wrote any more is a person's, and stays, also under a name that was ours once."""
    with watched(tmp_path, mirror=True) as one:
        for number, name in enumerate("abc"):
            one.drop(f"{name}.pdf", pdf(number))
        one.settle()
        (one.out / "b.ics").write_text("my notes")
        for name in "ab":
            (one.source / f"{name}.pdf").unlink()
        one.settle()
        assert one.names() == {"b.ics", "c.ics"}
        (one.out / "a.ics").write_text("typed by hand")
    for _ in range(2):
        with watched(tmp_path, mirror=True) as two:
            two.wait(10)
            assert (two.tree()["a.ics"], two.tree()["b.ics"]) == (b"typed by hand", b"my notes")
            assert two.lines.of("removed") == []


def test_what_cannot_be_removed_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A calendar and a note that cannot be removed are named once, and go when they can be."""
    with watched(tmp_path, mirror=True) as one:
        one.drop("a.pdf", MALFORMED["day-empty"].pdf())
        one.drop("b.pdf", b"no pdf at all")
        one.drop("c.pdf", pdf(3))
        one.wait(70)
        assert one.names() == {"a.ics", "a.warnings.txt", "b.error.txt", "c.ics"}

        def refuse(changes: list[FileChange], _may: object) -> dict[FileChange, InputOutput]:
            return {change: InputOutput(f"{change.path} cannot be written.") for change in changes}

        with monkeypatch.context() as held:
            held.setattr("tukscal.core.watch.intake.change_files", refuse)
            for name in "ab":
                (one.source / f"{name}.pdf").unlink()
            one.wait(300)
            assert len(one.names()) == 4
            assert len(one.lines.of("not_removed")) == 2
        one.wait(70)
        assert one.names() == {"c.ics"}


@pytest.mark.parametrize("where", ["elsewhere", "in"])
def test_a_link_that_leads_out_of_out(where: str, tmp_path: Path) -> None:
    """No calendar is written through a link in OUT that leads out of it; it is said, and the others are done."""
    (tmp_path / "elsewhere").mkdir()
    with watched(tmp_path) as one:
        (one.out / "sub").symlink_to(tmp_path / where, target_is_directory=True)
        (one.out / "inside").mkdir()
        (one.out / "also").symlink_to("inside", target_is_directory=True)
        for number, name in enumerate(("sub/a.pdf", "also/b.pdf", "c.pdf")):
            one.drop(name, pdf(number))
        one.settle()
        assert one.names() == {"inside/b.ics", "c.ics"}
        assert not list((tmp_path / where).rglob("*.ics"))
        (told,) = [line for line in one.lines.of("skipped") if line["file"].endswith("a.pdf")]
        assert told["reason"].endswith(f"{one.out}/sub leads out of {one.out} by a link")
        assert one.daemon.failures == 1


# ---- what the next stranger found


def test_another_disk_of_the_same_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is told from the one before by its own number only is another one: nothing is taken for removed."""
    number = 1
    monkeypatch.setattr("tukscal.core.watch.scan._volume", lambda folder: number if folder.endswith("in") else 7)
    with watched(tmp_path, mirror=True) as one:
        for name in "abc":
            one.drop(f"{name}.pdf", pdf(ord(name)))
        one.settle()
        before = one.tree()
        number = 2
        for name in "ab":
            (one.source / f"{name}.pdf").unlink()
        one.wait(90)
        assert (one.tree(), len(one.lines.of("folder_replaced")), one.lines.of("fault")) == (before, 1, [])
    number = 3
    (one.source / "c.pdf").unlink()
    one.drop("d.pdf", pdf(4))
    with watched(tmp_path, mirror=True) as two:
        two.wait(60)
        assert two.names() == before.keys() | {"d.ics"}


def test_another_disk_at_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk put in the place of OUT's gets every calendar."""
    number = 1
    monkeypatch.setattr("tukscal.core.watch.scan._volume", lambda folder: number if folder.endswith("out") else 7)
    with watched(tmp_path) as one:
        one.drop("a.pdf")
        one.settle()
        before = one.tree()
        (one.out / "a.ics").unlink()
        number = 2
        one.wait(60)
        assert (one.tree(), one.state()) == (before, DaemonState.IDLE)


@pytest.mark.parametrize("restarted", [True, False])
def test_a_share_below_that_is_away(restarted: bool, tmp_path: Path) -> None:
    """With a share mounted below IN away, its calendars stay, whatever lies under its mount point, which is seen."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / "README.txt").write_text("not mounted")
    mount(tmp_path / "in" / "sub", "4m")
    try:
        with watched(tmp_path, mirror=True) as one:
            one.drop("top.pdf", pdf(1))
            one.drop("sub/a.pdf", pdf(2))
            one.settle()
            before = one.names()
            if not restarted:
                unmount(tmp_path / "in" / "sub")
                one.drop("sub/new.pdf", pdf(3))
                one.wait(90)
                assert one.names() == before | {"sub/new.ics"}
        unmount(tmp_path / "in" / "sub")
        with watched(tmp_path, mirror=True) as two:
            two.wait(90)
            assert two.names() >= before
    finally:
        unmount(tmp_path / "in" / "sub")


def left_behind(folder: Path, *names: str, **given: Any) -> None:
    """Let a daemon end with jobs in its queue."""
    with slow(folder, **given) as (one, pool):
        for number, name in enumerate(names):
            one.drop(name, pdf(number))
        pool.held = True
        one.settle()
        one.daemon.stop()
        one.daemon.stop()
        one.daemon.step(0)


def waiting(one: Watched) -> list[str]:
    """Return the PDFs of jobs that wait."""
    with one.ledger() as ledger:
        jobs = ledger.history.jobs(Filter(limit=100))
        return [job.source.name for job in jobs if job.state.value in ("queued", "failed")]


@pytest.mark.parametrize("alarm", [None, 15])
def test_no_job_waits_for_ever(alarm: int | None, tmp_path: Path) -> None:
    """Of jobs left behind, also under other options, none stays whose PDF is gone or is again what it was."""
    with watched(tmp_path) as one:
        one.drop("same.pdf", pdf(9))
        one.settle()
    left_behind(tmp_path, "same.pdf", "gone.pdf", "a.pdf")
    one.drop("same.pdf", pdf(9))
    (one.source / "gone.pdf").unlink()
    plan = PlanOptions(alarm=timedelta(minutes=alarm)) if alarm else PlanOptions()
    with watched(tmp_path, options=CalendarOptions(today=date(2026, 7, 1), year=2026, plan=plan)) as two:
        two.settle()
        assert (two.names(), waiting(two)) == ({"same.ics", "a.ics"}, [])


def test_the_note_of_a_leftover_goes(tmp_path: Path) -> None:
    """The note about a PDF that was replaced, queued and then removed while no daemon ran goes."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", b"no pdf at all")
        one.drop("b.pdf", pdf(1))
        one.wait(70)
        assert one.names() == {"a.error.txt", "b.ics"}
    left_behind(tmp_path, "a.pdf")
    (one.source / "a.pdf").unlink()
    with watched(tmp_path) as two:
        two.wait(10)
        assert two.names() == {"b.ics"}


def test_the_owner_again(tmp_path: Path) -> None:
    """A daemon that works again does what the one that stood in for it had queued in the same ledger."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        one.settle()
        one.lease.release()
        with slow(tmp_path, clock=one.clock) as (two, pool):
            two.drop("b.pdf", pdf(2))
            pool.held = True
            for _ in range(90):
                one.clock.turn(1)
                two.daemon.step(0)
                one.daemon.step(0)
            assert two.daemon._intake.loop.running
            two.daemon.stop()
            two.daemon.stop()
            two.daemon.step(0)
        one.wait(120)
        assert one.names() == {"a.ics", "b.ics"}
        assert waiting(one) == []


def test_a_batch_at_the_same_time(tmp_path: Path) -> None:
    """A batch over the same folders with the same ledger and the daemon share the work, and both end well."""
    with watched(tmp_path) as one:
        one.drop("a.pdf", pdf(1))
        with one.ledger() as ledger:
            run = BatchRun(one.request.batch, ledger, InProcess())
            for _ in run:
                one.settle()
        assert (run.summary.left, run.summary.failures) == (0, 0)
        assert one.names() == {"a.ics"}


def test_a_link_that_is_repaired(tmp_path: Path) -> None:
    """What was refused for a link in OUT is done when that is gone, without anybody's doing."""
    (tmp_path / "elsewhere").mkdir()
    with watched(tmp_path) as one:
        (one.out / "sub").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
        one.drop("sub/a.pdf")
        one.wait(60)
        assert len([line for line in one.lines.of("skipped") if line["file"].endswith("a.pdf")]) == 1
        (one.out / "sub").unlink()
        one.wait(80)
        assert (one.names(), one.daemon.failures) == ({"sub/a.ics"}, 0)
