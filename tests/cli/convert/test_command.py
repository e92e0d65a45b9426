"""`tukscal convert` as a person uses it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import icalendar
import pytest
from click.testing import CliRunner, Result
from tukscal.cli.main import App, cli
from tukscal.examples.generator.attacks import ATTACKS
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.layout import Layout, Stray
from tukscal.examples.generator.malformed import MALFORMED
from tukscal.examples.generator.malformed_rows import EXAMS, LECTURES, TESTS, lecture
from tukscal.examples.generator.near_misses import NEAR_MISSES, PASSWORD
from tukscal.tests.running import TUKSCAL, clean_environment, json_errors, tukscal

SUMMARY = """\
lectures.pdf: lectures, S2 2026 (from --year)
  6 weekly sessions of 3 modules.
  Teaching from 20 July to 6 November 2026.
  No lectures in the recess: 17 September to 27 September 2026.
  No lectures on: National Women's Day (observed) (10 August); Local Government
  Elections (4 November); Wellness Day (16 September 2026).
  Swap days, which follow another day's timetable: 15 September as a Friday; 6
  November as a Wednesday.
  Lectures in the test weeks (22 August to 29 August 2026; 10 October to 17
  October 2026) are kept; --test-weeks skip leaves them out.
"""
TERM = """\
institution = "UP"
year = {year}
completeness = "full"
[periods]
S2 = {{ start = {year}-08-03, end = {year}-08-28 }}
"""


class Run(Protocol):
    """Runs the command in a test's own folder, at a date."""

    def __call__(self, *arguments: str, today: date = ..., stdin: str = ...) -> Result: ...


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a timetable of each kind."""
    for name in ("COLUMNS", "FORCE_COLOR", "TUKSCAL_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("TUKSCAL_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.chdir(work)
    for name, rows in (("lectures", LECTURES), ("tests", TESTS), ("exams", EXAMS)):
        (work / f"{name}.pdf").write_bytes(timetable_pdf(rows))
    return work


@pytest.fixture
def run(folder: Path) -> Run:
    """The command, in this process but for the converting child."""

    class Dated(App):
        def __init__(self, day: date) -> None:
            super().__init__()
            self.day = day

        def today(self) -> date:
            return self.day

    def invoke(*arguments: str, today: date = date(2026, 8, 1), stdin: str = "") -> Result:
        return CliRunner().invoke(cli, ["convert", *arguments], obj=Dated(today), input=stdin, catch_exceptions=False)

    return invoke


def made(folder: Path) -> list[str]:
    """What a command wrote."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".pdf")


def events(source: Path | bytes) -> list[Any]:
    """The events of a calendar, as icalendar reads it."""
    data = source if isinstance(source, bytes) else source.read_bytes()
    return list(icalendar.Calendar.from_ical(data).walk("VEVENT"))


def event(source: Path | bytes, summary: str, **status: str) -> Any:
    """The one event of that title that repeats or takes place."""
    (found,) = (each for each in events(source) if each["SUMMARY"] == summary and len(each["UID"].split("-")) == 1)
    return found


def moved_lectures(**changes: str) -> bytes:
    """The lectures' PDF with COS 214 L1 changed."""
    first = LECTURES[0]
    session = replace(first.sessions[0], **changes)
    return timetable_pdf([replace(first, sessions=(session, first.sessions[1])), *LECTURES[1:]])


# ---- where it goes


def test_beside_the_pdf(folder: Path, run: Run) -> None:
    """One PDF gives one calendar beside it and a summary on standard output."""
    result = run("lectures.pdf", "--year", "2026")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{SUMMARY}  Written: lectures.ics\n"
    assert made(folder) == ["lectures.ics"]
    monday = event(folder / "lectures.ics", "COS 214 L1")
    assert monday["DTSTART"].dt.replace(tzinfo=None) == datetime(2026, 7, 20, 8, 30)
    assert monday["LOCATION"] == "Centenary 6 (HATFIELD)"


def test_elsewhere(folder: Path, run: Run, tmp_path: Path) -> None:
    """-o names the calendar, in any folder, and nothing is written beside the PDF."""
    result = run("tests.pdf", "-o", str(tmp_path / "mine.ics"))
    assert result.exit_code == 0
    assert made(folder) == []
    assert len(events(tmp_path / "mine.ics")) == 4


@pytest.mark.parametrize("kind", ["ics", "json", "csv"])
def test_standard_output_is_the_data_alone(folder: Path, run: Run, kind: str) -> None:
    """`-o -` gives the very bytes of the file on standard output, and the summary on standard error."""
    to_file = run("exams.pdf", "--format", kind)
    result = run("exams.pdf", "--format", kind, "-o", "-")
    assert (to_file.exit_code, result.exit_code) == (0, 0)
    assert result.stdout_bytes == (folder / f"exams.{kind}").read_bytes()
    assert result.stderr == to_file.stdout.replace(f"Written: exams.{kind}", "Written to standard output.")
    assert made(folder) == [f"exams.{kind}"]


def test_quiet(folder: Path, run: Run) -> None:
    """--quiet prints nothing but errors and data."""
    result = run("tests.pdf", "-q")
    assert (result.exit_code, result.output) == (0, "")
    result = run("tests.pdf", "-q", "-o", "-")
    assert (result.stdout_bytes, result.stderr) == ((folder / "tests.ics").read_bytes(), "")
    result = run("missing.pdf", "-q")
    assert (result.exit_code, result.stdout) == (66, "")
    assert result.stderr == "There is no file missing.pdf.\n  Check the name and the folder.\n"


def test_dry_run_writes_nothing(folder: Path, run: Run) -> None:
    """--dry-run tells everything and writes nothing, anywhere."""
    result = run("lectures.pdf", "--year", "2026", "--dry-run")
    assert (result.exit_code, result.stdout) == (0, f"{SUMMARY}  Would be written: lectures.ics\n")
    result = run("tests.pdf", "--dry-run", "-o", "-")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.endswith("  Nothing was written.\n")
    assert made(folder) == []


# ---- several PDFs


def test_merged(folder: Path, run: Run) -> None:
    """Several PDFs with -o give one calendar of all their events; each PDF stands in the summary."""
    result = run("lectures.pdf", "tests.pdf", "-o", "all.ics", "--year", "2026")
    assert result.exit_code == 0
    assert made(folder) == ["all.ics"]
    titles = {str(each["SUMMARY"]) for each in events(folder / "all.ics")}
    assert titles >= {"COS 214 L1", "COS 214 L2", "COS 214 P1", "STK 220 L1", "WTW 285 T1", "COS 284 Test1"}
    heads = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert heads == [
        "lectures.pdf: lectures, S2 2026 (from --year)",
        "tests.pdf: semester tests, 23 August to 28 August 2025 (printed in the PDF)",
    ]


def test_equal_sessions_are_one_event(folder: Path, run: Run) -> None:
    """The same PDF under two names gives each event once, and no difference is reported."""
    shutil.copy("exams.pdf", "again.pdf")
    result = run("exams.pdf", "again.pdf", "-o", "all.ics")
    assert result.exit_code == 0
    assert len(events(folder / "all.ics")) == 4
    assert "differs" not in result.stdout


@pytest.mark.parametrize(("files", "venue"), [(("a", "b"), "Annex 1"), (("b", "a"), "Centenary 6")])
def test_the_later_file_wins(folder: Path, run: Run, files: tuple[str, str], venue: str) -> None:
    """Where two PDFs describe one session differently, the file named later is right, and the summary names it."""
    (folder / "a.pdf").write_bytes(timetable_pdf(LECTURES))
    (folder / "b.pdf").write_bytes(moved_lectures(venue="Annex 1"))
    first, second = (f"{file}.pdf" for file in files)
    result = run(first, second, "-o", "all.ics", "--year", "2026")
    assert result.exit_code == 0
    assert event(folder / "all.ics", "COS 214 L1")["LOCATION"] == f"{venue} (HATFIELD)"
    said = " ".join(result.stdout.split())
    assert f"COS 214 L1 Monday 08:30 {venue} (HATFIELD) differs between the PDFs: {second} is used" in said


def test_one_failure_does_not_stop_the_others(folder: Path, run: Run) -> None:
    """Without -o each PDF gives its own calendar; one that fails is named and the rest is converted."""
    (folder / "bad.pdf").write_bytes(b"%PDF-1.6\n")
    result = run("tests.pdf", "bad.pdf", "exams.pdf")
    assert result.exit_code == 5
    assert made(folder) == ["exams.ics", "tests.ics"]
    assert result.stderr.startswith("bad.pdf: The end of the PDF is missing")


def test_exit_codes_of_several(folder: Path, run: Run) -> None:
    """Failures of one cause end with its code, of several causes with 12."""
    assert run("one.pdf", "two.pdf").exit_code == 66
    (folder / "bad.pdf").write_bytes(b"")
    assert run("one.pdf", "bad.pdf", "exams.pdf").exit_code == 12


def test_merged_is_all_or_nothing(folder: Path, run: Run) -> None:
    """With -o a failing PDF prevents the calendar, which would lack its sessions; every failure is named."""
    result = run("one.pdf", "tests.pdf", "two.pdf", "-o", "all.ics")
    assert result.exit_code == 66
    assert made(folder) == []
    assert re.findall(r"no file (\w+)\.pdf", result.stderr) == ["one", "two"]


def test_two_inputs_to_one_output_are_refused(folder: Path, run: Run) -> None:
    """Two files whose calendars would have one name: the second is refused, also where only capitals differ."""
    shutil.copy("exams.pdf", "tests.PDF")
    result = run("tests.pdf", "tests.PDF")
    assert result.exit_code == 73
    assert result.stderr.startswith("tests.pdf and tests.PDF would both be written to tests.ics.")
    assert len(events(folder / "tests.ics")) == 4
    assert b"Exam" not in (folder / "tests.ics").read_bytes()


# ---- what is written


def test_json(folder: Path, run: Run) -> None:
    """JSON holds the entries as the PDF prints them; several timetables are an array."""
    assert run("lectures.pdf", "--format", "json").exit_code == 0
    value = json.loads((folder / "lectures.json").read_bytes())
    assert (value["kind"], len(value["entries"]), value["problems"]) == ("lectures", 6, [])
    assert value["words"] == value["accounted"] > 0
    first = {key: value["entries"][0][key] for key in ("module", "activity", "day", "start", "end", "venues", "rows")}
    assert first == {
        "module": "COS 214",
        "activity": "L1",
        "day": "Monday",
        "start": "08:30",
        "end": "09:20",
        "venues": ["Centenary 6"],
        "rows": [[1, 2]],
    }
    result = run("tests.pdf", "exams.pdf", "--format", "json", "-o", "-", "-q")
    assert [each["kind"] for each in json.loads(result.stdout)] == ["tests", "exams"]


def test_csv(folder: Path, run: Run) -> None:
    """CSV holds a header and one row an entry."""
    assert run("exams.pdf", "--format", "csv").exit_code == 0
    rows = list(csv.DictReader(io.StringIO((folder / "exams.csv").read_text("utf-8-sig"))))
    assert [(row["module"], row["date"], row["start"], row["end"]) for row in rows] == [
        ("COS 284", "2025-11-12", "07:30", ""),
        ("COS 214", "2025-11-13", "15:00", ""),
        ("STK 220", "2025-11-14", "07:30", ""),
        ("WTW 285", "2025-11-17", "11:15", ""),
    ]


def test_problems_are_told_and_strict_fails(folder: Path, run: Run) -> None:
    """A row that cannot be used is named with its place and the rest is written; --strict writes nothing."""
    (folder / "a.pdf").write_bytes(MALFORMED["day-unknown"].pdf())
    result = run("a.pdf", "--year", "2026", "--strict")
    assert (result.exit_code, result.stdout) == (10, "")
    assert result.stderr.startswith("a.pdf: 1 of its rows or texts could not be used; the first: ")
    assert "Where: page 1, row 5" in result.stderr
    assert "Maandag" in result.stderr
    assert made(folder) == []
    result = run("a.pdf", "--year", "2026")
    assert result.exit_code == 0
    assert re.search(r"\n  1 problem:\n    page 1, row 5: .*Maandag", result.stdout)
    assert {str(each["CATEGORIES"].cats[0]) for each in events(folder / "a.ics")} == {"COS 214", "STK 220"}
    assert run("lectures.pdf", "--year", "2026", "--strict").exit_code == 0


# ---- options of the calendar


def test_exam_length(folder: Path, run: Run) -> None:
    """An exam ends after 3 hours, or after --exam-length; the summary and the event say that it is an estimate."""
    for option, minutes in (((), 180), (("--exam-length", "2h30m"), 150)):
        result = run("exams.pdf", *option)
        assert "The end of exams is an estimate" in result.stdout
        exam = event(folder / "exams.ics", "COS 214 Exam Written")
        assert exam["DTEND"].dt - exam["DTSTART"].dt == timedelta(minutes=minutes)
        assert "estimate" in exam["DESCRIPTION"]


def test_alarm(folder: Path, run: Run) -> None:
    """There are no alarms, unless --alarm asks for one this long before each event."""
    run("exams.pdf")
    assert all(not each.subcomponents for each in events(folder / "exams.ics"))
    run("exams.pdf", "--alarm", "15m", "-o", "alarm.ics")
    for each in events(folder / "alarm.ics"):
        (alarm,) = each.subcomponents
        assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(minutes=-15))


def test_expand(folder: Path, run: Run) -> None:
    """--expand writes one event a date: 12 for each weekday of a semester without its test weeks."""
    run("lectures.pdf", "--year", "2026", "--expand", "--test-weeks", "skip")
    found = events(folder / "lectures.ics")
    assert all("RRULE" not in each for each in found)
    assert len({each["UID"] for each in found}) == len(found) == 6 * 12
    run("lectures.pdf", "--year", "2026", "--test-weeks", "skip", "-o", "weekly.ics")
    assert any("RRULE" in each for each in events(folder / "weekly.ics"))


def test_title(folder: Path, run: Run) -> None:
    """--title makes the titles of its fields; a field there is not, or a lone brace, is a mistake in the command."""
    run("tests.pdf", "--title", "{activity} of {module} in {venue}")
    titles = [str(each["SUMMARY"]) for each in events(folder / "tests.ics")]
    assert "Test1 of COS 284 in Informatorium Red Lab" in titles
    for template, sentence in (("{modul}", "there is no {modul} for a title"), ("{module", "braces")):
        result = run("exams.pdf", "--title", template)
        assert result.exit_code == 2
        assert sentence in result.stderr
    assert made(folder) == ["tests.ics"]


def test_test_weeks(folder: Path, run: Run) -> None:
    """Test weeks are kept or skipped, and the summary names the weeks and the switch both times."""
    # Mondays of S2 2026: 16 weeks, less the recess week and 10 August; 24 August and 12 October are test weeks.
    for choice, mondays, sentence in (
        ("keep", 14, "are kept; --test-weeks skip leaves them out."),
        ("skip", 12, "are left out; --test-weeks keep puts them back."),
    ):
        result = run("lectures.pdf", "--year", "2026", "--test-weeks", choice, "--expand", "-o", f"{choice}.ics")
        said = " ".join(result.stdout.split())
        assert "Lectures in the test weeks (22 August to 29 August 2026; 10 October to 17 October 2026) " in said
        assert sentence in said
        days = {each["DTSTART"].dt.date() for each in events(folder / f"{choice}.ics") if "L1" in each["SUMMARY"]}
        assert sum(day.weekday() == 0 for day in days) == mondays
        assert (date(2026, 8, 24) in days) == (choice == "keep")


def test_limits(folder: Path, run: Run) -> None:
    """A screen's limit can be lowered and raised; the refusal names the option that raises it."""
    result = run("tests.pdf", "--limit", "page_glyphs=10")
    assert result.exit_code == 6
    (advice,) = re.findall(r"add (--limit \S+[0-9])", result.stderr)
    assert run("tests.pdf", *advice.split()).exit_code == 0
    result = run("tests.pdf", "--limit", "bytes=100")
    assert (result.exit_code, "the limit is 100" in result.stderr) == (6, True)
    assert run("tests.pdf", "--limit", "wishes=3").exit_code == 2


# ---- dates


def test_year_comes_from_the_nearest_source(folder: Path, run: Run, tmp_path: Path) -> None:
    """The year is that of --year, else of the settings, else of the calendar there, else today's; the summary says."""

    def head(*arguments: str, today: date = date(2026, 8, 1)) -> str:
        result = run("lectures.pdf", *arguments, today=today)
        assert result.exit_code == 0, result.output
        return result.stdout.splitlines()[0].removeprefix("lectures.pdf: lectures, S2 ")

    (folder / "2031.toml").write_text(TERM.format(year=2031))
    of_2031 = ("--term", "2031.toml", "--dry-run")
    assert head(*of_2031, today=date(2031, 1, 1)) == "2031 (this year; --year chooses another)"
    assert head() == "2026 (this year; --year chooses another)"
    assert head(today=date(2031, 1, 1)) == "2026 (from the calendar that is there already)"
    assert head("--from", "2027-07-19", "--until", "2027-11-01", "--dry-run") == "2027 (that of --from)"
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "settings.toml").write_text("year = 2031\n")
    assert head(*of_2031) == "2031 (from your settings)"
    assert head("--year", "2026") == "2026 (from --year)"


def test_unknown_year(folder: Path, run: Run) -> None:
    """A year without teaching dates is an error that says how to give them."""
    result = run("lectures.pdf", today=date(2031, 3, 1))
    assert result.exit_code == 11
    assert "2031" in result.stderr
    assert "tukscal term new 2031" in result.stderr
    assert result.stderr.startswith("lectures.pdf: ")
    assert made(folder) == []


def test_from_and_until(folder: Path, run: Run) -> None:
    """--from and --until replace the term: holidays are left out, the recess is not, and the summary says so."""
    result = run("lectures.pdf", "--from", "2026-07-20", "--until", "2026-11-06", "--expand")
    said = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert "Teaching from 20 July to 6 November 2026 (2026-07-20 to 2026-11-06)." in said
    assert (
        "With --from and --until, recess, test weeks and swap days are not known; only holidays are left out." in said
    )
    days = {each["DTSTART"].dt.date() for each in events(folder / "lectures.ics")}
    assert (min(days), max(days)) == (date(2026, 7, 20), date(2026, 11, 6))
    assert date(2026, 9, 21) in days  # a Monday in the recess
    assert date(2026, 8, 10) not in days  # a holiday
    assert date(2026, 9, 15) in days  # a Tuesday, which the term file makes a Friday


def test_from_and_until_belong_together(folder: Path, run: Run) -> None:
    """One without the other, with --term, backwards, or for several periods: refused, and nothing is written."""
    dates = ("--from", "2026-07-20", "--until", "2026-11-06")
    for arguments, code in (
        (dates[:2], 2),
        (dates[2:], 2),
        ((*dates, "--term", "a.toml"), 2),
        (("--from", "tomorrow", *dates[2:]), 2),
        (("--from", "2026-11-06", "--until", "2026-07-20"), 11),
    ):
        assert run("lectures.pdf", *arguments).exit_code == code
    both = [*LECTURES, replace(lecture("COS 301", "G01", "L1, Monday, 10:30 - 11:20, IT 4-4"), offered="S1")]
    (folder / "both.pdf").write_bytes(timetable_pdf(both))
    result = run("both.pdf", *dates)
    assert result.exit_code == 11
    assert "lectures of several periods (S1, S2)" in result.stderr
    assert "tukscal term new 2026" in result.stderr
    assert made(folder) == []


def test_term_file(folder: Path, run: Run) -> None:
    """--term takes the dates from a file and says so; a missing or damaged one is named."""
    (folder / "mine.toml").write_text(TERM.format(year=2026))
    result = run("lectures.pdf", "--year", "2026", "--term", "mine.toml", "--expand")
    assert result.exit_code == 0, result.output
    assert "Teaching from 3 August to 28 August 2026 (mine.toml)." in result.stdout
    days = {each["DTSTART"].dt.date() for each in events(folder / "lectures.ics")}
    assert (min(days), max(days)) == (date(2026, 8, 3), date(2026, 8, 28))
    assert run("lectures.pdf", "--year", "2026", "--term", "missing.toml").exit_code == 66
    (folder / "mine.toml").write_text("year = ")
    result = run("lectures.pdf", "--year", "2026", "--term", "mine.toml")
    assert result.exit_code == 11
    assert "mine.toml" in result.stderr


# ---- passwords


def test_password(folder: Path, run: Run) -> None:
    """A locked PDF asks for --password, which reads one line of standard input; a wrong one is told from none."""
    (folder / "a.pdf").write_bytes(NEAR_MISSES["password"]())
    result = run("a.pdf", "--year", "2026")
    assert result.exit_code == 4
    assert (
        result.stderr
        == "a.pdf: The PDF is locked with a password.\n  Add --password and type the password when asked.\n"
    )
    result = run("a.pdf", "--year", "2026", "--password", stdin="wrong\n")
    assert result.exit_code == 4
    assert result.stderr.startswith("a.pdf: The password does not open this PDF.\n")
    assert made(folder) == []
    result = run("a.pdf", "--year", "2026", "--password", stdin=f"{PASSWORD}\nmore\n")
    assert (result.exit_code, result.stderr) == (0, "")
    assert made(folder) == ["a.ics"]
    assert PASSWORD not in result.output


@pytest.mark.parametrize("typed", [b"", b"\n", b"caf\xe9\n", b"\0\n", b"x" * 100_000])
def test_odd_passwords(folder: Path, typed: bytes) -> None:
    """Whatever comes as a password, the worst is that it does not open the PDF."""
    (folder / "a.pdf").write_bytes(NEAR_MISSES["password"]())
    done = tukscal("convert", "a.pdf", "--password", "--json-errors", cwd=folder, stdin=typed)
    (error,) = json_errors(done.stderr)
    assert (done.returncode, error["cause"]) == (4, "encrypted")


def test_password_is_no_argument(folder: Path, run: Run) -> None:
    """The password cannot be given where everybody can read it."""
    assert run("tests.pdf", "--password=secret").exit_code == 2


# ---- what is there already


@pytest.mark.parametrize("kind", ["ics", "json", "csv"])
@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)])
def test_foreign_files_are_never_replaced(folder: Path, run: Run, kind: str, dry_run: tuple[str, ...]) -> None:
    """A file at the output that tukscal did not write stays as it is, byte for byte."""
    foreign = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//me//EN\r\nEND:VCALENDAR\r\n"
    (folder / f"tests.{kind}").write_bytes(foreign)
    result = run("tests.pdf", "--format", kind, *dry_run)
    assert result.exit_code == 73
    assert result.stderr.startswith(f"tests.{kind} is there already, and tukscal did not write it")
    assert (folder / f"tests.{kind}").read_bytes() == foreign
    assert made(folder) == [f"tests.{kind}"]


def test_damaged_calendars_are_never_replaced(folder: Path, run: Run) -> None:
    """A calendar of ours that lost a part, or everything, is not replaced: its revisions would be forgotten."""
    run("tests.pdf")
    whole = (folder / "tests.ics").read_bytes()
    last = whole.rindex(b"BEGIN:VEVENT")
    for data in (b"", whole[:100], whole[:last], whole[: last + 50], whole.replace(b"X-TUKSCAL-SOURCE", b"X-SOURCE")):
        (folder / "tests.ics").write_bytes(data)
        assert run("tests.pdf").exit_code == 73
        assert (folder / "tests.ics").read_bytes() == data


def test_edited_calendars_are_set_right(folder: Path, run: Run) -> None:
    """A title somebody changed by hand in a calendar of ours is what the PDF says again, and the summary names it."""
    run("tests.pdf")
    whole = (folder / "tests.ics").read_bytes()
    (folder / "tests.ics").write_bytes(whole.replace(b"SUMMARY:COS 284 Test1", b"SUMMARY:nonsense"))
    result = run("tests.pdf")
    assert (result.exit_code, "Changed: COS 284 Test1" in result.stdout) == (0, True)
    assert event(folder / "tests.ics", "COS 284 Test1")["SEQUENCE"] == 1


def test_the_pdf_is_never_replaced(folder: Path, run: Run) -> None:
    """A PDF named as its own output stays a PDF."""
    before = (folder / "tests.pdf").read_bytes()
    for kind in ("ics", "json", "csv"):
        assert run("tests.pdf", "-o", "tests.pdf", "--format", kind).exit_code == 73
    assert (folder / "tests.pdf").read_bytes() == before


def test_rerun_changes_nothing(folder: Path, run: Run) -> None:
    """The same command again writes the same bytes and says that nothing changed; so does another day's."""
    run("lectures.pdf", "exams.pdf", "-o", "all.ics", "--year", "2026")
    before = (folder / "all.ics").read_bytes()
    for day in (date(2026, 8, 1), date(2030, 1, 1)):
        result = run("lectures.pdf", "exams.pdf", "-o", "all.ics", "--year", "2026", today=day)
        assert "  Compared with the previous calendar: no change.\n" in result.stdout
        assert (folder / "all.ics").read_bytes() == before


def test_revised_pdf(folder: Path, run: Run) -> None:
    """A revised PDF updates the calendar there: what moved is named old and new, what is gone is cancelled."""
    run("lectures.pdf", "--year", "2026")
    old = event(folder / "lectures.ics", "COS 214 L1")
    first = LECTURES[0]
    moved = replace(first, sessions=(replace(first.sessions[0], day="Tuesday", venue="Annex 1"), first.sessions[1]))
    (folder / "lectures.pdf").write_bytes(timetable_pdf([moved, *LECTURES[1:3]]))
    result = run("lectures.pdf")
    lines = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert "Changed: COS 214 L1 Tuesday 08:30 Annex 1 (HATFIELD), was Monday 08:30 Centenary 6 (HATFIELD)" in lines
    assert "Cancelled: WTW 285 T1 Wednesday 14:30 HB 4-1 (HATFIELD)" in lines
    new = event(folder / "lectures.ics", "COS 214 L1")
    assert (new["UID"], old.get("SEQUENCE", 0), new["SEQUENCE"]) == (old["UID"], 0, 1)
    gone = event(folder / "lectures.ics", "WTW 285 T1")
    assert (gone["STATUS"], gone["SEQUENCE"]) == ("CANCELLED", 1)


def test_previous(folder: Path, run: Run) -> None:
    """--previous names the calendar to continue when it is not at the output; what is wrong with it names it."""
    run("lectures.pdf", "--year", "2026", "-o", "old.ics")
    (folder / "lectures.pdf").write_bytes(moved_lectures(venue="Annex 1"))
    result = run("lectures.pdf", "--previous", "old.ics", "-o", "new.ics")
    assert "Compared with the previous calendar: 1 changed." in result.stdout
    assert event(folder / "new.ics", "COS 214 L1")["SEQUENCE"] == 1
    for name, data, code in (("missing.ics", None, 66), ("bad.ics", b"BEGIN:VCALENDAR", 5)):
        if data is not None:
            (folder / name).write_bytes(data)
        result = run("lectures.pdf", "--previous", name, "-o", "next.ics", "--json-errors")
        (error,) = json_errors(result.stderr)
        assert (result.exit_code, error["file"]) == (code, name)
    assert made(folder) == ["bad.ics", "new.ics", "old.ics"]


def test_another_kind_is_not_cancelled(folder: Path, run: Run) -> None:
    """A PDF of another kind over a calendar cancels nothing; the summary warns that its events are not covered."""
    run("tests.pdf", "-o", "up.ics")
    result = run("exams.pdf", "-o", "up.ics")
    said = " ".join(result.stdout.split())
    assert "The previous calendar also held 4 events that these PDFs do not cover" in said
    assert "to keep them, convert all PDFs in one command" in said
    assert "Cancelled" not in said
    assert all(each["STATUS"] == "CONFIRMED" for each in events(folder / "up.ics"))
    assert len(events(folder / "up.ics")) == 4


# ---- what cannot be read or written


def test_inputs_that_are_no_files(folder: Path, run: Run) -> None:
    """A missing file, a folder, an empty name, a pipe: each is named, at once, with code 66."""
    (folder / "sub.pdf").mkdir()
    os.mkfifo(folder / "pipe.pdf")
    for name in ("missing.pdf", "sub.pdf", "", ".", "..", "/", "pipe.pdf", "missing/a.pdf"):
        result = run(name, "-o", "out.ics", "--json-errors")
        (error,) = json_errors(result.stderr)
        assert (result.exit_code, error["cause"], error["advice"] != "") == (66, "no_such_file", True)
        assert run(name).exit_code == 66 or name in ("missing/a.pdf",)
    assert made(folder) == []


def test_outputs_that_cannot_be(folder: Path, run: Run) -> None:
    """A missing folder, a file as folder, a folder, a device, a name too long: refused with 73 before any reading."""
    (folder / "sub").mkdir()
    (folder / "link.ics").symlink_to("nowhere")
    for name in ("missing/a.ics", "tests.pdf/a.ics", "sub", "/dev/null", f"{'x' * 300}.ics", "link.ics", "/proc/a.ics"):
        result = run("no-such.pdf", "-o", name, "--json-errors")
        (error,) = json_errors(result.stderr)
        if name != "/proc/a.ics":  # only trying tells there
            assert (result.exit_code, error["cause"]) == (73, "not_writable"), name
            assert error["file"] == name
        assert run("tests.pdf", "-o", name).exit_code in (73, 74), name
    assert made(folder) == ["link.ics", "sub"]


def limited(folder: Path, size: int) -> subprocess.CompletedProcess[bytes]:
    """Run the command where no file can grow beyond a size."""
    script = f'ulimit -f {size}; exec "$0" convert lectures.pdf --year 2026 --json-errors'
    return subprocess.run(
        ["bash", "-c", script, TUKSCAL], cwd=folder, env=clean_environment(folder), capture_output=True, check=False
    )


def test_disk_full(folder: Path, run: Run) -> None:
    """When the disk takes no more, the cause is io, the old calendar stays, no part is left; with space it goes on."""
    run("lectures.pdf", "--year", "2026")
    before = (folder / "lectures.ics").read_bytes()
    (folder / "lectures.pdf").write_bytes(moved_lectures(venue="Annex 1"))
    done = limited(folder, 2)  # KiB
    (error,) = json_errors(done.stderr)
    assert (done.returncode, error["cause"], error["file"]) == (74, "io", "lectures.ics")
    assert (folder / "lectures.ics").read_bytes() == before
    assert made(folder) == ["lectures.ics"]
    assert limited(folder, 2000).returncode == 0
    assert event(folder / "lectures.ics", "COS 214 L1")["SEQUENCE"] == 1


def test_real_disk_full(folder: Path) -> None:
    """On a file system without room the cause is io and no part of a file is left, a temporary one neither."""
    script = (
        "mkdir disk && mount -t tmpfs -o size=16k none disk || exit 99\nhead -c 12k /dev/zero > disk/filler\n"
        '"$0" convert lectures.pdf --year 2026 --json-errors -o disk/a.ics; echo "code $?"; ls -A disk'
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, TUKSCAL],
        cwd=folder, env=clean_environment(folder), capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode == 99 or b"unshare" in done.stderr:
        pytest.skip("this user may not mount a file system")
    (error,) = json_errors(done.stderr)
    assert error["cause"] == "io"
    assert "No space left on device" in error["message"]
    assert done.stdout.split() == [b"code", b"74", b"filler"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize("arguments", [("-o", "-"), ()])
def test_standard_output_full(folder: Path, arguments: tuple[str, ...]) -> None:
    """Standard output that takes no more is an error by name, once."""
    script = '"$0" convert tests.pdf --json-errors "$@" > /dev/full'
    done = subprocess.run(
        ["bash", "-c", script, TUKSCAL, *arguments],
        cwd=folder, env=clean_environment(folder), capture_output=True, check=False,
    )  # fmt: skip
    (error,) = json_errors(done.stderr)
    assert (done.returncode, error["cause"]) == (74, "io")


@pytest.mark.parametrize("arguments", [("-o", "-", "-q"), ()])
def test_nobody_reads(folder: Path, arguments: tuple[str, ...]) -> None:
    """When the reader of a pipe has gone, the command ends as by SIGPIPE and says nothing."""
    script = '"$0" convert tests.pdf "$@" | true; exit ${PIPESTATUS[0]}'
    done = subprocess.run(
        ["bash", "-c", script, TUKSCAL, *arguments],
        cwd=folder, env=clean_environment(folder), capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (141, b"")


# ---- limits of the child


def test_time_and_memory_limits(folder: Path, run: Run) -> None:
    """A PDF that takes longer than --timeout, or more than --memory, ends by that name."""
    (folder / "forms.pdf").write_bytes(ATTACKS["form-2-24"]())  # would draw for hours, and has a gigabyte after seconds
    result = run("forms.pdf", "--timeout", "0.5", "--json-errors")
    (error,) = json_errors(result.stderr)
    assert (result.exit_code, error["cause"], error["file"]) == (7, "timeout", "forms.pdf")
    assert made(folder) == []
    assert run("tests.pdf", "--memory", "1M").exit_code == 2


# ---- the terminal


def every_output(run: Run) -> list[str]:
    """The summaries of all kinds and their errors, line by line."""
    results = [
        run("lectures.pdf", "tests.pdf", "exams.pdf", "-o", "a-rather-long-name-of-a-calendar.ics", "--year", "2026"),
        run("exams.pdf", "-o", "a-rather-long-name-of-a-calendar.ics"),
        run("lectures.pdf", "--from", "2026-07-20", "--until", "2026-11-06"),
        run("wrong.pdf", "--year", "2026"),
    ]
    return [line for result in results for line in result.stdout.splitlines()]


def test_lines_fit(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no terminal no line is longer than 80 columns, none ends with blanks, none holds a code."""
    rows = [lecture("COS 214", "G01", f"L1, Monday, {hour}:30 - {hour}:20, Hall") for hour in range(10, 20)]
    (folder / "wrong.pdf").write_bytes(timetable_pdf([*LECTURES, *rows]))
    for columns, widest in (("", 80), ("60", 60)):
        monkeypatch.setenv("COLUMNS", columns)
        lines = every_output(run)
        assert any("10 problems" in line for line in lines)
        assert widest - 15 < max(map(len, lines)) <= widest
        assert not [line for line in lines if line != line.rstrip() or "\x1b" in line]
        for name in made(folder):
            (folder / name).unlink()


def test_text_of_a_pdf_cannot_command_the_terminal(folder: Path, run: Run) -> None:
    """Escape sequences in a PDF's cells or a file's name reach neither the terminal nor the calendar."""
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m"
    rows = [replace(TESTS[0], venues=(f"Hall {evil} 1",)), *TESTS[1:]]
    layout = Layout(strays=(Stray(page=1, x=36, y=20, text=f"stray {evil}"),))
    name = f"{evil}.pdf"
    (folder / name).write_bytes(timetable_pdf(rows, layout=layout))
    control = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
    for arguments in ((name,), (name, "--strict"), (name, "-o", "missing/x"), (name, "--format", "json")):
        result = run(*arguments)
        assert result.output
        assert not control.search(result.output)
    assert "stray" in run(name, "--dry-run").stdout
    assert not control.search((folder / f"{evil}.ics").read_text().replace("\r\n", "\n"))


def test_odd_file_names(folder: Path) -> None:
    """Names with letters the console lacks, not in UTF-8, or like an option are converted all the same."""
    for name in ("é☃😀.pdf", "\udcff.pdf", "-x.pdf", "a\nb.pdf", "x" * 250 + ".pdf"):
        shutil.copy(folder / "tests.pdf", folder / name)
        for kind in ("ics", "json") if name == "\udcff.pdf" else ("ics",):
            done = tukscal(
                *("convert", "--json-errors", "--format", kind, "--", name),
                cwd=folder, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (0, b""), name
            assert done.stdout.isascii()
            assert (folder / name).with_suffix(f".{kind}").exists()


# ---- errors for programs


@pytest.mark.parametrize("before", [True, False])
def test_json_errors(folder: Path, before: bool) -> None:
    """--json-errors gives one JSON object a line with all fields, before or after the command's name."""
    (folder / "bad.pdf").write_bytes(MALFORMED["day-unknown"].pdf())
    words = ["convert", "bad.pdf", "missing.pdf", "--strict", "--year", "2026"]
    words.insert(0 if before else 2, "--json-errors")
    done = tukscal(*words, cwd=folder)
    first, second = json_errors(done.stderr)
    assert (done.returncode, done.stdout) == (12, b"")
    assert (first["cause"], first["exit_code"], first["file"]) == ("bad_rows", 10, "bad.pdf")
    assert (first["page"], first["row"], "Maandag" in first["text"]) == (1, 5, True)
    assert second == {
        "cause": "no_such_file",
        "exit_code": 66,
        "message": "There is no file missing.pdf.",
        "advice": "Check the name and the folder.",
        "file": "missing.pdf",
        "page": None,
        "row": None,
        "text": None,
    }


# PDFium reads the page that is named twice, and its sessions once: nothing is wrong with them.
@pytest.mark.parametrize("name", sorted(NEAR_MISSES.keys() - {"page-named-twice"}))
def test_near_misses_end_by_name(folder: Path, run: Run, name: str) -> None:
    """What only looks like a timetable gives no calendar and a cause."""
    (folder / "a.pdf").write_bytes(NEAR_MISSES[name]())
    result = run("a.pdf", "--year", "2026", "--json-errors")
    (error,) = json_errors(result.stderr)
    assert error["cause"] in ("not_a_timetable", "damaged", "encrypted", "bad_rows")
    assert (result.exit_code, error["file"], result.stdout) == (error["exit_code"], "a.pdf", "")
    assert made(folder) == []
