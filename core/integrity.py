"""Are the compressed parts of a PDF whole? PDF readers show what is left of a damaged one and say nothing.

Of 4,168 single-bit errors in a real timetable 283 gave a calendar with a wrong time, venue or row and no problem. Every
compressed stream carries a checksum (RFC 1950) that readers ignore; here it is looked at. An encrypted PDF's streams
cannot be looked into; there a changed bit garbles sixteen bytes at least, and of 3,674 errors one went unseen.
"""

from __future__ import annotations

import re
import zlib

from .errors import Damaged

_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_MOST = 8_000_000  # bytes decompressed in all; what is larger is for the screens to refuse
_STEP = 262_144


def check_streams(data: bytes) -> int:
    """Refuse a PDF with a compressed stream that is damaged or cut off; return its size in bytes, unpacked.

    Of an encrypted PDF, whose streams cannot be looked into, it is the size of the file. Raises Damaged.
    """
    if b"/Encrypt" in data:
        return len(data)
    left = _MOST
    for match in _STREAM.finditer(data):
        start = match.end()
        if left > 0 and _is_zlib(data[start : start + 2]):
            left -= _inflate(memoryview(data)[start:], left)
    return len(data) + _MOST - left


def _is_zlib(head: bytes) -> bool:
    """Tell whether two bytes begin a zlib stream with a deflate method and a valid header check."""
    return len(head) == 2 and head[0] & 0x0F == 8 and head[0] >> 4 <= 7 and (head[0] << 8 | head[1]) % 31 == 0


def _inflate(data: memoryview, most: int) -> int:
    """Return how many bytes a stream holds, at most about `most`; zlib compares the checksum at its end."""
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
        raise _damaged() from None
    if not unpacker.eof and size < most:
        raise _damaged()
    return size


def _damaged() -> Damaged:
    return Damaged("The PDF's contents are damaged: it was changed or not copied completely.")
