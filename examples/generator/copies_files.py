"""Copies whose bytes were added to, left out or changed, and copies that are pictures of text."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from itertools import combinations_with_replacement, count

import pikepdf
from pikepdf import Dictionary, Name

from .copies_parts import changed, each_page, numbers, rectangle, write
from .copies_seen import Box, Run, Seen, see
from .metrics import width

HTML = b"<!DOCTYPE html><html><head><title>UP Portal</title></head><body>Your download has begun.</body></html>\n"


def followed(pdf: bytes, junk: bytes) -> bytes:
    """The PDF with bytes behind its end."""
    return pdf + junk


def checksum_short(pdf: bytes) -> bytes:
    """The first page's content without the last byte of its checksum, which is 0, as a known writer leaves it out."""

    def shorten(opened: pikepdf.Pdf) -> None:
        page = opened.pages[0]
        page.contents_coalesce()
        content = _padded(page.obj.Contents.read_bytes())
        page.obj.Contents = opened.make_stream(zlib.compress(content, 9)[:-1], Filter=Name.FlateDecode)

    return changed(pdf, shorten)


def count_less(pdf: bytes) -> bytes:
    """The page tree's /Count one less than its pages."""
    plain = changed(pdf, _one_level)
    (old,) = set(re.findall(rb"/Count \d+", plain))
    new = b"/Count %d" % (int(old[7:]) - 1)
    return plain.replace(old, new.ljust(len(old)))


def page_zeroed(pdf: bytes, number: int) -> bytes:
    """The bytes of a page's object all zero, as a bad sector leaves them."""
    plain = changed(pdf, _one_level)
    start, end = _object(plain, _pages(plain)[number])
    return plain[:start] + bytes(end - start) + plain[end:]


def tree_zeroed(pdf: bytes, kept: int = 1, length: int = 30) -> bytes:
    """Zeros over the page tree behind its first references, and over what follows: repaired, the file has few pages."""
    # The count stands behind the references, as the portal has it: lost with them, it contradicts nothing.
    plain = re.sub(rb"(/Count \d+) (/Kids \[[^]]*\])", rb"\2 \1", changed(pdf, _one_level))
    start = re.compile(rb"/Kids \[" + rb" \d+ 0 R" * kept).search(plain)
    assert start is not None
    return plain[: start.end()] + bytes(length) + plain[start.end() + length :]


def kid_changed(pdf: bytes, number: int, to: int = 1) -> bytes:
    """A page's reference in the page tree naming another object: the catalogue, or one that is not there."""
    plain = changed(pdf, _one_level)
    kids = re.search(rb"/Kids \[[^]]*\]", plain)
    assert kids is not None
    old = b" %d 0 R" % _pages(plain)[number]
    new = b" %0*d 0 R" % (len(old) - 5, to)
    return plain[: kids.start()] + kids[0].replace(old, new, 1) + plain[kids.end() :]


def kid_is_first(pdf: bytes) -> bytes:
    """The second page's reference naming the first page: one page is lost, another shown twice."""
    return kid_changed(pdf, 1, _pages(changed(pdf, _one_level))[0])


def bytes_changed(pdf: bytes, seed: int, most: int = 8) -> bytes:
    """One to a few bytes changed anywhere."""
    chance = random.Random(f"bytes {seed}")  # noqa: S311 - places, not secrets
    out = bytearray(pdf)
    for _ in range(chance.randint(1, most)):
        out[chance.randrange(len(out))] = chance.randrange(256)
    return bytes(out)


def random_changes(pdf: bytes, seed: int = 0) -> Iterator[bytes]:
    """Copies without end, each with a few bytes changed; the same for the same seed."""
    for number in count():
        yield bytes_changed(pdf, seed * 1_000_003 + number)


def as_shapes(pdf: bytes) -> bytes:
    """Every letter a filled shape: the picture of a table that holds no text."""

    def draw(opened: pikepdf.Pdf, page: pikepdf.Page) -> None:
        seen = see(page)
        shapes = b"".join(_shape(box) for run in seen.runs if not run.white for box in _glyphs(run))
        rulings = b"".join(rectangle(box) + b"f\n" for box in seen.boxes)
        page.obj.Resources = Dictionary()
        write(opened, page, b"0 0 0 rg\n" + shapes + rulings)

    return each_page(pdf, draw)


def scanned(pdf: bytes, scale: float = 2.0) -> bytes:
    """Every page one picture, as a scanner makes it."""

    def scan(opened: pikepdf.Pdf, page: pikepdf.Page) -> None:
        seen = see(page)
        wide, high = (int(side * scale) for side in seen.page[2:])
        size = {"Width": wide, "Height": high, "BitsPerComponent": 8, "ColorSpace": Name.DeviceGray}
        picture = opened.make_stream(_raster(seen, wide, high, scale), Type=Name.XObject, Subtype=Name.Image, **size)
        page.obj.Resources = Dictionary(XObject=Dictionary(Scan=picture))
        write(opened, page, b"q %s cm /Scan Do Q\n" % numbers(seen.page[2], 0, 0, seen.page[3], 0, 0))

    return each_page(pdf, scan)


def _padded(content: bytes) -> bytes:
    """The content with blanks behind it, so many that its checksum ends with a zero byte."""
    for length in count(1):
        for blanks in combinations_with_replacement(b" \n\t", length):  # of any order the sum is the same
            if zlib.adler32(content + bytes(blanks)) & 0xFF == 0:
                return content + bytes(blanks)
    raise AssertionError


def _one_level(pdf: pikepdf.Pdf) -> None:
    pages = list(pdf.pages)
    root = pdf.Root.Pages
    for page in pages:
        page.obj.Parent = root
    root.Kids = pikepdf.Array([page.obj for page in pages])
    root.Count = len(pages)


def _pages(plain: bytes) -> list[int]:
    with pikepdf.open(BytesIO(plain)) as opened:
        return [page.obj.objgen[0] for page in opened.pages]


def _object(plain: bytes, number: int) -> tuple[int, int]:
    start = plain.index(b"\n%d 0 obj" % number) + 1
    return start, plain.index(b"endobj", start) + 6


def _glyphs(run: Run) -> Iterator[Box]:
    at, scale = run.x, run.height / run.size
    for letter in run.text:
        wide = width(letter, run.font, run.size) * scale
        tall = 0.72 if letter.isupper() or letter.isdigit() else 0.52
        if letter != " ":
            yield at + wide * 0.1, run.y, at + wide * 0.9, run.y + run.height * tall
        at += wide


def _shape(box: Box) -> bytes:
    x0, y0, x1, y1 = box
    corners = ((x0, y0), (x1, y0), ((x0 + 2 * x1) / 3, (y0 + y1) / 2), (x1, y1), (x0, y1))
    first, *others = (numbers(*corner) for corner in corners)
    return first + b" m " + b"".join(corner + b" l " for corner in others) + b"h f\n"


def _raster(seen: Seen, wide: int, high: int, scale: float) -> bytes:
    out = bytearray(b"\xff") * (wide * high)
    glyphs = [box for run in seen.runs if not run.white for box in _glyphs(run)]
    for x0, y0, x1, y1 in (*seen.boxes, *glyphs):
        left, right = int(x0 * scale), max(int(x1 * scale), int(x0 * scale) + 1)
        for row in range(int((seen.page[3] - y1) * scale), max(int((seen.page[3] - y0) * scale), 1)):
            out[row * wide + left : row * wide + right] = bytes(right - left)
    return bytes(out)
