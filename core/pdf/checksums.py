"""Checks that the compressed streams of a PDF are intact: PDF readers show what is left of a damaged one in silence.

Of 4,168 single-bit errors in a real timetable 283 gave a calendar with a wrong time, venue or row and no problem. Every
compressed stream carries a checksum (RFC 1950) that readers ignore; here it is verified. The streams of an encrypted
PDF cannot be verified; there a changed bit garbles at least sixteen bytes, and of 3,674 errors one went unnoticed.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from ..errors import Damaged
from .page_tree import read_objects

_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_THREE_OF_FOUR = re.compile(rb"(.{3})\s*+endstream", re.DOTALL)
_MOST = 8_000_000  # bytes decompressed in all; what is larger is for the screens to refuse
_STEP = 262_144
_LAYERS = b"/OCProperties"


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """What the bytes of a PDF show before a reader opens it."""

    size: int
    """In bytes, unpacked; of an encrypted PDF, whose streams cannot be looked into, the size of the file."""
    doubts: tuple[str, ...]
    """What is not certain, in words for a person."""
    layers: bool
    """Whether it may have layers, which can be hidden."""


def check_streams(data: bytes) -> Integrity:
    """Refuse a PDF with a damaged or truncated compressed stream; return what else its bytes show.

    Raises Damaged.
    """
    left, doubts = _MOST, []
    starts = () if b"/Encrypt" in data else _STREAM.finditer(data)
    for number, match in enumerate(starts, 1):
        start = match.end()
        if left > 0 and _is_zlib(data[start : start + 2]):
            size, certain = _inflate(memoryview(data)[start:], left)
            left -= size
            if not certain:
                doubts.append(
                    f"the last byte of the checksum of compressed part {number} is missing, all else is whole"
                )
    return Integrity(size=len(data) + _MOST - left, doubts=tuple(doubts), layers=_layers(data))


def _layers(data: bytes) -> bool:
    """Tell whether a PDF may have layers: it declares them, in plain sight or in an object stream, or that cannot be
    seen.
    """
    if _LAYERS in data or b"/ObjStm" not in data:
        return _LAYERS in data
    objects = read_objects(data)
    return objects.hidden or any(_LAYERS in body for body in objects.bodies.values())


def _is_zlib(head: bytes) -> bool:
    """Tell whether two bytes begin a zlib stream with a deflate method and a valid header check."""
    return len(head) == 2 and head[0] & 0x0F == 8 and head[0] >> 4 <= 7 and (head[0] << 8 | head[1]) % 31 == 0


def _inflate(data: memoryview, most: int) -> tuple[int, bool]:
    """Return how many bytes a stream contains, at most about `most`, and whether its checksum is complete.

    zlib compares the checksum at a stream's end.
    """
    unpacker = zlib.decompressobj()
    size = 0
    feed: bytes | memoryview = data
    try:
        while not unpacker.eof and size < most:
            piece = unpacker.decompress(feed, _STEP)
            feed = unpacker.unconsumed_tail
            size += len(piece)
            if not piece and not feed:
                break
    except zlib.error:
        return _short_checksum(data[2:], most), False
    if not unpacker.eof and size < most:
        raise _damaged()
    return size, True


def _short_checksum(data: memoryview, most: int) -> int:
    """Return the size of a stream that lacks only a last checksum byte of 0, which one writer omits."""
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)  # deflate without checksum
    try:
        content = unpacker.decompress(data, most)
    except zlib.error:
        raise _damaged() from None
    there = _THREE_OF_FOUR.match(unpacker.unused_data)
    if not unpacker.eof or there is None or there[1] + b"\0" != zlib.adler32(content).to_bytes(4, "big"):
        raise _damaged()
    return len(content)


def _damaged() -> Damaged:
    return Damaged("The PDF's contents are damaged: it was changed or not copied completely.")
