"""Every way a term file can be wrong is said by name."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.errors import InputOutput, NoTerm, NotWritable
from tukscal.core.terms import Span, Term, dump_term, load_term, write_term
from tukscal.core.terms.parse import parse_term

HEAD = 'institution = "UP"\nyear = 2026\ncompleteness = "full"\n'
S1 = "periods.S1 = { start = 2026-02-09, end = 2026-05-27 }\n"
S2 = "periods.S2 = { start = 2026-07-20, end = 2026-11-06 }\n"

WRONG = {
    "not TOML": ("year = = 2026", r"not TOML: .*line 1"),
    "line of the mistake": (HEAD + S1 + "recess = [\n", r"not TOML: .*\(at "),
    "key twice": (HEAD + "year = 2026\n", r"not TOML: Cannot overwrite.*line 4"),
    "nested deeply": ("a = " + "[" * 5000, r"not a term file: nested too deeply"),
    "no institution": ("year = 2026", r"institution: missing; possible: UP"),
    "other institution": (HEAD.replace("UP", "UCT"), r"institution: 'UCT' is not possible; possible: UP"),
    "no year": ('institution = "UP"', r"year: missing"),
    "year in quotes": (HEAD.replace("2026", '"2026"'), r"year: not a year: '2026'"),
    "year a boolean": (HEAD.replace("2026", "true"), r"year: not a year: True"),
    "year of long ago": (HEAD.replace("2026", "26"), r"year: 26 is not between 2000 and 2099"),
    "no completeness": ('institution = "UP"\nyear = 2026', r"completeness: missing; possible: full, partial"),
    "longest text shown": (HEAD.replace("full", "x" * 38), r"completeness: 'x{38}' is not possible"),
    "long text": (HEAD.replace("full", "x" * 39), r"completeness: 'x{36}\.\.\. is not possible"),
    "unknown key": (HEAD + "reces = []", r"reces: unknown key; known here: .*recess"),
    "unknown period": (HEAD + "periods.S3 = {}", r"periods\.S3: unknown key; known here: S1, S2"),
    "unknown key of a period": (
        HEAD + "periods.S1 = { begin = 2026-02-09 }",
        r"periods\.S1\.begin: unknown key; known here: start, end",
    ),
    "periods a list": (HEAD + "periods = []", r"periods: not a table"),
    "period a date": (HEAD + "periods.S1 = 2026-02-09", r"periods\.S1: not a table with start, end"),
    "no end": (HEAD + "periods.S2 = { start = 2026-07-20 }", r"periods\.S2\.end: missing"),
    "end in quotes": (
        HEAD + 'periods.S2 = { start = 2026-07-20, end = "2026-11-06" }',
        r"periods\.S2\.end: not a date: '2026-11-06'",
    ),
    "end with a time": (
        HEAD + "periods.S2 = { start = 2026-07-20, end = 2026-11-06T00:00:00 }",
        r"periods\.S2\.end: not a date: 2026-11-06 00:00:00",
    ),
    "end before start": (
        HEAD + "periods.S2 = { start = 2026-07-20, end = 2026-07-19 }",
        r"periods\.S2\.end: 2026-07-19 is before the start, 2026-07-20",
    ),
    "another year": (
        HEAD + "periods.S1 = { start = 2025-02-09, end = 2026-05-27 }",
        r"periods\.S1\.start: 2025-02-09 is not in 2026",
    ),
    "semesters overlap": (HEAD + S1 + S2.replace("07-20", "05-27"), r"periods\.S2: .* overlaps periods\.S1"),
    "quarters overlap": (
        HEAD + S1.replace("S1", "Q2") + S2.replace("S2", "Q3").replace("07-20", "05-01"),
        r"periods\.Q3: .*overlaps",
    ),
    "segment without dates": (HEAD + S1 + 'periods.Y.segments = ["S1", "S2"]', r"periods\.Y\.segments: 'S2' is not"),
    "segments of nothing": (
        HEAD + 'periods.Y.segments = ["S1"]',
        r"periods\.Y\.segments: .*no period has dates",
    ),
    "segments empty": (HEAD + S1 + "periods.Y.segments = []", r"periods\.Y\.segments: not a list of periods"),
    "segment twice": (HEAD + S1 + 'periods.Y.segments = ["S1", "S1"]', r"periods\.Y: .* overlaps periods\.Y"),
    "recess a table": (HEAD + S1 + "recess = {}", r"recess: not a list: write each entry under \[\[recess\]\]"),
    "recess a date": (HEAD + S1 + "recess = [2026-03-29]", r"recess\[1\]: not a table"),
    "recess twice": (
        HEAD + S1 + "recess = [{ date = 2026-03-29 }, { start = 2026-03-28, end = 2026-04-02 }]",
        r"recess\[2\]: 2026-03-28 to 2026-04-02 overlaps recess\[1\], 2026-03-29 to 2026-03-29",
    ),
    "test week in the recess": (
        HEAD + S1 + "recess = [{ date = 2026-03-29 }]\ntest_weeks = [{ date = 2026-03-29 }]",
        r"test_weeks\[1\]: .* overlaps recess\[1\]",
    ),
    "exams overlap": (HEAD + S1 + "exams = [{ date = 2026-06-01 }, { date = 2026-06-01 }]", r"exams\[2\]: .* overlaps"),
    "date and start": (
        HEAD + S1 + "recess = [{ date = 2026-03-29, start = 2026-03-29 }]",
        r"recess\[1\]: has a date as",
    ),
    "name of two lines": (
        HEAD + S1 + 'recess = [{ date = 2026-03-29, name = "a\\nb" }]',
        r"recess\[1\]\.name: not one",
    ),
    "swap without weekday": (HEAD + S1 + "swaps = [{ date = 2026-04-07 }]", r"swaps\[1\]\.follows: missing"),
    "swap to a nonsense day": (
        HEAD + S1 + 'swaps = [{ date = 2026-04-07, follows = "Moonday" }]',
        r"swaps\[1\]\.follows: 'Moonday' is not possible; possible: Monday",
    ),
    "swap to itself": (
        HEAD + S1 + 'swaps = [{ date = 2026-04-07, follows = "Tuesday" }]',
        r"swaps\[1\]\.date: 2026-04-07 is a Tuesday already",
    ),
    "swap outside": (
        HEAD + S1 + 'swaps = [{ date = 2026-07-07, follows = "Monday" }]',
        r"swaps\[1\]\.date: 2026-07-07 is outside every period",
    ),
    "swap in another year": (
        HEAD + S1 + 'swaps = [{ date = 2027-04-07, follows = "Monday" }]',
        r"swaps\[1\]\.date: 2027-04-07 is not in 2026",
    ),
    "swap in the recess": (
        HEAD + S1 + 'recess = [{ date = 2026-04-07 }]\nswaps = [{ date = 2026-04-07, follows = "Monday" }]',
        r"swaps\[1\]\.date: 2026-04-07 has no lectures \(recess\)",
    ),
    "swap on a holiday": (
        HEAD + S1 + 'swaps = [{ date = 2026-05-01, follows = "Monday" }]',
        r"swaps\[1\]\.date: 2026-05-01 has no lectures \(Workers' Day\)",
    ),
    "swap twice": (
        HEAD + S1 + 'swaps = [{ date = 2026-04-07, follows = "Monday" }, { date = 2026-04-07, follows = "Friday" }]',
        r"swaps\[2\]\.date: 2026-04-07 is given twice",
    ),
    "inferred nonsense": (HEAD + "inferred.S1_begin = 2026-02-09", r"inferred\.S1_begin: unknown key"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_file_is_refused_by_file_and_place(name: str) -> None:
    """A wrong term file is NoTerm that names the file, the place and what is wrong."""
    text, said = WRONG[name]
    with pytest.raises(NoTerm) as caught:
        parse_term(text.encode(), "my.toml")
    assert re.search(f"^my\\.toml: {said}", caught.value.message)
    assert "tukscal term check" in caught.value.advice


def test_right_file_is_read() -> None:
    """The shortest useful file is read, so that the refusals above are refusals of what they name."""
    term, inferred = parse_term((HEAD + S1 + S2 + "inferred.Q1_end = 2026-03-27").encode(), "my.toml")
    assert (list(term.periods), term.recess_known) == (["S1", "S2"], True)
    assert inferred == {"Q1_end": date(2026, 3, 27)}


def test_byte_order_mark_is_forgiven_and_other_encodings_are_named() -> None:
    """Windows' UTF-8 mark is skipped; UTF-16 is refused in words."""
    assert parse_term((HEAD + S1).encode("utf-8-sig"), "my.toml")[0].year == 2026
    with pytest.raises(NoTerm, match=r"my\.toml: not a text file in UTF-8"):
        parse_term((HEAD + S1).encode("utf-16"), "my.toml")


def test_segments_are_in_the_order_of_the_year() -> None:
    """Year modules get their segments by date, however the file lists them."""
    term, _ = parse_term((HEAD + S1 + S2 + 'periods.Y.segments = ["S2", "S1"]').encode(), "my.toml")
    assert [(span.name, span.start) for span in term.periods["Y"]] == [
        ("S1", date(2026, 2, 9)),
        ("S2", date(2026, 7, 20)),
    ]


PACKAGED = files("tukscal.core.terms").joinpath("up-2026.toml").read_bytes()


@given(st.integers(0, len(PACKAGED)), st.integers(0, 12), st.binary(max_size=8))
def test_damaged_file_never_raises_anything_else(at: int, cut: int, put: bytes) -> None:
    """However a real file is damaged, it is read or is NoTerm: no other error reaches the user."""
    with suppress(NoTerm):
        parse_term(PACKAGED[:at] + put + PACKAGED[at + cut :], "my.toml")


def alike(one: Term, other: Term) -> bool:
    """Compare everything but where the terms were read."""
    return replace(one, digest="", source="") == replace(other, digest="", source="")


def test_2026_survives_writing() -> None:
    """Writing and reading 2026 gives every value back, and the same bytes the next time."""
    data = dump_term(load_term(2026))
    again, _ = parse_term(data, "again")
    assert alike(again, load_term(2026))
    assert dump_term(again) == data


names = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=12)
some_pieces = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), names), max_size=5)


Pieces = list[tuple[int, int, str]]


def spans(pieces: Pieces) -> tuple[Span, ...]:
    """Lay the pieces one after the other from New Year: (gap, length, name), never overlapping."""
    day, found = date(2026, 1, 1), []
    for gap, length, name in pieces:
        start = day + timedelta(days=gap)
        found.append(Span(start=start, end=start + timedelta(days=length), name=name))
        day = found[-1].end + timedelta(days=1)
    return tuple(found)


@given(some_pieces, some_pieces, some_pieces, st.booleans())
def test_any_term_survives_writing(one: Pieces, two: Pieces, three: Pieces, known: bool) -> None:
    """Whatever spans, names and signs a term has, reading the written file gives them back."""
    term = replace(
        load_term(2026),
        recess=spans(one),
        no_lectures=spans(two),
        exams=spans(three),
        recess_known=known,
        swaps=(),
        test_weeks=(),
    )
    assert alike(parse_term(dump_term(term), "again")[0], term)


def test_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    """An existing file is NotWritable and untouched; force replaces it and leaves nothing else behind."""
    file = tmp_path / "terms" / "up-2026.toml"
    write_term(file, b"first")
    with pytest.raises(NotWritable, match="already a term file") as caught:
        write_term(file, b"second")
    assert "--force" in caught.value.advice
    assert file.read_bytes() == b"first"
    write_term(file, b"second", force=True)
    assert file.read_bytes() == b"second"
    assert os.listdir(file.parent) == ["up-2026.toml"]


def test_folders_are_made(tmp_path: Path) -> None:
    """The folders above a term file are made, however many are missing."""
    file = tmp_path / "settings" / "terms" / "up-2026.toml"
    write_term(file, b"first")
    assert file.read_bytes() == b"first"


def test_failed_write_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails before the end, the old file is whole and no temporary file stays."""
    file = tmp_path / "up-2026.toml"
    file.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputOutput, match="No space left on device"):
        write_term(file, b"new", force=True)
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["up-2026.toml"]


def test_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    """A term folder that cannot be made is InputOutput, in words."""
    (tmp_path / "terms").write_bytes(b"")
    with pytest.raises(InputOutput, match="cannot be made"):
        write_term(tmp_path / "terms" / "up-2026.toml", b"")
