"""Compressed parts carry a checksum, and a damaged one is refused rather than read."""

from __future__ import annotations

import zlib
from io import BytesIO

import pikepdf
import pytest
from tukscal.core.calendar.convert import read_pdf
from tukscal.core.errors import Damaged
from tukscal.core.pdf.checksums import check_streams
from tukscal.core.pdf.limits import Limits, Screen
from tukscal.core.pdf.readers import pdfium
from tukscal.examples.generator.content import made
from tukscal.examples.generator.draw import timetable_pages, timetable_pdf
from tukscal.examples.generator.malformed_rows import LECTURES
from tukscal.examples.generator.raw import FONT, Objects, page
from tukscal.tests.samples import case, sample

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


def short(content: bytes, lost: int = 1) -> bytes:
    """Return a PDF whose one compressed stream lacks the end of its checksum."""
    packed = zlib.compress(content)
    whole = stored(content, level=6)
    return whole.replace(packed, packed[:-lost]).replace(
        b"/Length %d" % len(packed), b"/Length %d" % (len(packed) - lost)
    )


def ending_in(value: int) -> bytes:
    """Return a timetable's page whose checksum ends in a byte."""
    content = timetable_pages(LECTURES)[0]
    return next(found for n in range(9999) if zlib.adler32(found := content + b"%%%d\n" % n) & 0xFF == value)


def test_a_checksum_without_its_last_byte() -> None:
    """A stream that lacks only a last checksum byte of 0 is read, and its timetable has a problem that says so."""
    content = ending_in(0)
    (problem,) = (found := read_pdf(short(content))).problems
    assert problem.reason == "the last byte of the checksum of compressed part 1 is missing, all else is whole"
    assert (problem.page, problem.row, problem.text) == (1, None, "")
    assert found.entries == read_pdf(stored(content, level=6)).entries
    assert check_streams(stored(content, level=6)).doubts == ()


@pytest.mark.parametrize(("value", "lost"), [(1, 1), (255, 1), (0, 2), (0, 4)])
def test_a_checksum_without_more(value: int, lost: int) -> None:
    """A checksum that lacks another byte than 0, or more bytes, is damage."""
    with pytest.raises(Damaged) as caught:
        read_pdf(short(ending_in(value), lost))
    assert caught.value.message == DAMAGED


@pytest.mark.parametrize("place", [-2, -3, -4, -20])
def test_a_changed_byte_before_a_missing_one(place: int) -> None:
    """A stream that lacks its last checksum byte is damaged where any byte before that is another."""
    content = ending_in(0)
    packed = zlib.compress(content)
    changed = packed[:place] + bytes([packed[place] ^ 1]) + packed[place + 1 :]
    with pytest.raises(Damaged):
        read_pdf(short(content).replace(packed[:-1], changed[:-1]))


def test_a_real_checksum_without_its_last_byte() -> None:
    """A timetable of which a well-known writer left out a checksum's last byte is read, with a problem."""
    found = read_pdf(case("adler-last-zero-byte-left-out"))
    assert len(found.entries) > 20
    assert [problem.reason for problem in found.problems] == [
        f"the last byte of the checksum of compressed part {number} is missing, all else is whole" for number in (1, 2)
    ]


def test_size() -> None:
    """The size counts what streams hold unpacked; an encrypted file counts as it is."""
    content = timetable_pages(LECTURES)[0]
    data = stored(content, level=6)
    assert check_streams(data).size == len(data) + len(content)
    encrypted = timetable_pdf(LECTURES, encrypted=True)
    assert check_streams(encrypted).size == len(encrypted)


@pytest.mark.parametrize("mode", ["disable", "generate"])
def test_layers(mode: str) -> None:
    """Layers are seen where a PDF's catalogue names them, also in an object stream."""
    for layers in (False, True):
        out = BytesIO()
        with pikepdf.open(BytesIO(timetable_pdf(LECTURES))) as pdf:
            if layers:
                pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[], D=pikepdf.Dictionary())
            pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode[mode])
        assert check_streams(out.getvalue()).layers is layers
        assert (b"/OCProperties" in out.getvalue()) == (layers and mode == "disable")


def test_layers_that_cannot_be_seen() -> None:
    """A PDF that is encrypted and packs its objects away may have layers."""
    out = BytesIO()
    with pikepdf.open(BytesIO(timetable_pdf(LECTURES))) as pdf:
        lock = pikepdf.Encryption(owner="owner", user="")
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, encryption=lock)
    assert check_streams(out.getvalue()).layers


def test_good_timetables_pass() -> None:
    """Made timetables pass without a doubt and without layers, encrypted or not, in one stream or many."""
    for encrypted in (False, True):
        found = check_streams(made("lectures", 1, pages=4, encrypted=encrypted).pdf)
        assert (found.doubts, found.layers) == ((), False)
    check_streams(timetable_pdf(LECTURES))


def test_real_timetables_pass(sample_name: str) -> None:
    """Real timetables pass without a doubt and without layers."""
    found = check_streams(sample(sample_name))
    assert (found.doubts, found.layers) == ((), False)
