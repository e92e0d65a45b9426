"""A written term is the same term, and a file is replaced whole or not at all."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.errors import InputOutput, NotWritable
from tukscal.core.terms import Span, Term, dump_term, load_term, write_term
from tukscal.core.terms.parse import parse_term


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
