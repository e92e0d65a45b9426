"""Faults that people found by trying tukscal; each leaves its small input here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from tukscal.core.calendar.convert import CalendarOptions, convert, read_pdf
from tukscal.core.calendar.event import Calendar
from tukscal.core.calendar.revision import PALETTE, assign_colors
from tukscal.core.timetable.export import to_csv
from tukscal.examples.generator import draw
from tukscal.examples.generator.rows import ExamRow
from tukscal.tests.core.sessions import converted, semester_test

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "timetables"
TUKSCAL = str(Path(sys.executable).with_name("tukscal"))


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command and return how it ended."""
    return subprocess.run([TUKSCAL, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "0", "1e308"])
def test_a_time_limit_that_is_none_is_refused(tmp_path: Path, seconds: str) -> None:
    """A time limit that would never end is a usage error."""
    done = run("convert", "a.pdf", "--timeout", seconds, cwd=tmp_path)
    assert done.returncode == 2
    assert f"'{seconds}' is not a number of seconds" in done.stderr


def test_a_name_of_255_bytes_does_not_stop_the_next_file(tmp_path: Path) -> None:
    """A PDF whose name leaves no room for a selection's name is converted, and so is the next."""
    names = ["x" * 251 + ".pdf", "a.pdf"]
    for name in names:
        shutil.copy(EXAMPLES / "exams.pdf", tmp_path / name)
    done = run("convert", *names, cwd=tmp_path)
    assert done.returncode == 0
    assert sorted(file.name for file in tmp_path.glob("*.ics")) == ["a.ics", "x" * 251 + ".ics"]


def test_without_standard_output_a_calendar_is_written(tmp_path: Path) -> None:
    """A program started with standard output closed converts as any other."""
    shutil.copy(EXAMPLES / "exams.pdf", tmp_path)
    done = subprocess.run(["sh", "-c", f"exec {TUKSCAL} convert -q exams.pdf >&- 2>&-"], cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert (tmp_path / "exams.ics").read_bytes() == (EXAMPLES / "exams.ics").read_bytes()


def exam(*venues: str) -> bytes:
    """Return a timetable of one exam."""
    row = ExamRow(
        status="FINAL", module="COS 284", paper="1", activity="Exam Written", date="12 NOV 2025", start="07:30",
        venues=venues,
    )  # fmt: skip
    return draw.timetable_pdf([row])


def test_venues_that_may_be_one_or_two_are_named() -> None:
    """Two lines of an exam's venue that may be one, wrapped, are a problem with both; where one is sure, none is."""
    doubtful = read_pdf(exam("Informatorium Brown Lab", "Thuto 3-1 and 3-2"))
    assert [(problem.page, problem.row, problem.text) for problem in doubtful.problems] == [
        (1, 2, "Informatorium Brown Lab | Thuto 3-1 and 3-2")
    ]
    assert doubtful.problems[0].reason == "it is not certain whether these lines are one venue or two"
    assert doubtful.words == doubtful.accounted
    sure = read_pdf(exam("IT Building CBT Labs 1,2,3"))
    assert (sure.entries[0].venues, sure.problems) == (("IT Building CBT Labs 1,2,3",), ())


def test_quiet_still_tells_what_is_missing(tmp_path: Path) -> None:
    """A merged calendar converted again from one of its PDFs says what is no longer in it, also when quiet."""
    for name in ("tests.pdf", "exams.pdf"):
        shutil.copy(EXAMPLES / name, tmp_path)
    assert run("convert", "-q", "tests.pdf", "exams.pdf", "-o", "all.ics", cwd=tmp_path).stderr == ""
    done = run("convert", "-q", "tests.pdf", "-o", "all.ics", cwd=tmp_path)
    assert done.stdout == ""
    assert "The previous calendar also held 5 events that these PDFs do not cover" in " ".join(done.stderr.split())


def test_a_change_is_named_if_time_and_place_stayed(tmp_path: Path) -> None:
    """An event that only got a reminder is told as that."""
    shutil.copy(EXAMPLES / "exams.pdf", tmp_path)
    run("convert", "exams.pdf", cwd=tmp_path)
    told = " ".join(run("convert", "exams.pdf", "--alarm", "15m", cwd=tmp_path).stdout.split())
    assert "0 new" not in told
    assert "Compared with the previous calendar: 5 changed." in told
    assert told.count("(reminder)") == 5
    assert ", was" not in told


def test_a_link_to_a_calendar_stays_a_link(tmp_path: Path) -> None:
    """What a link points to is brought up to date; the link stays."""
    shutil.copy(EXAMPLES / "exams.pdf", tmp_path)
    shutil.copy(EXAMPLES / "exams.ics", tmp_path / "real.ics")
    (tmp_path / "link.ics").symlink_to("real.ics")
    assert run("convert", "-q", "exams.pdf", "-o", "link.ics", "--alarm", "5m", cwd=tmp_path).returncode == 0
    assert (tmp_path / "link.ics").is_symlink()
    assert b"TRIGGER:-PT5M" in (tmp_path / "real.ics").read_bytes()


def test_csv_holds_nothing_that_commands_a_terminal() -> None:
    """Control characters of a PDF do not reach the CSV."""
    timetable = read_pdf((EXAMPLES / "exams.pdf").read_bytes())
    entry = replace(timetable.entries[0], comments="\x1b[31mred\x07")
    assert b"[31mred" in to_csv([replace(timetable, entries=(entry,))])
    assert b"\x1b" not in to_csv([replace(timetable, entries=(entry,))])


def test_a_colour_that_is_not_ours_is_not_carried_on() -> None:
    """A previous calendar's colour counts only if it is one of ours."""
    calendar: Calendar = converted([semester_test(module="COS 214", date=date(2026, 8, 24), start=time(10))]).calendar
    odd = replace(calendar, events=tuple(replace(event, color="javascript:alert(1)") for event in calendar.events))
    assert assign_colors(["COS 214"], odd)["COS 214"] in PALETTE
    kept = replace(calendar, events=tuple(replace(event, color=PALETTE[3]) for event in calendar.events))
    assert assign_colors(["COS 214"], kept) == {"COS 214": PALETTE[3]}


def test_the_library_converts_as_the_command_does() -> None:
    """The library's example in docs gives the bytes of the command."""
    _, conversion = convert((EXAMPLES / "exams.pdf").read_bytes(), CalendarOptions(today=date(2026, 1, 1)))
    assert conversion.ics == (EXAMPLES / "exams.ics").read_bytes()


def test_what_a_choice_leaves_out_is_cancelled_in_every_half_year(tmp_path: Path) -> None:
    """Of a timetable of both half-years, choosing modules of one cancels the other's events in the calendar."""
    from tukscal.core.calendar.convert import make_calendar
    from tukscal.core.selection.select import Selection, select
    from tukscal.tests.core.sessions import lecture, timetable

    both = timetable([lecture(module="COS 214", offered="S2"), lecture(module="STK 220", offered="S1")])
    options = CalendarOptions(today=date(2026, 1, 1))
    first = make_calendar([both], options)
    chosen = select(both, Selection(modules=("COS 214",))).timetable
    second = make_calendar([chosen], options, first.calendar)
    assert second.revision.uncovered == ()
    assert {event.category for event in second.revision.cancelled} == {"STK 220"}


def test_a_choice_may_leave_nothing_of_one_of_several_pdfs(tmp_path: Path) -> None:
    """Of lectures and exams together, modules without an exam give a calendar of lectures, and the summary says so."""
    shutil.copy(EXAMPLES / "lectures.pdf", tmp_path)
    (tmp_path / "exams.pdf").write_bytes(exam("Thuto 3-1"))
    done = run(
        "convert", "lectures.pdf", "exams.pdf", "--year", "2026", "--module", "AFR 451", "-o", "all.ics", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "exams.pdf: exams 0 exams of 0 modules. Your choice: 1 session left out." in told
    assert b"COS 284" not in (tmp_path / "all.ics").read_bytes()
    shown = run("show", "lectures.pdf", "exams.pdf", "--module", "AFR 451", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
