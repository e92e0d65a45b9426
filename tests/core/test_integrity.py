"""Compressed parts carry a checksum, and a damaged one is refused rather than read."""

from __future__ import annotations

import zlib

import pytest
from tukscal.core.convert import read_pdf
from tukscal.core.errors import Damaged
from tukscal.core.integrity import check_streams
from tukscal.core.readers import pdfium
from tukscal.core.screen import Limits, Screen
from tukscal.examples.generator.content import made
from tukscal.examples.generator.draw import timetable_pages, timetable_pdf
from tukscal.examples.generator.malformed_rows import LECTURES
from tukscal.examples.generator.raw import FONT, Objects, page
from tukscal.tests.samples import sample

DAMAGED = "The PDF's contents are damaged: it was changed or not copied completely."


def stored(content: bytes, *, level: int = 0) -> bytes:
    """Return a PDF of one page, its content packed at a level; 0 keeps the text legible inside the stream."""
    objects = Objects()
    tree = objects.reserve()
    shown = objects.stream(zlib.compress(content, level), b"/Filter /FlateDecode ")
    leaf = objects.add(page(tree, [shown], fonts=b"/F2 %d 0 R " % objects.add(FONT)))
    objects.put(tree, b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % leaf)
    return objects.file(objects.add(b"<< /Type /Catalog /Pages %d 0 R >>" % tree))


def test_a_changed_time_is_seen() -> None:
    """A PDF in which one digit of a time was changed is refused, though a reader shows it without a word."""
    whole = stored(timetable_pages(LECTURES)[0])
    changed = whole.replace(b"08:30 - 09:20", b"08:00 - 09:20", 1)
    assert f"{read_pdf(whole).entries[0].start:%H:%M}" == "08:30"
    words = pdfium.read_pages(changed, password=None, screen=Screen(Limits()))[0].words
    assert "08:00" in [word.text for word in words]
    with pytest.raises(Damaged) as caught:
        read_pdf(changed)
    assert (caught.value.message, caught.value.cause) == (DAMAGED, "damaged")


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("lost", [1, 4, 5, 40])
def test_a_stream_cut_off(level: int, lost: int) -> None:
    """A compressed stream that lacks its end, if only the last byte of its checksum, is refused."""
    content = timetable_pages(LECTURES)[0]
    packed = zlib.compress(content, level)
    check_streams(b"stream\r\n" + packed + b"\nendstream")
    with pytest.raises(Damaged, match="contents are damaged"):
        check_streams(b"stream\r\n" + packed[:-lost])
    with pytest.raises(Damaged, match="contents are damaged"):
        check_streams(b"stream\r\n" + packed[:-lost] + b"\nendstream endobj")


def test_any_byte_of_a_stream() -> None:
    """A change of any byte after a stream's first two is seen."""
    packed = zlib.compress(b"BT (COS 214)Tj ET\n" * 20)
    for place in range(2, len(packed)):
        changed = packed[:place] + bytes([packed[place] ^ 0x10]) + packed[place + 1 :]
        with pytest.raises(Damaged):
            check_streams(b"<<>>\nstream\n" + changed + b"\nendstream")


def test_the_last_of_several_streams() -> None:
    """Every stream is looked at, not only the first."""
    good, bad = zlib.compress(b"good" * 99), zlib.compress(b"bad" * 99)[:-1] + b"?"
    with pytest.raises(Damaged):
        check_streams(b"stream\n" + good + b"\nendstream\nstream\n" + bad + b"\nendstream")


@pytest.mark.parametrize("data", [b"", b"stream\n", b"stream\nx", b"stream\nBT (plain text) Tj ET\nendstream"])
def test_what_is_not_compressed(data: bytes) -> None:
    """A stream that is not compressed has no checksum and passes."""
    check_streams(data)


def test_the_work_is_bounded() -> None:
    """Of a stream that grows to a gigabyte only the first megabytes are unpacked; it is for the screens to refuse."""
    packed = zlib.compress(bytes(16_000_000), 9)
    check_streams(b"stream\n" + packed[:-1] + b"?\nendstream")


def test_good_timetables_pass() -> None:
    """Made timetables pass, encrypted or not, in one stream or many."""
    for encrypted in (False, True):
        check_streams(made("lectures", 1, pages=4, encrypted=encrypted).pdf)
    check_streams(timetable_pdf(LECTURES))


def test_real_timetables_pass(sample_name: str) -> None:
    """Real timetables pass."""
    check_streams(sample(sample_name))
