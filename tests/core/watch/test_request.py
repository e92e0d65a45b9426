"""Folders that lie in each other, by whatever names, are refused before anything is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tukscal.core.errors import NotWritable
from tukscal.core.watch.request import check
from tukscal.tests.core.watch.watching import request


@pytest.mark.parametrize(
    ("source", "out"),
    [("in", "in"), ("in", "in/out"), ("out/in", "out"), ("link", "in/out"), ("in", "link/out"), ("in", "in/../in/x")],
)
def test_in_each_other(source: str, out: str, tmp_path: Path) -> None:
    """IN in OUT, OUT in IN and both the same are refused, also through links."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out" / "in").mkdir(parents=True)
    (tmp_path / "link").symlink_to("in")
    with pytest.raises(NotWritable, match="the folder that is watched"):
        check(request(tmp_path / source, tmp_path / out))


@pytest.mark.parametrize("option", ["done_folder", "failed_folder"])
def test_where_pdfs_go(option: str, tmp_path: Path) -> None:
    """A folder that PDFs are moved into must not be watched itself."""
    (tmp_path / "in").mkdir()
    with pytest.raises(NotWritable, match="lies in"):
        check(request(tmp_path / "in", tmp_path / "out", **{option: tmp_path / "in" / "away"}))


def test_another_name_of_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two paths are one folder, as capitals or a second mount have it, they are refused like one path."""
    (tmp_path / "in").mkdir()
    (tmp_path / "IN").mkdir()
    monkeypatch.setattr(os.path, "samefile", lambda one, other: str(one).lower() == str(other).lower())
    with pytest.raises(NotWritable, match="lies in"):
        check(request(tmp_path / "in", tmp_path / "IN" / "out"))


@pytest.mark.parametrize(("source", "out"), [("in", "out"), ("in", "inside"), ("not there", "out"), ("a/in", "a/out")])
def test_beside_each_other(source: str, out: str, tmp_path: Path) -> None:
    """Folders beside each other are taken, whether they are there yet or not."""
    check(request(tmp_path / source, tmp_path / out))
    assert not (tmp_path / out).exists()
