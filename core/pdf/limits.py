"""Cheap limits, checked before any table is searched for.

Real timetables have at most 18 KB, 8 pages, 329 objects and 2,143 glyphs a page and a ruling product of 253; the
defaults admit the whole university's timetable and stop what was measured to cost seconds or gigabytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import Damaged, NotATimetable, TooLarge

_HEAD = 1024  # PDF readers look for the header in the first kilobyte
_END = b"%%EOF"
# What only a PDF goes on with: where it stands behind the last end mark, that was the mark of an earlier state.
_MORE = re.compile(rb"\d\s++\d++\s++obj\b|\bendobj\b|\bendstream\b|\bxref\s++\d|\btrailer\s*+<<|\bstartxref\b")
# A file made for the web has its first page in front, with an end mark that names no place.
_FIRST_PAGE = re.compile(rb"\bstartxref\s++0\s++\Z")
_KINDS = (
    (b"<", "a web page"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8", "a picture"),
    (b"BEGIN:VCALENDAR", "a calendar already"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a PDF may be; each limit can be set."""

    bytes: int = 10_000_000
    pages: int = 500
    page_objects: int = 20_000
    page_glyphs: int = 50_000
    objects: int = 200_000
    glyphs: int = 1_000_000
    rulings: int = 4_000
    """Places of horizontal times places of vertical rulings on one page."""


def screen_file(data: bytes, limits: Limits) -> None:
    """Refuse data that is too large, is not a PDF, or is a PDF without its end."""
    if not data:
        raise Damaged("The file is empty (0 bytes).")
    if len(data) > limits.bytes:
        raise _too_large("bytes", len(data), limits.bytes)
    if b"%PDF-" not in data[:_HEAD]:
        raise _not_a_pdf(data)
    # A reader repairs a PDF that was cut off and shows what is left of it, without the rows that are gone.
    end = data.rfind(_END)
    if end < 0 or _MORE.search(data, end) or _FIRST_PAGE.search(data, max(end - 40, 0), end):
        raise Damaged("The end of the PDF is missing: it was not downloaded or copied completely.")


def whole(data: bytes) -> bytes:
    """Return a PDF without the bytes after its last end mark, for which readers search only near the end of a file."""
    end = data.rfind(_END) + len(_END)
    return data[: end + 2] if data[end:].isspace() else data[:end]


def _not_a_pdf(data: bytes) -> NotATimetable:
    start = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, name in _KINDS:
        if start.startswith(magic):
            return NotATimetable(f"The file is {name}, not a PDF.")
    return NotATimetable("The file is not a PDF.")


class Screen:
    """Counts what a reader finds and stops it at the first limit exceeded."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._objects = 0
        self._glyphs = 0

    def pages(self, count: int) -> None:
        """Check the number of pages."""
        if count == 0:
            raise Damaged("The PDF has no pages.")
        _check("pages", count, self._limits.pages)

    def objects(self, page: int, count: int) -> None:
        """Check the objects of one page and of the document so far."""
        self._objects += count
        _check("page_objects", count, self._limits.page_objects, page)
        _check("objects", self._objects, self._limits.objects, page)

    def glyphs(self, page: int, count: int) -> None:
        """Check the glyphs of one page and of the document so far."""
        self._glyphs += count
        _check("page_glyphs", count, self._limits.page_glyphs, page)
        _check("glyphs", self._glyphs, self._limits.glyphs, page)

    def rulings(self, page: int, crossings: int) -> None:
        """Check in how many points the rulings of one page may cross: finding tables takes time in proportion."""
        _check("rulings", crossings, self._limits.rulings, page)


_NAMES = {
    "bytes": "bytes",
    "pages": "pages",
    "page_objects": "drawn objects on one page",
    "objects": "drawn objects",
    "page_glyphs": "characters on one page",
    "glyphs": "characters",
    "rulings": "line crossings on one page",
}


def _check(name: str, count: int, limit: int, page: int | None = None) -> None:
    if count > limit:
        raise _too_large(name, count, limit, page)


def _too_large(name: str, count: int, limit: int, page: int | None = None) -> TooLarge:
    return TooLarge(
        f"The PDF has {count:,} {_NAMES[name]}; the limit is {limit:,}.",
        advice=f"No timetable is this large: check that this is the right file. If it is, add --limit {name}={count}.",
        page=page,
    )
