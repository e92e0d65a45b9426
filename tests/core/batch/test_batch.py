"""Whole folders: every PDF gets its own outcome, and only what changed is converted again."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tukscal.core.batch.discover import FilePatterns
from tukscal.core.batch.plan import BatchRequest
from tukscal.core.batch.run import BatchRun, Summary
from tukscal.core.calendar.convert import CalendarOptions, TermChoice
from tukscal.core.calendar.schedule import PlanOptions
from tukscal.core.errors import Crashed, InputOutput, NotWritable
from tukscal.core.jobs import fingerprint
from tukscal.core.jobs.fingerprint import look
from tukscal.core.jobs.loop import Loop, Pace
from tukscal.core.jobs.task import convert_task
from tukscal.core.ledger import LETTERS, Filter, Ledger, Retries, State
from tukscal.core.pool import InProcess
from tukscal.core.system import files
from tukscal.examples.generator import content
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import LECTURES
from tukscal.examples.generator.rows import Kind

OPTIONS = CalendarOptions(today=date(2026, 7, 1), year=2026)


class Counting(InProcess):
    """Works in this process and remembers which PDFs were converted; `crash` names one that ends its worker."""

    def __init__(self) -> None:
        super().__init__()
        self.converted: list[str] = []
        self.read: list[str] = []
        self.crash = ""
        self.stop: Callable[[int], object] = lambda _count: None

    def start(self, key: Any, function: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        """Make the call."""
        if function is look:
            self.read += sorted(source.name for source, _ in args[0])
        if isinstance(function, partial) and function.func is convert_task:
            name = function.args[0].source.name
            self.converted.append(name)
            self.stop(len(self.converted))
            if name == self.crash:
                function = crash
        super().start(key, function, *args, **kwargs)


def crash() -> None:
    """End as a worker that was killed."""
    raise Crashed("Converting stopped unexpectedly (SIGKILL).")


class Folder:
    """A folder of PDFs, its calendars and its ledger."""

    def __init__(self, root: Path) -> None:
        self.source, self.out, self.file = root / "in", root / "out", root / "ledger.db"
        self.source.mkdir()
        self.pool = Counting()
        self.run: BatchRun

    def put(self, name: str, seed: int, kind: Kind = "tests") -> Path:
        """Put a timetable there."""
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.made(kind, seed).pdf)
        return path

    def request(self, **changes: Any) -> BatchRequest:
        """What is asked for."""
        return BatchRequest(**{"sources": (self.source,), "output": self.out, "options": OPTIONS, **changes})

    def batch(self, stop_after: int | None = None, **changes: Any) -> Summary:
        """Do a batch and return its summary; what was converted is counted anew."""
        self.pool.converted, self.pool.read = [], []
        with Ledger.open(self.file) as ledger:
            self.run = BatchRun(self.request(**changes), ledger, self.pool)
            self.pool.stop = lambda count: self.run.stop() if count == stop_after else None
            for _ in self.run:
                pass
        return self.run.summary

    def jobs(self) -> dict[str, list[tuple[State, str | None]]]:
        """The state and cause of each PDF's jobs, the oldest first."""
        with Ledger.open(self.file) as ledger:
            found: dict[str, list[tuple[State, str | None]]] = {}
            for job in reversed(ledger.history.jobs(Filter(limit=1000))):
                found.setdefault(job.source.name, []).append((job.state, job.cause))
            return found

    def calendar(self, name: str) -> str:
        """A calendar's text."""
        return (self.out / name).read_text("utf-8")


@pytest.fixture(params=["fresh", "settled"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A folder with five timetables: changed just before they are read, or, for all the batch knows, long before."""
    if request.param == "settled":
        monkeypatch.setattr(fingerprint, "_SETTLED", float("-inf"))
    made = Folder(tmp_path)
    for number in range(3):
        made.put(f"{number}.pdf", number)
    made.put("sub/3.pdf", 3, "exams")
    made.put("sub/4.pdf", 4, "lectures")
    return made


def test_every_pdf_gets_its_calendar(folder: Folder) -> None:
    """The tree is made again, each PDF is converted once, and a second run has nothing to do."""
    summary = folder.batch()
    assert (summary.done, summary.new, summary.failures, summary.left) == (5, 5, 0, 0)
    assert sorted(path.relative_to(folder.out).as_posix() for path in folder.out.rglob("*.ics")) == [
        "0.ics", "1.ics", "2.ics", "sub/3.ics", "sub/4.ics",
    ]  # fmt: skip
    assert sorted(folder.pool.converted) == ["0.pdf", "1.pdf", "2.pdf", "3.pdf", "4.pdf"]
    again = folder.batch()
    assert (again.done, again.unchanged, folder.pool.converted) == (0, 5, [])


def test_bad_pdfs_stop_nobody(folder: Folder) -> None:
    """A bad PDF is counted by its cause and writes nothing; all others are converted."""
    (folder.source / "empty.pdf").write_bytes(b"")
    (folder.source / "letter.pdf").write_bytes(content.made("tests", 1).pdf[:700])
    summary = folder.batch()
    assert (summary.done, dict(summary.failed), summary.failures) == (5, {"damaged": 2}, 2)
    assert folder.jobs()["empty.pdf"] == [(State.DEAD, "damaged")]
    assert not (folder.out / "empty.ics").exists()


def test_same_content_is_converted_once(folder: Folder) -> None:
    """PDFs with the same bytes are converted once and each has its calendar, the same."""
    for name in ("copy.pdf", "sub/copy.pdf", "sub/deep/copy.pdf"):
        (folder.source / name).parent.mkdir(exist_ok=True)
        shutil.copy(folder.source / "0.pdf", folder.source / name)
    assert folder.batch().done == 8
    assert len(folder.pool.converted) == 5
    originals = {folder.calendar(name) for name in ("0.ics", "copy.ics", "sub/copy.ics", "sub/deep/copy.ics")}
    assert len(originals) == 1
    assert folder.batch().unchanged == 8


def test_same_content_other_groups(folder: Folder) -> None:
    """PDFs with the same bytes and different selections are not the same."""
    shutil.copy(folder.source / "sub" / "4.pdf", folder.source / "5.pdf")
    (folder.source / "5.toml").write_text('language = "E"\n')
    folder.batch()
    assert sorted(folder.pool.converted).count("4.pdf") + folder.pool.converted.count("5.pdf") == 2


@pytest.mark.parametrize(
    ("name", "change", "again"),
    [
        ("touched", lambda folder: os.utime(folder.source / "0.pdf", (1, 1)), []),
        ("renewed", lambda folder: folder.put("0.pdf", 0), []),
        ("other bytes", lambda folder: folder.put("0.pdf", 77), ["0.pdf"]),
        ("new file", lambda folder: folder.put("new.pdf", 78), ["new.pdf"]),
        ("calendar gone", lambda folder: (folder.out / "1.ics").unlink(), ["1.pdf"]),
        ("own selection", lambda folder: (folder.source / "2.toml").write_text('language = "E"\n'), ["2.pdf"]),
        ("shared selection", lambda folder: (folder.source / "sub/tukscal.toml").write_text('language = "E"\n'),
         ["3.pdf", "4.pdf"]),
        ("pdf gone", lambda folder: (folder.source / "0.pdf").unlink(), []),
    ],
)  # fmt: skip
def test_what_is_converted_again(
    folder: Folder, name: str, change: Callable[[Folder], object], again: list[str]
) -> None:
    """After a change only the PDFs whose result depends on it are converted again, and then nothing is left to do."""
    folder.batch()
    change(folder)
    folder.batch()
    assert sorted(folder.pool.converted) == again, name
    folder.batch()
    assert folder.pool.converted == []


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"options": CalendarOptions(today=date(2026, 12, 31), year=2026)}, 0),  # only the year of today counts
        ({"options": CalendarOptions(today=date(2026, 7, 1), year=2026, plan=PlanOptions(expand=True))}, 5),
        ({"strict": True}, 5),
        ({"options": CalendarOptions(today=date(2026, 7, 1), year=2026, term=TermChoice(folder=Path("/none")))}, 0),
    ],
)
def test_options_that_decide(folder: Folder, changes: dict[str, Any], count: int) -> None:
    """With other options everything is converted again, with options that change nothing, nothing."""
    folder.batch()
    folder.batch(**changes)
    assert len(folder.pool.converted) == count


def test_terms_decide(folder: Folder) -> None:
    """A term file of one's own is part of the result: written, changed and removed it is asked again."""
    terms = folder.source.parent / "terms"
    terms.mkdir()
    request: dict[str, Any] = {
        "options": CalendarOptions(today=date(2026, 7, 1), year=2026, term=TermChoice(folder=terms))
    }
    folder.batch(**request)
    packaged = Path(files.__file__).parents[1] / "terms" / "up-2026.toml"
    shutil.copy(packaged, terms / "up-2026.toml")
    folder.batch(**request)
    assert len(folder.pool.converted) == 5
    folder.batch(**request)
    assert folder.pool.converted == []


def test_a_changed_pdf_is_a_revision(folder: Folder) -> None:
    """A PDF that was replaced updates its calendar: what is gone is cancelled, and what moved is told."""
    folder.batch()
    before = folder.calendar("0.ics")
    folder.put("0.pdf", 90)
    summary = folder.batch()
    assert (summary.done, summary.new, summary.changed) == (1, 0, 1)
    after = folder.calendar("0.ics")
    uids = [{line for line in text.splitlines() if line.startswith("UID:")} for text in (before, after)]
    assert uids[0] <= uids[1]  # nothing vanishes from a calendar
    assert "STATUS:CANCELLED" in after
    assert folder.jobs()["0.pdf"] == [(State.DONE, None), (State.DONE, None)]  # the history stays


def test_foreign_files_are_not_replaced(folder: Folder) -> None:
    """A file at an output that is not ours stays, and the PDF fails by name; so does a calendar somebody changed."""
    folder.out.mkdir()
    (folder.out / "0.ics").write_text("my own notes")
    summary = folder.batch()
    assert (summary.done, dict(summary.failed)) == (4, {"not_writable": 1})
    assert folder.calendar("0.ics") == "my own notes"
    (folder.out / "0.ics").unlink()
    assert folder.batch().done == 1


def test_stopped_and_started_again(folder: Folder) -> None:
    """A run that is stopped tells what is left; the next one does exactly that."""
    first = folder.batch(stop_after=2)
    assert (first.done, first.left) == (2, 3)
    converted = set(folder.pool.converted)
    second = folder.batch()
    assert (second.done, second.left, second.unchanged) == (3, 0, 2)
    assert converted.isdisjoint(folder.pool.converted)


def test_what_was_removed_meanwhile_is_not_done(folder: Folder) -> None:
    """A PDF that was queued by a run that was stopped, and removed since, is no failure of the next run."""
    folder.batch(stop_after=2)
    names = ("0.pdf", "1.pdf", "2.pdf", "sub/3.pdf", "sub/4.pdf")
    left = {name for name in names if Path(name).name not in folder.pool.converted}
    gone, renamed, *_ = sorted(left)
    (folder.source / gone).unlink()
    (folder.source / renamed).rename(folder.source / "renamed.pdf")
    second = folder.batch()
    assert (second.done, second.failures, second.left) == (2, 0, 0)
    assert {Path(gone).name, Path(renamed).name}.isdisjoint(folder.jobs())


def test_what_is_left_out_since_is_not_done(folder: Folder) -> None:
    """What a stopped run had queued and the next one leaves out waits for a run that wants it."""
    folder.batch(stop_after=2)
    waits = next(name for name in ("0.pdf", "1.pdf", "2.pdf", "3.pdf", "4.pdf") if name not in folder.pool.converted)
    second = folder.batch(wanted=FilePatterns(exclude=(waits,)))
    assert (second.done, second.left, waits in folder.pool.converted) == (2, 0, False)
    third = folder.batch()
    assert (third.done, folder.pool.converted) == (1, [waits])


def letters(folder: Folder) -> list[str]:
    """Return the names of the PDFs with dead letters."""
    return [name for name, jobs in folder.jobs().items() for state, _ in jobs if state in LETTERS]


def test_dead_letters_end_with_their_cause(folder: Folder) -> None:
    """A PDF that failed and is again what it was, or is gone, is no dead letter any more after the next run."""
    folder.batch()
    one, other = folder.source / "1.pdf", folder.source / "2.pdf"
    before = one.read_bytes()
    for path in (one, other):
        path.write_bytes(b"%PDF-1.4 broken")
    assert (folder.batch().failures, letters(folder)) == (2, ["1.pdf", "2.pdf"])
    one.write_bytes(before)
    other.unlink()
    for _ in range(2):  # the first may see that it is as it was only by reading it
        again = folder.batch()
        assert (again.unchanged, again.failures, again.done) == (4, 0, 0)
    assert "2.pdf" not in letters(folder)
    assert ("1.pdf" in letters(folder)) == (fingerprint._SETTLED > 0)  # it had changed just before


def test_a_share_that_is_away_forgets_no_dead_letter(folder: Folder, tmp_path: Path) -> None:
    """With the folder away dead letters stay, for its PDFs are not gone."""
    folder.pool.crash = "1.pdf"
    folder.batch()
    folder.source.rename(tmp_path / "away")
    assert (folder.batch().bad_skipped, letters(folder)) == (1, ["1.pdf"])
    folder.source.mkdir()  # the mount point that is left
    assert (folder.batch().failures, letters(folder)) == (0, ["1.pdf"])
    folder.source.rmdir()
    (tmp_path / "away").rename(folder.source)
    assert (folder.batch().quarantined, letters(folder)) == (1, ["1.pdf"])


def test_what_stops_its_worker_twice_is_left_alone(folder: Folder) -> None:
    """A PDF that ends its worker twice is quarantined and not tried by the next run, until it changes."""
    folder.pool.crash = "1.pdf"
    summary = folder.batch()
    assert folder.pool.converted.count("1.pdf") == 2
    assert (summary.done, summary.retried, dict(summary.failed)) == (4, 1, {"crash": 1})
    again = folder.batch()
    assert (folder.pool.converted, again.quarantined, again.failures) == ([], 1, 1)
    folder.put("1.pdf", 50)
    folder.pool.crash = ""
    assert folder.batch().done == 1


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the disk be full after so many files."""
    original = files._prepare

    def after(count: int) -> None:
        left = count

        def prepare(change: files.FileChange) -> str | None:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(change)

        monkeypatch.setattr(files, "_prepare", prepare)

    return after


def test_a_full_disk_stops_the_batch(
    folder: Folder, full_disk: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no space left the batch stops, says why and writes no half file; with space again it does the rest."""
    with monkeypatch.context():
        full_disk(2)
        summary = folder.batch()
        assert isinstance(folder.run.full, InputOutput)
        assert "No space left on device" in folder.run.full.message
        assert summary.done + summary.left == 5
        assert summary.left >= 1
        states = [states[-1] for states in folder.jobs().values()]
        assert set(states) <= {(State.DONE, None), (State.FAILED, "io"), (State.QUEUED, None)}
        assert len(list(folder.out.rglob("*.ics"))) == summary.done
        assert not list(folder.out.rglob("*tmp*"))
    monkeypatch.undo()
    assert folder.batch().left == 0
    assert len(list(folder.out.rglob("*.ics"))) == 5


def test_output_folder_that_is_none(folder: Folder) -> None:
    """An output that is a file is refused before anything is converted."""
    folder.out.write_text("a file")
    with pytest.raises(NotWritable, match="is not a folder"):
        folder.batch()
    assert folder.pool.converted == []


def test_problems_stand_beside(folder: Folder) -> None:
    """Rows that could not be used are listed in NAME.warnings.txt, which goes when they do; others' files stay."""
    wrong = replace(LECTURES[1], sessions=(replace(LECTURES[1].sessions[0], time="25:00 - 26:00"),))
    (folder.source / "0.pdf").write_bytes(timetable_pdf([LECTURES[0], wrong]))
    (folder.out).mkdir()
    (folder.out / "1.warnings.txt").write_text("do not forget")
    assert folder.batch().with_problems == 1
    text = (folder.out / "0.warnings.txt").read_text("utf-8")
    assert text.splitlines()[2] == "0.pdf"
    assert "25:00" in text
    (folder.source / "0.pdf").write_bytes(timetable_pdf(LECTURES))
    assert folder.batch().with_problems == 0
    assert [path.name for path in folder.out.rglob("*.warnings.txt")] == ["1.warnings.txt"]


def test_a_copy_that_changes_is_not_the_original(folder: Folder) -> None:
    """Of PDFs with the same bytes, the first changes right before it is converted: the others keep their own."""
    names = ("0.pdf", "1.pdf", "copy.pdf")
    for name in names[1:]:
        shutil.copy(folder.source / "0.pdf", folder.source / name)
    changed = content.made("tests", 60).pdf

    def change(count: int) -> None:
        if folder.pool.converted[-1] in names and len(set(names) & set(folder.pool.converted)) == 1:
            (folder.source / folder.pool.converted[-1]).write_bytes(changed)

    with Ledger.open(folder.file) as ledger:
        run = BatchRun(folder.request(), ledger, folder.pool)
        folder.pool.stop = change
        for _ in run:
            pass
    shas = {name: hashlib.sha256((folder.source / name).read_bytes()).hexdigest() for name in names}
    assert len(set(shas.values())) == 2
    for name, sha in shas.items():
        calendar = folder.calendar(name.replace(".pdf", ".ics")).replace("\n ", "")
        assert f"X-TUKSCAL-SOURCE:{sha}" in calendar, name


def test_a_selection_that_changes_is_not_recorded_as_another(folder: Folder) -> None:
    """A selection file that is another one while it is used gives no result under the first one's name."""
    file = folder.source / "sub" / "4.toml"
    made = content.made("lectures", 4, pages=2)
    (folder.source / "sub" / "4.pdf").write_bytes(made.pdf)
    modules = sorted({row.module for row in made.rows})
    first, second = (f'modules = ["{module}"]\n' for module in modules[:2])
    file.write_text(first)

    def change(count: int) -> None:
        if folder.pool.converted[-1] == "4.pdf":
            file.write_text(second)

    with Ledger.open(folder.file, retries=Retries(first=0.01)) as ledger:
        run = BatchRun(folder.request(), ledger, folder.pool)
        folder.pool.stop = change
        for _ in run:
            pass
    assert dict(run.summary.failed) == {"io": 1}
    file.write_text(first)
    folder.pool.stop = lambda count: None
    assert folder.batch().done == 1
    assert {line for line in folder.calendar("sub/4.ics").splitlines() if line.startswith("CATEGORIES")} == {
        f"CATEGORIES:{modules[0]}"
    }


def test_a_note_that_cannot_be_written_fails_nothing(folder: Folder) -> None:
    """Where a person's file or folder has the name of the warnings, the calendar is written and that is left alone."""
    wrong = replace(LECTURES[1], sessions=(replace(LECTURES[1].sessions[0], time="25:00 - 26:00"),))
    for name in ("0.pdf", "1.pdf"):
        (folder.source / name).write_bytes(timetable_pdf([LECTURES[0], wrong]) + name.encode())
    (folder.out / "0.warnings.txt").mkdir(parents=True)
    (folder.out / "1.warnings.txt").write_text("my own notes")
    summary = folder.batch()
    assert (summary.done, summary.with_problems, summary.failures, folder.run.full) == (5, 2, 0, None)
    assert (folder.out / "1.warnings.txt").read_text() == "my own notes"


def test_one_calendar_that_may_not_be_replaced_stops_nobody(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A calendar that is open in another program fails alone; the others are written."""
    original = os.replace

    def refuse(old: str, new: Path) -> None:
        if Path(new).name == "1.ics":
            raise PermissionError(errno.EACCES, "Permission denied")
        original(old, new)

    monkeypatch.setattr(os, "replace", refuse)
    summary = folder.batch()
    assert (summary.done, dict(summary.failed), summary.left, folder.run.full) == (4, {"not_writable": 1}, 0, None)


def test_at_most_so_many_a_second(folder: Folder) -> None:
    """With a rate, jobs begin no closer together than it allows, and the time between is not spent turning round."""
    turns = 0
    with Ledger.open(folder.file) as ledger:
        run = BatchRun(folder.request(), ledger, folder.pool, pace=Pace(rate=20.0))
        begun: list[float] = []
        folder.pool.stop = lambda count: begun.append(time.monotonic())
        original = Loop.step

        def counted(self: Loop[Any, Any], patience: float = 0.5) -> list[Any]:
            nonlocal turns
            turns += 1
            return original(self, patience)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Loop, "step", counted)
            for _ in run:
                pass
    assert all(later - earlier >= 0.049 for earlier, later in pairwise(begun))
    assert turns < 60


# ---- what is not even read


@pytest.fixture
def settled(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """The same after a batch over timetables that had changed long before."""
    monkeypatch.setattr(fingerprint, "_SETTLED", float("-inf"))
    folder.batch()
    return folder


def test_what_lies_as_it_lay_is_not_read(settled: Folder) -> None:
    """A PDF and a calendar that did not change are not read again, unless that is asked for."""
    assert (settled.batch().unchanged, settled.pool.read) == (5, [])
    assert (settled.batch(reread=True).unchanged, len(settled.pool.read)) == (5, 5)


def test_what_had_just_changed_is_read_again(settled: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changed a PDF a moment before it was read may have gone on in that very moment: it is read again."""
    monkeypatch.setattr(fingerprint, "_SETTLED", 10.0)
    assert (settled.batch().unchanged, len(settled.pool.read)) == (5, 5)


def test_what_was_touched_is_read_once(settled: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF or calendar with a new time and its old content is read, and known from then on; not while it is fresh."""
    for path in (settled.source / "1.pdf", settled.out / "2.ics"):
        path.touch()
    with monkeypatch.context() as patch:
        patch.setattr(fingerprint, "_SETTLED", 10.0)
        assert (settled.batch().unchanged, len(settled.pool.read)) == (5, 5)
    assert (settled.batch().unchanged, settled.pool.read) == (5, ["1.pdf", "2.pdf"])
    assert (settled.batch().unchanged, settled.pool.read) == (5, [])


def test_where_times_say_nothing_all_is_read(settled: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a share of another computer every PDF is read again."""
    monkeypatch.setattr(fingerprint, "notes_changes", lambda _path: False)
    assert (settled.batch().unchanged, len(settled.pool.read)) == (5, 5)


@pytest.mark.parametrize("name", ["in/1.pdf", "out/1.ics"])
def test_a_time_set_back_hides_nothing(settled: Folder, name: str) -> None:
    """A PDF or calendar of the same length whose time of writing was set back is read, and converted again."""
    file = settled.source.parent / name
    before = file.stat()
    data = bytearray(file.read_bytes())
    data[-1] ^= 1  # the newline at the end
    file.write_bytes(data)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    summary = settled.batch()
    assert (summary.done + summary.failures, summary.unchanged, settled.pool.read) == (1, 4, ["1.pdf"])


def test_a_selection_that_appears_is_read(settled: Folder) -> None:
    """A selection beside a PDF, and one for a folder, are seen though the PDFs lie as they lay."""
    (settled.source / "1.toml").write_text('period = "S1"\nmodules = []\n')
    settled.batch()
    assert settled.pool.read == ["1.pdf"]
    (settled.source / "sub" / "tukscal.toml").write_text('period = "S1"\nmodules = []\n')
    settled.batch()
    assert settled.pool.read == ["1.pdf", "3.pdf", "4.pdf"]
