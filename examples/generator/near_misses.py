"""Files that look like a timetable and are none: a reader must refuse each of them by name."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO

from .draw import timetable_pages, timetable_pdf
from .layout import Layout
from .malformed_rows import EXAMS, LECTURES, TESTS, lecture
from .raw import FONT, Objects, page, references, stream

PASSWORD = "correct horse"  # noqa: S105 - the made file's own

_ELSEWHERE = (
    lecture("CSC1015F", "1", "LEC, Mon, 1st period, Leslie Social 2A", "LEC, Wed, 1st period, Leslie Social 2A"),
    lecture("MAM1000W", "2", "LEC, Tue, 3rd period, Snape 3C"),
    lecture("STA1006S", "1", "TUT, Fri, Meridian, PD Hahn 3"),
)
_OTHER_HEADERS = (
    ("Module", "Course"), ("Offered", "Term"), ("Group", "Sect."), ("Lang", "NQF"), ("Activity", "Type"),
    ("Day", "Weekday"), ("Time", "Period"), ("Venue", "Room"), ("Campus", "Faculty"), ("Study Prog", "Lecturer"),
)  # fmt: skip


def other_university() -> bytes:
    """Another university's timetable: the same heading, other columns."""
    return timetable_pdf(_ELSEWHERE, layout=Layout(rename_headers=_OTHER_HEADERS))


def same_columns() -> bytes:
    """Another university's timetable with the very columns, but codes, days and times that are not UP's."""
    return timetable_pdf(_ELSEWHERE)


def other_codes() -> bytes:
    """The very columns, days and times, but module codes of another university."""
    codes = ("CSC1015F", "10212-214", "EEE 2046", "B4")
    rows = [replace(row, module=code) for row, code in zip(LECTURES, codes, strict=True)]
    return timetable_pdf(rows)


def letter() -> bytes:
    """A letter that says Lectures, Semester Tests and Exams in large type and in its text."""
    lines = (
        (20, 539, "Lectures"),
        (12, 500, "University of Pretoria, Faculty of Engineering, Built Environment and IT"),
        (10, 470, "Dear student, lectures of COS 214 begin on Monday at 08:30 - 09:20 in Centenary 6."),
        (10, 455, "Semester Tests and Exams follow; the Venue, Day and Time of each Module appear on the portal."),
        (10, 425, "Yours sincerely, The Registrar"),
    )
    text = "".join(f"BT /F1 {size} Tf 1 0 0 1 36 {y} Tm ({line})Tj ET\n" for size, y, line in lines)
    return _pages_of(text.encode(), 1)


def zero_pages() -> bytes:
    """A PDF without pages."""
    return _pages_of(b"", 0)


def page_named_twice() -> bytes:
    """A timetable whose one page is named twice: readers disagree on the number of pages."""
    return _pages_of(timetable_pages(LECTURES)[0], 2)


def _pages_of(content: bytes, times: int) -> bytes:
    objects = Objects()
    pages, font = objects.reserve(), objects.add(FONT)
    leaf = objects.add(page(pages, [objects.stream(content)], fonts=b"/F2 %d 0 R " % font))
    objects.put(pages, b"<< /Type /Pages /Count %d /Kids %s >>" % (times, references([leaf] * times)))
    return objects.file(objects.add(b"<< /Type /Catalog /Pages %d 0 R >>" % pages))


def html() -> bytes:
    """A login page saved as PDF."""
    return b"<!DOCTYPE html><html><head><title>UP Portal</title></head><body><h1>Lectures</h1></body></html>\n"


def zip_archive() -> bytes:
    """A ZIP archive with a timetable inside."""
    out = BytesIO()
    # Compressed: PDFium opens a PDF that merely begins within the first 1,024 bytes of a file.
    name = zipfile.ZipInfo("UP_MOD_XLS.pdf")  # of 1980: the bytes are the same each time
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, timetable_pdf(LECTURES), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def png() -> bytes:
    """A picture of one pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    picture = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", picture) + chunk(b"IEND", b"")


def late_header() -> bytes:
    """A good timetable behind 2 KB of junk."""
    return b"junk" * 512 + timetable_pdf(LECTURES)


def unknown_encryption() -> bytes:
    """A timetable encrypted by a filter no reader has."""
    objects = Objects()
    pages = objects.reserve()
    leaf = objects.add(page(pages, [objects.add(stream(timetable_pages(LECTURES)[0]))]))
    objects.put(pages, b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % leaf)
    lock = objects.add(b"<< /Filter /Acme.Lock /V 1 /R 2 /P -4 >>")
    root = objects.add(b"<< /Type /Catalog /Pages %d 0 R >>" % pages)
    return objects.file(root, trailer=b"/Encrypt %d 0 R /ID [<00> <00>] " % lock)


NEAR_MISSES: dict[str, Callable[[], bytes]] = {
    "other-university": other_university,
    "other-university-same-columns": same_columns,
    "other-university-codes-only": other_codes,
    "letter": letter,
    "empty-lectures": partial(timetable_pdf, (), kind="lectures"),
    "empty-tests": partial(timetable_pdf, (), kind="tests"),
    "empty-exams": partial(timetable_pdf, (), kind="exams"),
    "zero-pages": zero_pages,
    "page-named-twice": page_named_twice,
    "html": html,
    "zip": zip_archive,
    "png": png,
    "no-bytes": bytes,
    "late-header": late_header,
    "password": partial(timetable_pdf, LECTURES, user_password=PASSWORD),
    "password-tests": partial(timetable_pdf, TESTS, user_password=PASSWORD),
    "password-exams": partial(timetable_pdf, EXAMS, user_password=PASSWORD),
    "unknown-encryption": unknown_encryption,
}
