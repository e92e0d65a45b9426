"""`tukscal term` as a person uses it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tukscal.cli.term.command import term
from tukscal.cli.term.form import parse_day
from tukscal.core.errors import NoSuchFile, NoTerm, NotWritable
from tukscal.core.terms import Term, load_term, read_term

NONE = ""  # an empty line
PERIODS_2026 = [
    *("9 Feb 2026", "27 May", "2026-07-20", "6 November 2026"),
    *("9 Feb", "2026/03/27", "7 Apr", "27 May", "20 Jul", "7 Sept", "8 Sep", "6 Nov"),
]
RECESS_2026 = ["29 Mar", "6 Apr", "28 jun", "19 jul", "17 Sep", "27 Sep", NONE]
SWAPS_2026 = ["7 Apr", "Monday", "8 Apr", "fri", "15 Sep", "Friday", "6 Nov", "Wed", NONE]
TEST_WEEKS_2026 = ["14 Mar", "20 Mar", "2 May", "9 May", "22 Aug", "29 Aug", "10 Oct", "17 Oct", NONE]
ANSWERS_2026 = [*PERIODS_2026, *RECESS_2026, "16 Sep", NONE, *SWAPS_2026, *TEST_WEEKS_2026]


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the user's own folder out of it."""
    monkeypatch.setenv("TUKSCAL_CONFIG_DIR", str(tmp_path))
    return tmp_path


class Clock:
    """A context object that knows what day it is."""

    def today(self) -> date:
        return date(2031, 5, 6)


def run(*arguments: str, answers: list[str] | None = None, obj: object = None) -> Result:
    return CliRunner().invoke(term, arguments, input="\n".join([*(answers or []), ""]), obj=obj)


def test_answers_make_the_packaged_2026(config: Path) -> None:
    """Typing UP's dates in gives a balanced file in the user's folder with the teaching days of the packaged one."""
    result = run("new", "2026", answers=ANSWERS_2026)
    assert result.exit_code == 0, result.output
    assert "Warning" not in result.output
    file = config / "terms" / "up-2026.toml"
    assert f"Written: {file}" in result.output
    made, packaged = load_term(2026, folder=config / "terms"), load_term(2026)
    assert made.source == str(file)
    assert (dict(made.periods), made.swaps, made.recess_known) == (dict(packaged.periods), packaged.swaps, True)
    assert [(span.start, span.end) for span in made.test_weeks] == [(s.start, s.end) for s in packaged.test_weeks]
    assert run("check", "2026").exit_code == 0


def test_nonsense_is_asked_again(tmp_path: Path) -> None:
    """Each impossible answer is met with a sentence and the question again; the file holds the good answers only."""
    answers = [
        *("soon", NONE, "30 Feb", "9 Feb 2025", "9 Feb", "8 Feb"),  # the last two: end before start, both again
        *("9 Feb", "27 May", "20 May", "6 Nov", "20 Jul", "6 Nov"),  # S2 overlaps S1, both again
        *(NONE, NONE, NONE, NONE),
        *("29 Mar", "6 Apr", "1 Apr", "2 Apr", NONE),  # a recess in a recess
        *("16 Sep", NONE),
        *("7 Apr", "Tuesday", "7 Apr", "x", NONE, "Monday", "1 May", "Monday", "1 Jul", "Monday", NONE),
        *(NONE, "y"),
    ]
    result = run("new", "2026", "-o", str(tmp_path / "mine.toml"), answers=answers)
    assert result.exit_code == 0, result.output
    for sentence in (
        "'soon' is not a date. Write 2026-02-09 or 9 Feb 2026.",
        "There is no 30 Feb.",
        "2025-02-09 is not in 2026.",
        "Not possible: 2026-02-08 is before the start, 2026-02-09.",
        "Not possible: 2026-05-20 to 2026-11-06 overlaps periods.S1",
        "Not possible: 2026-04-01 to 2026-04-02 overlaps recess[1]",
        "Not possible: 2026-04-07 is a Tuesday already",
        "'x' is not a weekday. Write Monday or Mon.",
        "'' is not a weekday.",
        "2026-05-01 has no lectures (Workers' Day)",
        "2026-07-01 is outside every period",
    ):
        assert sentence in result.output
    made = read_term(tmp_path / "mine.toml")
    assert (list(made.periods), len(made.recess), len(made.swaps)) == (["S1", "S2", "Y"], 1, 1)


def test_unbalanced_answers_are_written_only_if_wanted(config: Path) -> None:
    """A missing swap day is named; "no" writes nothing and ends as NoTerm, "yes" writes."""
    answers = [*PERIODS_2026, *RECESS_2026, "16 Sep", NONE, *SWAPS_2026[:6], NONE, *TEST_WEEKS_2026]
    refused = run("new", "2026", answers=[*answers, "n"])
    assert "Warning: S2 has 13 Fridays and 11 Wednesdays: a swap day may be missing." in refused.output
    assert isinstance(refused.exception, NoTerm)
    assert "Nothing was written" in refused.exception.advice
    assert not (config / "terms").exists()
    assert run("new", "2026", answers=[*answers, "y"]).exit_code == 0
    assert (config / "terms" / "up-2026.toml").exists()


def test_existing_file_is_refused_before_the_questions(config: Path) -> None:
    """Without --force an existing file ends the command at once and stays; with it, it is replaced."""
    file = config / "terms" / "up-2026.toml"
    file.parent.mkdir()
    file.write_text("mine")
    result = run("new", "2026", answers=ANSWERS_2026)
    assert isinstance(result.exception, NotWritable)
    assert result.output == ""
    assert file.read_text() == "mine"
    assert run("new", "2026", "--force", answers=ANSWERS_2026).exit_code == 0
    assert 'institution = "UP"' in file.read_text()


def test_file_that_appears_during_the_questions_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file another program writes while the questions are asked is not overwritten either."""
    file = tmp_path / "mine.toml"

    def meanwhile(year: int) -> Term:
        file.write_text("theirs")
        return load_term(year)

    monkeypatch.setattr("tukscal.cli.term.command.ask_term", meanwhile)
    assert isinstance(run("new", "2026", "-o", str(file)).exception, NotWritable)
    assert file.read_text() == "theirs"


def test_interrupted_questions_write_nothing(config: Path) -> None:
    """When the answers end early, the command aborts and no file appears."""
    assert run("new", "2026", answers=PERIODS_2026).exit_code == 1
    assert list(config.iterdir()) == []


def test_without_recess_the_file_admits_it(config: Path) -> None:
    """A year typed in without any recess is written as partial, and check says so."""
    run("new", "2027", answers=["8 Feb", "26 May", "19 Jul", "5 Nov", *[NONE] * 8, "y"])
    assert not load_term(2027, folder=config / "terms").recess_known
    assert "Recess, swap days and test weeks are not known" in run("check", "2027").output


def test_check_prints_the_balance() -> None:
    """The packaged 2026 passes, with a row of counts per period."""
    result = run("check", "2026")
    assert result.exit_code == 0
    assert "  Period  Mon  Tue  Wed  Thu  Fri\n  S1       12   12   12   12   12\n" in result.output
    assert "  Q4        6    6    6    6    6\n" in result.output
    assert result.output.endswith("Every weekday is taught equally often.\n")


def test_check_of_an_unbalanced_file_is_no_term(tmp_path: Path) -> None:
    """An uneven file prints its table and ends as NoTerm, exit code 11, with the sentence."""
    file = tmp_path / "x.toml"
    file.write_text(
        'institution = "UP"\nyear = 2026\ncompleteness = "full"\n'
        "periods.Q1 = { start = 2026-02-09, end = 2026-03-26 }\n"
    )
    result = run("check", str(file))
    assert isinstance(result.exception, NoTerm)
    assert result.exception.exit_code == 11
    assert result.exception.message == "Q1 has 7 Mondays and 6 Fridays: a swap day may be missing."
    assert "  Q1        7    7    7    7    6  uneven\nNot given: S1, S2, Y, Q2, Q3, Q4.\n" in result.output


def test_check_without_year_asks_the_clock() -> None:
    """Without a year the context's clock decides, and without a clock today does."""
    result = run("check", obj=Clock())
    assert isinstance(result.exception, NoTerm)
    assert "2031" in result.exception.message
    this_year = run("check", obj=object())
    assert this_year.exit_code == 0 or str(date.today().year) in str(this_year.exception)


def test_unknown_file_is_said() -> None:
    """A target that is neither a year nor a file is NoSuchFile."""
    assert isinstance(run("show", "nix.toml").exception, NoSuchFile)
    assert isinstance(run("show", "2025").exception, NoTerm)


def test_show_says_everything_in_80_columns() -> None:
    """Every kind of day of 2026 is shown, no line is longer than a terminal."""
    result = run("show", "2026")
    for line in (
        "  S2  Mon 20 Jul to Fri  6 Nov",
        "  Y   S1 and S2",
        "  Sun 29 Mar to Mon  6 Apr   March/April recess",
        "  Wed  4 Nov                 Local Government Elections",
        "  Wed 16 Sep                 Wellness Day",
        "  Fri  6 Nov                 uses the timetable of Wednesday",
        "  Sat 14 Mar to Fri 20 Mar",
        "  Mon 22 Jun to Sat 27 Jun   supplementary",
    ):
        assert line in result.output.splitlines()
    assert max(map(len, result.output.splitlines())) <= 80


def test_long_names_are_wrapped(tmp_path: Path) -> None:
    """A long name goes on below itself instead of leaving the screen."""
    file = tmp_path / "x.toml"
    file.write_text(
        'institution = "UP"\nyear = 2026\ncompleteness = "partial"\n'
        "periods.Q1 = { start = 2026-02-09, end = 2026-03-26 }\n"
        f'recess = [{{ date = 2026-06-01, name = "{"long " * 20}end" }}]\n'
    )
    lines = run("show", str(file)).output.splitlines()
    assert max(len(line) for line in lines[1:]) <= 80
    assert any(line.startswith(" " * 29) and line.endswith("end") for line in lines)


def test_show_json_is_whole() -> None:
    """--json carries every date, ISO and named, for programs."""
    shown = json.loads(run("show", "2026", "--json").output)
    assert shown["periods"]["Y"][1] == {"start": "2026-07-20", "end": "2026-11-06", "name": "S2"}
    assert shown["swaps"][3] == {"date": "2026-11-06", "follows": "Wednesday"}
    assert shown["holidays"]["2026-11-04"] == "Local Government Elections"
    assert shown["balance"]["S1"] == [12] * 5
    assert (shown["year"], shown["recess_known"], len(shown["exams"])) == (2026, True, 4)


@pytest.mark.parametrize("text", ["2026-02-09", "2026/2/9", "9 Feb 2026", "09 february", " 9 FEB. 2026 ", "9feb"])
def test_dates_are_read_as_people_write_them(text: str) -> None:
    """ISO and day-month-name forms, with or without the year, are one day."""
    assert parse_day(text, 2026) == date(2026, 2, 9)


@pytest.mark.parametrize(
    "text", ["9/2/2026", "9.2.", "9 ma 2026", "9 foo", "2026-02-30", "0 Feb", "9 Feb 0", "2025-02-09", ""]
)
def test_doubtful_dates_are_refused(text: str) -> None:
    """A form that could mean two days, or none, is refused with a sentence."""
    with pytest.raises(click.UsageError):
        parse_day(text, 2026)
