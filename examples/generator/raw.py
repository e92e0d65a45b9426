"""A tiny writer of PDF objects that checks nothing: for files no library would write."""

from __future__ import annotations

import zlib
from itertools import count

HEADING = b"BT /F1 20 Tf 1 0 0 1 36 539.88 Tm (Lectures)Tj ET\n"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
A4 = b"[0 0 841.9 595.3]"


class Objects:
    """The objects of one file, numbered from 1."""

    def __init__(self) -> None:
        self._bodies: dict[int, bytes] = {}
        self._numbers = count(1)

    def reserve(self) -> int:
        """A number for an object that is said later."""
        return next(self._numbers)

    def put(self, number: int, body: bytes) -> int:
        """Say what a reserved object is."""
        self._bodies[number] = body
        return number

    def add(self, body: bytes) -> int:
        """A new object; its number."""
        return self.put(self.reserve(), body)

    def stream(self, data: bytes, entries: bytes = b"") -> int:
        """A new stream, stored as it is."""
        return self.add(stream(data, entries))

    def flate(self, data: bytes, entries: bytes = b"") -> int:
        """A new stream, compressed."""
        return self.stream(zlib.compress(data, 9), b"/Filter /FlateDecode " + entries)

    def file(self, root: int, *, prev_is_self: bool = False, trailer: bytes = b"") -> bytes:
        """The file; `prev_is_self` lets its cross-reference table name itself as the previous one."""
        out = bytearray(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")
        offsets = {}
        for number, body in self._bodies.items():
            offsets[number] = len(out)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        size, start = max(self._bodies) + 1, len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % size
        free = b"0000000000 65535 f \n"
        out += b"".join(b"%010d 00000 n \n" % offsets[n] if n in offsets else free for n in range(1, size))
        prev = b"/Prev %d " % start if prev_is_self else b""
        out += b"trailer\n<< /Size %d /Root %d 0 R %s%s>>\nstartxref\n%d\n%%%%EOF\n" % (
            size,
            root,
            prev,
            trailer,
            start,
        )
        return bytes(out)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """The body of a stream object."""
    return b"<< /Length %d %s>>\nstream\n%s\nendstream" % (len(data), entries, data)


def references(numbers: list[int]) -> bytes:
    """An array of references."""
    return b"[" + b" ".join(b"%d 0 R" % number for number in numbers) + b"]"


def page(
    parent: int, contents: list[int], *, resources: bytes = b"", fonts: bytes = b"", media_box: bytes = A4
) -> bytes:
    """The body of a page; the usual font is /F1 of its resources."""
    used = b"/Font << /F1 %s %s>> %s" % (FONT, fonts, resources)
    return b"<< /Type /Page /Parent %d 0 R /MediaBox %s /Resources << %s >> /Contents %s >>" % (
        parent, media_box, used, references(contents),
    )  # fmt: skip


def one_page(
    objects: Objects,
    contents: list[int],
    *,
    resources: bytes = b"",
    fonts: bytes = b"",
    media_box: bytes = A4,
    catalogue: bytes = b"",
    prev_is_self: bool = False,
) -> bytes:
    """A file of one page: the heading, then the given content streams."""
    pages = objects.reserve()
    shown = [objects.stream(HEADING), *contents]
    body = page(pages, shown, resources=resources, fonts=fonts, media_box=media_box)
    objects.put(pages, b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % objects.add(body))
    root = objects.add(b"<< /Type /Catalog /Pages %d 0 R %s>>" % (pages, catalogue))
    return objects.file(root, prev_is_self=prev_is_self)
