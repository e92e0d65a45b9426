"""Choosing groups on the command line and by files, through `tukscal convert`."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import icalendar
import pytest
from tukscal.examples.generator.draw import timetable_pdf
from tukscal.examples.generator.malformed_rows import TESTS, lecture
from tukscal.tests.running import json_errors, tukscal

ROWS = (
    lecture("COS 214", "G01", "L1, Monday, 08:30 - 09:20, IT 4-4", "L2, Friday, 12:30 - 13:20, IT 4-4"),
    lecture("COS 214", "G02", "L1, Tuesday, 08:30 - 09:20, IT 4-1", "P1, Thursday, 11:30 - 14:20, Thuto 1-1"),
    lecture("COS 214", "P01", "P1, Tuesday, 11:30 - 14:20, Thuto 1-2"),
    lecture("COS 214", "P02", "P1, Wednesday, 11:30 - 14:20, Thuto 1-3"),
    lecture("STK 220", "G01", "L1, Tuesday, 14:30 - 15:20, EMS 4-152"),
    lecture("STK 220", "G02", "L1, Thursday, 14:30 - 15:20, EMS 4-152"),
    lecture("WTW 285", "T02", "T1, Wednesday, 14:30 - 15:50, HB 4-1"),
)
G1, G2, P1, P2 = "COS 214 G01", "COS 214 G02", "COS 214 P01", "COS 214 P02"
OTHERS = ["STK 220 G01", "STK 220 G02", "WTW 285 T02"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a timetable of lectures and one of tests."""
    (tmp_path / "a.pdf").write_bytes(timetable_pdf(ROWS))
    (tmp_path / "tests.pdf").write_bytes(timetable_pdf(TESTS))
    return tmp_path


def groups(folder: Path, *arguments: str) -> list[str]:
    """Return module and group of what is converted."""
    done = tukscal("convert", "a.pdf", "--format", "csv", "-o", "-", "-q", *arguments, cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    rows = csv.DictReader(io.StringIO(done.stdout.decode("utf-8-sig")))
    return list(dict.fromkeys(f"{row['module']} {row['group']}" for row in rows))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), [G1, G2, P1, P2, *OTHERS]),
        (("--group", "COS 214=G01,P02"), [G1, P2, *OTHERS]),
        (("--group", "COS 214=G01", "--group", "COS214=P02"), [G1, P2, *OTHERS]),
        (("--group", "COS 214=G01", "--group", "COS 214=G01"), [G1, P1, P2, *OTHERS]),
        (("--group", "COS 214=G02"), [G2, *OTHERS]),
        (("--group", "COS 214 S2=G01,P01", "--group", "STK 220=G02"), [G1, P1, "STK 220 G02", "WTW 285 T02"]),
        (("--module", "wtw285", "--module", " stk 220 "), OTHERS),
        (("--exclude", "cos 214", "--exclude", "WTW 285"), OTHERS[:2]),
        (("--language", "E", "--programme", "r3"), [G1, G2, P1, P2, *OTHERS]),
    ],
)
def test_options(folder: Path, arguments: tuple[str, ...], expected: list[str]) -> None:
    """Each option chooses as it says, and a repeated one adds to itself."""
    assert groups(folder, *arguments) == expected


def test_options_and_a_file(folder: Path) -> None:
    """What is typed goes before the file beside the PDF, and --select takes that file's place."""
    (folder / "a.toml").write_text('exclude = ["WTW 285"]\n[groups]\n"COS 214" = ["G01", "P01"]\n')
    (folder / "mine.toml").write_text('[groups]\n"STK 220" = ["G02"]\n')
    (folder / "empty.toml").write_text("")
    assert groups(folder) == [G1, P1, *OTHERS[:2]]
    assert groups(folder, "--group", "COS 214=G02") == [G2, *OTHERS[:2]]
    assert groups(folder, "--module", "WTW 285") == ["WTW 285 T02"]
    assert groups(folder, "--select", "mine.toml") == [G1, G2, P1, P2, *OTHERS[1:]]
    assert groups(folder, "--select", "empty.toml") == [G1, G2, P1, P2, *OTHERS]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("--group", "COS 214"), "'COS 214' is not MODULE=GROUP,...; write it like 'COS 214=G01,P02'."),
        (("--group", "COS=G01"), "'COS' is not a module code; write it like 'COS 214=G01,P02'."),
        (("--group", "COS 214=first"), "'first' is not a group; write it like 'COS 214=G01,P02'."),
        (("--group", "COS 214="), "a group is missing; write it like 'COS 214=G01,P02'."),
        (("--module", "COS"), "'COS' is not a module code; write it like 'COS 214'."),
        (("--exclude", ""), "the module is missing; write it like 'COS 214'."),
        (("--language", "B"), "'B' is not one of 'E', 'A'."),
    ],
)
def test_wrong_forms_are_a_wrong_use(folder: Path, arguments: tuple[str, ...], hint: str) -> None:
    """What cannot be a choice ends with code 2 and how it is written, before anything is converted."""
    done = tukscal("convert", "a.pdf", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert hint in " ".join(done.stderr.decode().split())
    assert sorted(path.name for path in folder.iterdir()) == ["a.pdf", "tests.pdf"]


@pytest.mark.parametrize(
    ("arguments", "code", "cause", "file", "advice"),
    [
        (("--select", "missing.toml"), 66, "no_such_file", "missing.toml", "Check the name and the folder."),
        (("--select", "wrong.toml"), 10, "bad_rows", "a.pdf", "Correct that key."),
        (("--group", "COS 214=G09"), 10, "bad_rows", "a.pdf", "COS 214 has the groups G01, G02, P01, P02."),
        (("--module", "COS 999"), 10, "bad_rows", "a.pdf", "There are COS 214, STK 220, WTW 285."),
    ],
)
def test_choices_that_cannot_be(
    folder: Path, arguments: tuple[str, ...], code: int, cause: str, file: str, advice: str
) -> None:
    """A choice of what is not there ends with its cause and what there is; nothing is written."""
    (folder / "wrong.toml").write_text("modules = 1")
    done = tukscal("convert", "a.pdf", *arguments, "--year", "2026", "--json-errors", cwd=folder)
    (error,) = json_errors(done.stderr)
    assert (done.returncode, error["cause"], error["file"], error["advice"]) == (code, cause, file, advice)
    assert not (folder / "a.ics").exists()


def summary(folder: Path, *arguments: str) -> str:
    """Return what is printed about a conversion, on one line."""
    done = tukscal("convert", *arguments, "--year", "2026", cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    return " ".join(done.stdout.decode().split())


def test_the_summary_tells_what_is_open(folder: Path) -> None:
    """Without a choice the modules still open are named with the command to run, its file name quoted."""
    text = summary(folder, "a.pdf", "--dry-run")
    assert "9 weekly sessions of 3 modules." in text
    assert "Your choice" not in text
    assert "Every group is in the calendar; you attend one of each kind. Still to choose: " in text
    assert "COS 214 G01 or G02; COS 214 P01 or P02; STK 220 G01 or G02. Choose yours" in text
    assert "Choose yours: tukscal choose a.pdf " in text
    (folder / "my year.pdf").write_bytes((folder / "a.pdf").read_bytes())
    assert "Choose yours: tukscal choose 'my year.pdf' " in summary(folder, "my year.pdf", "--dry-run")


def test_the_summary_tells_whose_choice(folder: Path) -> None:
    """The selection file is named with how many sessions it left out; a full choice leaves nothing to say."""
    (folder / "a.toml").write_text('[groups]\n"COS 214" = ["G02"]\n')
    text = summary(folder, "a.pdf", "--dry-run")
    assert "Your choice by a.toml: 4 sessions left out. Still to choose: STK 220 G01 or G02. Choose yours" in text
    text = summary(folder, "a.pdf", "--dry-run", "--group", "STK 220=G01")
    assert "Your choice by a.toml: 5 sessions left out. Teaching" in text
    assert "Choose yours" not in text
    (folder / "a.toml").unlink()
    text = summary(folder, "a.pdf", "--dry-run", "--group", "STK 220=G01")
    assert "Your choice: 1 session left out." in text


def live(path: Path) -> dict[str, list[str]]:
    """Return titles of events by STATUS, as icalendar reads them."""
    found: dict[str, list[str]] = {}
    for event in icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT"):
        found.setdefault(str(event["STATUS"]), []).append(str(event["X-TUKSCAL-SESSION"]))
    return {status: sorted(set(names)) for status, names in found.items()}


def test_a_narrower_choice_cancels_the_other_groups(folder: Path) -> None:
    """Converted again with a choice, the events of other groups are cancelled once; a wider one brings them back."""
    summary(folder, "a.pdf")
    before = live(folder / "a.ics")
    assert set(before) == {"CONFIRMED"}
    (folder / "a.toml").write_text('[groups]\n"COS 214" = ["G01", "P01"]\n"STK 220" = ["G02"]\n')
    text = summary(folder, "a.pdf")
    after = live(folder / "a.ics")
    kept = ["COS 214/E/G01/L1", "COS 214/E/G01/L2", "COS 214/E/P01/P1", "STK 220/E/G02/L1", "WTW 285/E/T02/T1"]
    assert after["CONFIRMED"] == [f"UP/lectures/2026/S2/{name}" for name in kept]
    assert after["CANCELLED"] == [name for name in before["CONFIRMED"] if name not in after["CONFIRMED"]]
    assert len(after["CANCELLED"]) == 4
    assert "Cancelled: COS 214 P1 Wednesday 11:30 Thuto 1-3 (HATFIELD)" in text
    assert "no change" in summary(folder, "a.pdf")
    (folder / "a.toml").unlink()
    summary(folder, "a.pdf")
    assert live(folder / "a.ics") == before


def sequences(path: Path) -> dict[str, int]:
    """Return UID -> SEQUENCE."""
    events: list[Any] = icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    return {str(event["UID"]): int(event["SEQUENCE"]) for event in events}


def test_what_stays_chosen_is_not_touched(folder: Path) -> None:
    """Events of groups that stay keep their SEQUENCE, those of the others count on."""
    summary(folder, "a.pdf")
    first = sequences(folder / "a.ics")
    summary(folder, "a.pdf", "--group", "STK 220=G01")
    assert set(first.values()) == {0}
    second = sequences(folder / "a.ics")
    assert second.keys() == first.keys()
    titles = icalendar.Calendar.from_ical((folder / "a.ics").read_bytes()).walk("VEVENT")
    cancelled = {str(event["UID"]) for event in titles if "/STK 220/E/G02/" in str(event["X-TUKSCAL-SESSION"])}
    assert cancelled
    assert {name for name, number in second.items() if number == 1} == cancelled


def test_one_choice_for_lectures_and_tests(folder: Path) -> None:
    """A shared file chooses in lectures and leaves the tests of modules it does not exclude, in one calendar or two."""
    (folder / "tukscal.toml").write_text('exclude = ["STK 220", "IMY 999"]\n[groups]\n"COS 214" = ["G01", "P02"]\n')
    text = summary(folder, "a.pdf", "tests.pdf", "-o", "all.ics")
    # A path longer than a line is broken within a word.
    told = "".join(text.split())
    assert f"Yourchoiceby{folder}/tukscal.toml:5sessionsleftout." in told
    assert told.count(f"Yourchoiceby{folder}/tukscal.toml:") == 2
    together = live(folder / "all.ics")["CONFIRMED"]
    summary(folder, "a.pdf", "tests.pdf")
    apart = live(folder / "a.ics")["CONFIRMED"] + live(folder / "tests.ics")["CONFIRMED"]
    assert together == sorted(apart)
    assert not any("/STK 220/" in name for name in together)
    assert sum("/tests/" in name for name in together) >= 1
