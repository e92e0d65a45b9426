"""Checks that all pages of a PDF were read: PDFium repairs a damaged file, and loses pages in silence.

Of 2,180 real timetables with a destroyed page object, page count or page reference, 32 gave a calendar without the
sessions of a page. A file describes its pages three times: by their count, by references and by the pages themselves.

The objects are found in the file's bytes, without a PDF reader, because readers repair. Nothing here recurses, and
every byte is examined a bounded number of times.

Pages that nothing refers to are no damage by themselves: `mutool clean` with a choice of pages and `mutool poster`
leave the old ones in place, and so does every incremental update.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import NamedTuple

from ..errors import Damaged

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
    """The objects that a file defines; of several with one number the last, as after an incremental update."""

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
    """Yield the numbered objects in the order of the file; bytes inside a stream are none."""
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
    """Return where a stream's data ends: at its stated length, or before the next end mark."""
    if (length := _LENGTH.search(body)) and _END.match(data, start + int(length[1])):
        return start + int(length[1])
    end = data.find(b"endstream", start)
    return end if end >= 0 else len(data)


def uncommented(body: bytes) -> bytes:
    """Return a body without its comments."""
    return _COMMENT.sub(b" ", body) if b"%" in body else body


def _packed(data: bytes, body: bytes, room: int) -> tuple[int, dict[int, bytes]] | None:
    """Return the size of an object stream and its objects, None where they cannot be decoded (PDF 32000-1, 7.5.7)."""
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
    """Return the bytes of an object stream, None where they are too many or use an uncommon filter."""
    if b"/Filter" not in body:
        return data
    if b"/FlateDecode" not in body or b"/Predictor" in body or room <= 0:
        return None
    try:
        values = zlib.decompressobj().decompress(data, room)
    except zlib.error:
        return None
    return values if len(values) < room else None


_ROOT = re.compile(rb"/Root%b*+(\d{1,10})%b" % (SPACE, SPACE))
_PAGES = re.compile(rb"/Pages%b*+(\d{1,10})%b" % (SPACE, SPACE))
_NODE = re.compile(rb"/Type%b*+/Pages(?![\w#])" % SPACE)
_PAGE = re.compile(rb"/Type%b*+/Page(?![\w#])" % SPACE)
_KIDS = re.compile(rb"/Kids%b*+(?:\[([^\]]*+)|(\d{1,10})%b)" % (SPACE, SPACE))
_COUNT = re.compile(rb"/Count%b*+(\d{1,10})(%b++\d{1,5}%b++R)?" % (SPACE, SPACE, SPACE))
_CONTENTS = re.compile(rb"/Contents%b*+(\[[^\]]*+|\d{1,10}(?=%b))" % (SPACE, SPACE))
_CLOSED = re.compile(rb">>%b*+(?:end|\d++%b++\d++%b++)?\Z" % (SPACE, SPACE, SPACE))  # endobj, or the next object
# Streams that nothing needs to name; /S is the hints' of a file made for the web.
_FILE_ONLY = re.compile(rb"/Type%b*+/(?:XRef|ObjStm)(?![\w#])|/S%b*+\d" % (SPACE, SPACE))
_MANY = 10**9  # a tree may name its pages 2^5000 times


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTree:
    """A file's description of its pages."""

    count: int | None
    """The number it gives, None without one."""
    named: int
    """How often its tree names a page."""
    distinct: bool
    """Whether the tree names each page once, and pages only."""
    lost: int
    """Pages that the tree does not name."""
    broken: int
    """Named pages whose dictionary has no end."""
    mixed_up: bool
    """Whether a page shows what another shows, or what no page can, and contents that nothing names are there."""


def check_pages(data: bytes, opened: int) -> None:
    """Refuse a PDF if a reader opened fewer pages than it has, or others.

    Raises Damaged.
    """
    pages = find_pages(data)
    if pages is None:
        return
    if pages.count not in (None, opened):
        raise _damaged(f"it says that it has {_pages(pages.count)}, and {opened} can be read")
    if pages.named != opened:
        raise _damaged(f"it lists {_pages(pages.named)}, and {opened} can be read")
    if pages.lost and (pages.count is None or not pages.distinct):
        raise _damaged(f"it holds {_pages(opened + pages.lost)}, and {opened} can be read")
    if pages.count is None:
        raise _damaged("it does not say how many pages it has")
    if pages.broken:
        raise _damaged(f"the description of {_pages(pages.broken)} has no end")
    if pages.mixed_up:
        raise _damaged("the contents of one page are on none, and another's are on it")


def find_pages(data: bytes) -> PageTree | None:
    """Return a file's page tree, None where it cannot be decoded."""
    objects = read_objects(data)
    bodies = objects.bodies
    root = _tree_root(data, bodies)
    if root not in bodies:
        return None
    kids = _kids(bodies)
    named, reached = _count(kids, root)
    pages = {number for number, body in bodies.items() if _PAGE.search(body)}
    leaves = reached - kids.keys()
    count = _said(bodies[root], bodies)
    if objects.hidden and (count is None or not leaves <= bodies.keys()):
        return None
    return PageTree(
        count=count,
        named=named,
        distinct=named == len(leaves) and leaves <= pages,
        lost=len(pages - reached),
        broken=sum(leaf in bodies and not _CLOSED.search(bodies[leaf]) for leaf in leaves),
        mixed_up=_strange_contents(leaves, bodies) and not _all_named(objects),
    )


def _tree_root(data: bytes, bodies: Mapping[int, bytes]) -> int:
    """Return the object number of the page tree's root, 0 if unknown."""
    roots = _ROOT.findall(data)
    catalogue = bodies.get(int(roots[-1]), b"") if roots else b""
    # A catalogue's /Names may have /Pages too, which is another tree.
    named = [int(found[1]) for found in islice(_PAGES.finditer(catalogue), 3)]
    return next((number for number in named if _NODE.search(bodies.get(number, b""))), named[0] if named else 0)


def _kids(bodies: Mapping[int, bytes]) -> dict[int, list[int]]:
    """Return the children of each node; an array that is an object of its own counts as a node."""
    kids: dict[int, list[int]] = {}
    for number, body in bodies.items():
        if b"/Kids" not in body:
            continue
        found = _KIDS.search(body)
        if found is None or found[2] is None:
            kids[number] = _numbers(found[1]) if found else []
            continue
        array = int(found[2])
        kids[number] = [array]
        if array not in kids:
            kids[array] = _numbers(bodies.get(array, b""))
    return kids


def _numbers(array: bytes) -> list[int]:
    return [int(number) for number in REFERENCE.findall(array)]


def _said(body: bytes, bodies: Mapping[int, bytes]) -> int | None:
    """Return a node's page count, given directly or in another object."""
    found = _COUNT.search(body)
    if found is None:
        return None
    if found[2] is None:
        return int(found[1])
    elsewhere = re.match(rb"%b*+(\d{1,10})" % SPACE, bodies.get(int(found[1]), b""))
    return int(elsewhere[1]) if elsewhere else None


def _count(kids: Mapping[int, list[int]], root: int) -> tuple[int, set[int]]:
    """Return how often a tree refers to pages, and the numbers of all objects it refers to; a cycle adds nothing."""
    totals: dict[int, int] = {}
    begun: set[int] = set()
    waiting = [root]
    while waiting:
        number = waiting[-1]
        below = kids.get(number)
        if number not in begun and below is not None:
            begun.add(number)
            waiting += [kid for kid in dict.fromkeys(below) if kid not in begun]
            continue
        waiting.pop()
        if number not in totals:
            totals[number] = 1 if below is None else min(_MANY, sum(totals.get(kid, 0) for kid in below))
    return totals[root], set(totals)


def _strange_contents(leaves: Iterable[int], bodies: Mapping[int, bytes]) -> bool:
    """Tell whether two pages share contents, as the halves of a poster do, or a form or picture is used as contents."""
    found = [match[1] for leaf in leaves if (match := _CONTENTS.search(bodies.get(leaf, b"")))]
    named = (_numbers(contents) if contents.startswith(b"[") else [int(contents)] for contents in found)
    return len(set(found)) < len(found) or any(b"/Subtype" in bodies.get(n, b"") for numbers in named for n in numbers)


def _all_named(objects: Objects) -> bool:
    """Tell whether the file refers to every stream that a page could show."""
    named = {number for body in objects.bodies.values() for number in _numbers(body)}
    return all(number in named or _FILE_ONLY.search(objects.bodies[number]) for number in objects.streams)


def _pages(count: int | None) -> str:
    return "1 page" if count == 1 else f"{count} pages"


def _damaged(what: str) -> Damaged:
    return Damaged(f"The PDF is damaged: {what}.")
