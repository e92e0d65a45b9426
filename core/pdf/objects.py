"""A PDF's objects as they stand in the file, without a PDF reader: readers repair, and show what they found.

Nothing here recurses, and every byte is looked at a bounded number of times.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import NamedTuple

SPACE = rb"[\0\t\n\f\r ]"
REFERENCE = re.compile(rb"(?<!\d)(\d{1,10}+)%b++\d{1,5}%b++R(?![\w#])" % (SPACE, SPACE))
_OBJ = re.compile(rb"obj(?![\w#])")
_NUMBER = re.compile(rb"(\d{1,10})%b++\d{1,5}%b++\Z" % (SPACE, SPACE))
_STREAM = re.compile(rb"stream\r?\n")
_END = re.compile(rb"%b*+endstream" % SPACE)
_LENGTH = re.compile(rb"/Length%b++(\d{1,10})(?!\d|%b+\d+%b+R)" % (SPACE, SPACE, SPACE))
_COMMENT = re.compile(rb"%[^\r\n]*+")
_NUMBERS = re.compile(rb"\d{1,10}")
_FIRST = re.compile(rb"/First%b*+(\d{1,10})" % SPACE)
_PACKED = 4_000_000  # bytes of all object streams, unpacked; 500 pages have about 100,000
_HEADS = 20_000  # numbers at the head of one; programs write 100 to 200 objects into each
_MARKS = 200_000  # two for each object; 500 pages have some thousands


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """What a file defines; of several definitions of a number the last, as in a file that was saved again."""

    bodies: dict[int, bytes]
    """Number -> dictionary or other value, without what a stream holds."""
    streams: frozenset[int]
    """The numbers of those that hold data."""
    hidden: bool
    """Whether there are objects that cannot be seen."""


class _Part(NamedTuple):
    number: int
    body: bytes
    data: int
    """Where its stream's data begin, 0 without a stream."""
    end: int


def read_objects(data: bytes) -> Objects:
    """Return the objects of a PDF, also those in compressed object streams where it is not encrypted."""
    bodies: dict[int, bytes] = {}
    streams: set[int] = set()
    room = _PACKED
    hidden = data.count(b"obj") > _MARKS
    locked = b"/Encrypt" in data
    for part in () if hidden else _parts(data):
        bodies[part.number] = part.body
        if part.data:
            streams.add(part.number)
        if part.data and b"/ObjStm" in part.body:
            packed = None if locked or hidden else _packed(data[part.data : part.end], part.body, room)
            if packed is None:
                hidden = True
            else:
                room -= packed[0]
                bodies.update(packed[1])
    return Objects(bodies=bodies, streams=frozenset(streams), hidden=hidden)


def _parts(data: bytes) -> Iterator[_Part]:
    """Yield the numbered objects in the order of the file; what stands inside a stream is none."""
    mark = _OBJ.search(data)
    while mark:
        number = _NUMBER.search(data, max(mark.start() - 24, 0), mark.start())  # None for endobj
        first = at = mark.end()
        mark = _OBJ.search(data, first)
        if number is None:
            continue
        end = mark.start() if mark else len(data)
        if stream := _STREAM.search(data, first, end):
            at = _end_of_stream(data, data[first : stream.start()], stream.end())
            mark = _OBJ.search(data, at)
        body = data[first : stream.start() if stream else end]
        yield _Part(int(number[1]), uncommented(body), stream.end() if stream else 0, at)


def _end_of_stream(data: bytes, body: bytes, start: int) -> int:
    """Return where a stream's data end: where its length says, or before the next end mark."""
    if (length := _LENGTH.search(body)) and _END.match(data, start + int(length[1])):
        return start + int(length[1])
    end = data.find(b"endstream", start)
    return end if end >= 0 else len(data)


def uncommented(body: bytes) -> bytes:
    """Return a body without its comments."""
    return _COMMENT.sub(b" ", body) if b"%" in body else body


def _packed(data: bytes, body: bytes, room: int) -> tuple[int, dict[int, bytes]] | None:
    """Return the size of an object stream and its objects, None where they cannot be seen (PDF 32000-1, 7.5.7)."""
    values = _unpacked(data, body, room)
    first = _FIRST.search(body)
    if values is None or first is None:
        return None
    start = int(first[1])
    heads = [int(head[0]) for head in islice(_NUMBERS.finditer(values, 0, start), _HEADS)]
    places = [*(start + offset for offset in heads[1::2]), len(values)]
    # Offsets that jump about would let a few bytes stand for gigabytes; the standard wants them to ascend.
    if len(heads) == _HEADS or places != sorted(places):
        return None
    found = zip(heads[::2], pairwise(places), strict=False)
    return len(values), {number: uncommented(values[here:there]) for number, (here, there) in found}


def _unpacked(data: bytes, body: bytes, room: int) -> bytes | None:
    """Return the bytes of an object stream, None where they are too many or packed in an uncommon way."""
    if b"/Filter" not in body:
        return data
    if b"/FlateDecode" not in body or b"/Predictor" in body or room <= 0:
        return None
    try:
        values = zlib.decompressobj().decompress(data, room)
    except zlib.error:
        return None
    return values if len(values) < room else None
