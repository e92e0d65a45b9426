"""Copies whose pages lie otherwise on their sheets: turned, scaled, several on one, cut in halves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pikepdf
from pikepdf import Dictionary

from .copies_parts import changed, each_page, numbers, size_of, wrapped
from .copies_seen import Matrix, times

A4, LETTER = (595.28, 841.89), (612.0, 792.0)
LANDSCAPE = (A4[1], A4[0])
_BOXES = ("/MediaBox", "/CropBox", "/TrimBox", "/BleedBox", "/ArtBox")


def rotated(pdf: bytes, angle: int) -> bytes:
    """The pages turned by their /Rotate entry, as a viewer's button does it."""

    def turn(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
        page.obj.Rotate = angle

    return each_page(pdf, turn)


def turned(pdf: bytes, angle: int) -> bytes:
    """The content itself turned against the clock, with no /Rotate entry that says so."""

    def turn(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
        wide, high = size_of(page)
        wrapped(page, _turn(angle, wide, high))
        _resize(page, *((wide, high) if angle == 180 else (high, wide)))

    return each_page(pdf, turn)


def turned_back(pdf: bytes, angle: int) -> bytes:
    """The content turned, and a /Rotate entry that turns it back: a viewer shows no difference."""
    return rotated(turned(pdf, angle), angle)


def cups(pdf: bytes, sheet: tuple[float, float] = LETTER) -> bytes:
    """Each landscape page turned onto a portrait sheet, smaller by .855, inside a form, as CUPS prints to a file."""
    margin = 36.0

    def lay(page: pikepdf.Page) -> Matrix:
        wide, high = size_of(page)
        scale = min((sheet[0] - 2 * margin) / high, (sheet[1] - 2 * margin) / wide)
        middle = ((sheet[0] - scale * high) / 2, (sheet[1] - scale * wide) / 2)
        return times(_turn(90, wide, high), (scale, 0, 0, scale, *middle))

    return changed(pdf, partial(_relaid, sheet=sheet, places=[lay]))


def n_up(pdf: bytes, across: int, down: int, sheet: tuple[float, float] = LANDSCAPE) -> bytes:
    """So many pages on a sheet in reading order, each a form as large as fits."""
    wide, high = sheet[0] / across, sheet[1] / down
    corners = [(column * wide, sheet[1] - (row + 1) * high) for row in range(down) for column in range(across)]

    def lay(page: pikepdf.Page, corner: tuple[float, float]) -> Matrix:
        own = size_of(page)
        scale = min(wide / own[0], high / own[1])
        return scale, 0, 0, scale, corner[0] + (wide - scale * own[0]) / 2, corner[1] + (high - scale * own[1]) / 2

    return changed(pdf, partial(_relaid, sheet=sheet, places=[partial(lay, corner=corner) for corner in corners]))


def scaled(pdf: bytes, scale: float) -> bytes:
    """Everything, page and content, so many times as large."""

    def enlarge(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
        wide, high = size_of(page)
        wrapped(page, (scale, 0, 0, scale, 0, 0))
        _resize(page, wide * scale, high * scale)

    return each_page(pdf, enlarge)


def user_unit(pdf: bytes, unit: float) -> bytes:
    """Pages that count in units of so many points: all is as many times as large."""

    def count(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
        page.obj.UserUnit = unit

    return each_page(pdf, count)


def user_unit_only(pdf: bytes, unit: float) -> bytes:
    """The same size as before, but told in units of so many points."""
    return user_unit(scaled(pdf, 1 / unit), unit)


def shifted(pdf: bytes, right: float, up: float) -> bytes:
    """The page's corner elsewhere than at (0, 0), its content with it."""

    def move(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
        wide, high = size_of(page)
        wrapped(page, (1, 0, 0, 1, right, up))
        _resize(page, wide, high, right, up)

    return each_page(pdf, move)


def cropped(pdf: bytes, margin: float) -> bytes:
    """A crop box that takes a part of the empty margins away."""

    def crop(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
        wide, high = size_of(page)
        page.obj.CropBox = [margin, margin, wide - margin, high - margin]

    return each_page(pdf, crop)


def poster(pdf: bytes, across: int, down: int) -> bytes:
    """Each page once for every part of it: all the content is in each, the boxes show one part."""

    def cut(opened: pikepdf.Pdf) -> None:
        pages = list(opened.pages)
        for page in pages:
            wide, high = (side / parts for side, parts in zip(size_of(page), (across, down), strict=True))
            for number in range(across * down):
                row, column = divmod(number, across)
                opened.pages.append(page)
                _resize(opened.pages[-1], wide, high, column * wide, (down - 1 - row) * high)
        del opened.pages[: len(pages)]

    return changed(pdf, cut)


def _turn(angle: int, wide: float, high: float) -> Matrix:
    turns: dict[int, Matrix] = {
        90: (0, 1, -1, 0, high, 0),
        180: (-1, 0, 0, -1, wide, high),
        270: (0, -1, 1, 0, 0, wide),
    }
    return turns[angle]


def _resize(page: pikepdf.Page, wide: float, high: float, right: float = 0.0, up: float = 0.0) -> None:
    for name in _BOXES:
        if name in page.obj or name == "/MediaBox":
            page.obj[name] = [right, up, right + wide, up + high]


def _relaid(pdf: pikepdf.Pdf, *, sheet: tuple[float, float], places: list[Callable[[pikepdf.Page], Matrix]]) -> None:
    pages = list(pdf.pages)
    for first in range(0, len(pages), len(places)):
        forms, drawn = {}, b""
        for number, (page, place) in enumerate(zip(pages[first:], places, strict=False), 1):
            forms[f"/X{number}"] = page.as_form_xobject()
            drawn += b"q\n%s cm\n/X%d Do\nQ\n" % (numbers(*place(page)), number)
        new = pdf.add_blank_page(page_size=sheet)
        new.obj.Resources = Dictionary(XObject=Dictionary(forms))
        new.obj.Contents = pdf.make_stream(drawn)
    del pdf.pages[: len(pages)]
