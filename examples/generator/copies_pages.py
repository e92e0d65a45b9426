"""Copies of which pages are missing, doubled, elsewhere, or from other timetables."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pikepdf

from .copies_parts import saved


def selected(pdf: bytes, numbers: Sequence[int]) -> bytes:
    """These pages (counted from 0) in this order; a page named again is there again."""
    with pikepdf.open(BytesIO(pdf)) as opened, pikepdf.new() as new:
        for number in numbers:
            new.pages.append(opened.pages[number])
        return saved(new)


def merged(pdfs: Sequence[bytes]) -> bytes:
    """Several PDFs, one behind the other."""
    with pikepdf.new() as new:
        for pdf in pdfs:
            with pikepdf.open(BytesIO(pdf)) as opened:
                new.pages.extend(opened.pages)
        return saved(new)


def count(pdf: bytes) -> int:
    """How many pages a PDF has."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        return len(opened.pages)


def without(pdf: bytes, number: int) -> bytes:
    """All pages but one (counted from 0, or from the end)."""
    pages = list(range(count(pdf)))
    del pages[number]
    return selected(pdf, pages)


def without_middle(pdf: bytes) -> bytes:
    """All pages but the one in the middle, of three or more."""
    return without(pdf, count(pdf) // 2)


def swapped(pdf: bytes) -> bytes:
    """The second page and the third in each other's place."""
    return selected(pdf, [0, 2, 1, *range(3, count(pdf))])


def reversed_order(pdf: bytes) -> bytes:
    """The last page first."""
    return selected(pdf, range(count(pdf))[::-1])


def doubled(pdf: bytes, number: int) -> bytes:
    """One page twice, one copy behind the other."""
    pages = list(range(count(pdf)))
    return selected(pdf, [*pages[: number + 1], *pages[number:]])


def twice(pdf: bytes) -> bytes:
    """The whole PDF twice, one copy behind the other."""
    return selected(pdf, [*range(count(pdf))] * 2)
