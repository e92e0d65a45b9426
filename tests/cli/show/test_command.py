"""`tukscal show` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tukscal.examples.generator import content
from tukscal.tests.core.pictures.overviews import parse_drawing, write_calendar
from tukscal.tests.running import json_errors, tukscal
from tukscal.tests.samples import sample


@pytest.fixture
def calendar(tmp_path: Path) -> Path:
    """A calendar with clashes, a preliminary exam and cancelled sessions."""
    write_calendar(tmp_path / "tuks.ics")
    return tmp_path / "tuks.ics"


@pytest.fixture
def lectures(tmp_path: Path) -> Path:
    """The real timetable of lectures."""
    (tmp_path / "lectures.pdf").write_bytes(sample("UP_MOD_XLS"))
    return tmp_path / "lectures.pdf"


def test_what_is_no_terminal_gets_plain_text_of_eighty_columns(lectures: Path, tmp_path: Path) -> None:
    """Piped, the week has no escape sequences, no line over 80 columns and all five modules."""
    done = tukscal("show", lectures, cwd=tmp_path)
    text = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    for module in ("COS 214", "COS 226", "COS 284", "STK 220", "WTW 285"):
        assert module in text
    assert "Clashes (7)" in text
    assert "Still to choose: COS 214 P (P01, P02), COS 226 P (P01, P02, P03, P04)," in " ".join(text.split())


def test_a_stream_of_ascii_gets_ascii(lectures: Path, tmp_path: Path) -> None:
    """Where lines and dashes cannot be encoded, others stand in for them and nothing is escaped."""
    done = tukscal("show", lectures, cwd=tmp_path, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert "\\" not in done.stdout.decode("ascii")
    assert "+COS 214 L1" in done.stdout.decode("ascii")


def test_a_choice_of_groups_is_drawn_alone(lectures: Path, tmp_path: Path) -> None:
    """With the groups of a selection file beside the PDF only theirs are shown, and the file is named."""
    lectures.with_suffix(".toml").write_text('modules = ["COS 214"]\n[groups]\n"COS 214" = ["G01", "P02"]\n')
    value = json.loads(tukscal("show", lectures, "--json", cwd=tmp_path).stdout)
    assert value["modules"] == ["COS 214"]
    assert {block["group"] for block in value["weeks"][0]["blocks"]} == {"G01", "P02"}
    assert value["clashes"] == []
    # Named from its own folder: a path longer than a line is broken within a word.
    words = tukscal("show", lectures.name, cwd=tmp_path).stdout.decode().split()
    assert "lectures.toml; 25 sessions not chosen." in " ".join(words)


def test_a_calendar_is_drawn_with_what_was_cancelled(calendar: Path, tmp_path: Path) -> None:
    """An .ics of ours shows its sessions; those that were taken back are marked."""
    done = tukscal("show", calendar, cwd=tmp_path)
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "xSTK 220 P1" in text
    assert "11 sessions, 2 cancelled, of tuks.ics." in text
    assert "Exams are taken to last 3 h; the timetable does not print it." in text
    assert "STK 220 Test1 [cancelled]" in text
    assert "COS 226 Exam Written (PRELIM) [clash] [tentative]" in " ".join(text.split())
    only = json.loads(tukscal("show", calendar, "--json", "--module", "COS 214", cwd=tmp_path).stdout)
    assert only["modules"] == ["COS 214"]


def test_a_month_has_lectures_tests_and_cancelled_sessions(calendar: Path, tmp_path: Path) -> None:
    """August is a sheet of its weeks with every session; recess days have none."""
    done = tukscal("show", calendar, "--month", "2026-08", cwd=tmp_path)
    text = done.stdout.decode()
    assert text.startswith("August 2026\n")
    assert "*15:00COS214" in text
    assert "x13:30STK220" in text
    assert max(map(len, text.splitlines())) <= 80
    value = json.loads(tukscal("show", calendar, "--month", "2026-08", "--json", cwd=tmp_path).stdout)
    assert len(value["days"]) == 31
    assert [each["module"] for each in value["days"][23]["sessions"]] == ["COS 214", "COS 226", "COS 214"]


def test_a_month_of_a_pdf_needs_teaching_dates(lectures: Path, tmp_path: Path) -> None:
    """A year whose dates nobody knows is refused with its cause; the week needs none."""
    done = tukscal("--json-errors", "show", lectures, "--month", "2031-08", cwd=tmp_path)
    assert (done.returncode, json_errors(done.stderr)[0]["cause"]) == (11, "no_term")
    assert tukscal("show", lectures, "--month", "2026-08", cwd=tmp_path).returncode == 0


def test_pages_and_pictures_are_written_and_written_again(calendar: Path, tmp_path: Path) -> None:
    """--html and --svg write what they say, the same for the same file, and may replace themselves."""
    arguments = ("show", calendar, "--html", "week.html", "--svg", "week.svg")
    done = tukscal(*arguments, cwd=tmp_path)
    assert done.stdout.decode().splitlines() == ["Written: week.html", "Written: week.svg"]
    before = [(tmp_path / name).read_bytes() for name in ("week.html", "week.svg")]
    assert before[0].startswith(b"<!DOCTYPE html>")
    assert "from calendars that tukscal wrote." in before[0].decode()
    assert parse_drawing(before[1]).tag.endswith("svg")
    assert tukscal(*arguments, cwd=tmp_path).returncode == 0
    assert [(tmp_path / name).read_bytes() for name in ("week.html", "week.svg")] == before


@pytest.mark.parametrize("option", ["--html", "--svg"])
def test_a_file_of_somebody_else_is_never_replaced(calendar: Path, tmp_path: Path, option: str) -> None:
    """A page that tukscal did not write stays as it is."""
    (tmp_path / "mine").write_text("<html>about tukscal</html>")
    done = tukscal("--json-errors", "show", calendar, option, "mine", cwd=tmp_path)
    assert (done.returncode, json_errors(done.stderr)[0]["cause"]) == (73, "not_writable")
    assert (tmp_path / "mine").read_text() == "<html>about tukscal</html>"


def test_a_picture_can_go_to_standard_output(calendar: Path, tmp_path: Path) -> None:
    """With - nothing but the picture is on standard output."""
    done = tukscal("show", calendar, "--svg", "-", "--html", "week.html", cwd=tmp_path)
    assert parse_drawing(done.stdout).tag.endswith("svg")
    assert done.stderr == b"Written: week.html\n"


@pytest.mark.parametrize(
    "options",
    [
        ("--month", "2026-08", "--html", "x.html"),
        ("--json", "--svg", "x.svg"),
        ("--html", "-", "--svg", "-"),
        ("--html", "x", "--svg", "x"),
        ("--month", "August"),
        ("--from", "2026-02-01"),
    ],
)
def test_contradictions_are_refused(calendar: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    """Options that exclude each other end with code 2 and write nothing."""
    done = tukscal("show", calendar, *options, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["tuks.ics"]


def test_a_first_year_without_a_choice_can_still_be_read(tmp_path: Path) -> None:
    """A timetable of 200 sessions is listed day by day, saying so, every session on lines of at most 80 columns."""
    made = content.made("lectures", 7, pages=8)
    (tmp_path / "first.pdf").write_bytes(made.pdf)
    text = tukscal("show", "first.pdf", cwd=tmp_path).stdout.decode()
    assert len(made.expected) > 200
    assert "listed day by day" in text
    assert "more; --json lists all." in text
    assert max(map(len, text.splitlines())) <= 80
    weeks = json.loads(tukscal("show", "first.pdf", "--json", cwd=tmp_path).stdout)["weeks"]
    assert {block["module"] for week in weeks for block in week["blocks"]} == {e["module"] for e in made.expected}


def test_a_file_that_cannot_be_read_is_named(calendar: Path, tmp_path: Path) -> None:
    """One bad file of several is an error that names it: a picture that lacks it would mislead."""
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4\nnothing")
    done = tukscal("--json-errors", "show", calendar, "bad.pdf", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (5, b"")
    assert json_errors(done.stderr)[0]["file"] == "bad.pdf"
