"""Is a PDF there to its end?"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pikepdf
import pytest
from tukscal.core.system import files
from tukscal.core.watch.stability import Look, look
from tukscal.examples.generator import content
from tukscal.tests.samples import sample

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="makes what Windows does not have")
PDF = content.made("lectures", 1).pdf


def is_whole(folder: Path, data: bytes) -> bool:
    """Tell what is said of a file with these bytes; its stamp is the one it has when it is read."""
    path = folder / "x.pdf"
    path.write_bytes(data)
    seen = look(str(path))
    assert str(seen.stamp) == files.stamp(path)
    return seen.whole


def linearized() -> bytes:
    """Return a PDF for the web: its first kilobytes end as a whole PDF does."""
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(content.made("exams", 2, pages=3).pdf)) as pdf:
        pdf.save(made, linearize=True)
    return made.getvalue()


def test_a_real_timetable_is_whole(tmp_path: Path, sample_name: str) -> None:
    """The portal's PDFs are whole, and are not for as long as the last byte but a line's end is missing."""
    data = sample(sample_name)
    assert is_whole(tmp_path, data)
    assert not is_whole(tmp_path, data.rstrip()[:-1])


@pytest.mark.parametrize("data", [PDF, linearized()], ids=["plain", "linearized"])
def test_no_beginning_of_a_pdf_is_whole(tmp_path: Path, data: bytes) -> None:
    """However much of a PDF has come, it is not whole before its last byte, with room reserved or without."""
    size = len(data.rstrip())
    step = max(1, size // 60)
    for cut in {*range(0, size, step), *range(max(0, size - 40), size), *(data.find(b"%%EOF") + i for i in range(9))}:
        if cut < size:
            assert not is_whole(tmp_path, data[:cut]), cut
            assert not is_whole(tmp_path, data[:cut] + bytes(len(data) - cut)), cut
    assert is_whole(tmp_path, data)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r\n \t\n", b"\x1a"])
def test_white_space_may_follow(tmp_path: Path, end: bytes) -> None:
    """What old systems and careful programs put at the end changes nothing."""
    assert is_whole(tmp_path, PDF.rstrip() + end)


@pytest.mark.parametrize("end", [b"\0", bytes(4000), b"x", b"\n12 0 obj", b" " * 3000])
def test_nothing_else_may(tmp_path: Path, end: bytes) -> None:
    """Zeros are room reserved, more objects are another revision that comes."""
    assert not is_whole(tmp_path, PDF.rstrip() + end)


def test_something_may_stand_before(tmp_path: Path) -> None:
    """A few bytes before the PDF, which its offsets do not count, leave it whole; without a beginning it is none."""
    assert is_whole(tmp_path, b"HTTP header\r\n\r\n" + PDF)
    assert not is_whole(tmp_path, b"x" * 1100 + PDF)
    assert not is_whole(tmp_path, bytes(len(PDF) - 100) + PDF[-100:])
    assert not is_whole(tmp_path, b"startxref\n0\n%%EOF\n")
    assert not is_whole(tmp_path, b"")


@LINUX
def test_a_hole_is_not_written_yet(tmp_path: Path) -> None:
    """A copy that writes the end first leaves a hole in the middle, where the file system knows of holes."""
    path = tmp_path / "x.pdf"
    data = PDF[:9] + b"%" * 40_000 + PDF[9:]
    table = int(PDF.rsplit(b"startxref", 1)[1].split()[0])
    data = data.replace(b"startxref\n%d\n" % table, b"startxref\n%d\n" % (table + 40_000))
    assert is_whole(tmp_path, data)
    path.unlink()
    with path.open("wb") as file:
        file.write(data[:4096])
        file.seek(40_000)
        file.write(data[40_000:])
        file.flush()
        if os.lseek(file.fileno(), 0, os.SEEK_HOLE) == len(data):
            pytest.skip("no holes here")
    assert not look(str(path)).whole
    path.write_bytes(data)
    assert look(str(path)).whole


@LINUX
def test_what_is_no_file_has_no_stamp(tmp_path: Path) -> None:
    """A pipe is not waited for, a link not followed, a folder not read; what is gone is gone."""
    (tmp_path / "a.pdf").write_bytes(PDF)
    (tmp_path / "link.pdf").symlink_to("a.pdf")
    (tmp_path / "folder.pdf").mkdir()
    os.mkfifo(tmp_path / "pipe.pdf")
    for name in ("link.pdf", "folder.pdf", "pipe.pdf", "gone.pdf", "a.pdf/b.pdf", "w" * 300, "/dev/zero"):
        assert look(os.path.join(tmp_path, name)) == Look(None), name


def test_a_file_that_may_not_be_opened_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file nobody lets us open is a file, not a whole one: the converter says what is the matter with it."""
    (tmp_path / "a.pdf").write_bytes(PDF)

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    seen = look(str(tmp_path / "a.pdf"))
    assert (str(seen.stamp), seen.whole) == (files.stamp(tmp_path / "a.pdf"), False)


def test_a_file_written_while_it_is_looked_at_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stamp is of the moment after the look, and what changed meanwhile is not whole."""
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF)
    read = os.read

    def write_and_read(handle: int, size: int) -> bytes:
        data = read(handle, size)
        path.write_bytes(PDF + b"\n")
        return data

    monkeypatch.setattr(os, "read", write_and_read)
    seen = look(str(path))
    assert (str(seen.stamp), seen.whole) == (files.stamp(path), False)
