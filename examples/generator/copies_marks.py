"""Copies with shapes: page backgrounds, boxes, marker, lines, pictures and annotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pikepdf
from pikepdf import Array, Dictionary, Name

from .copies_parts import Extra, font, form, numbers, rectangle, text
from .copies_seen import Box, Run, Seen
from .copies_spots import Spot, everywhere, spotted

Part = Literal["row", "some", "word", "cell"]
_MULTIPLY = {"/ExtGState": {"/Marker": Dictionary(Type=Name.ExtGState, BM=Name.Multiply)}}


def background(pdf: bytes, times: int = 1) -> bytes:
    """A white rectangle as large as the page behind everything, or several."""
    return everywhere(pdf, lambda _, seen: Extra(before=(b"1 1 1 rg\n" + rectangle(seen.page) + b"f\n") * times))


def frame(pdf: bytes, inset: float = 10.0) -> bytes:
    """A line round the page."""
    return everywhere(
        pdf, lambda _, seen: Extra(after=b"1 w 0 0 0 RG\n" + rectangle(_grown(seen.page, -inset)) + b"S\n")
    )


def shaded(pdf: bytes) -> bytes:
    """Every second row on grey."""

    def grey(_: pikepdf.Pdf, seen: Seen) -> Extra:
        rows = b"".join(rectangle(seen.row(row)) + b"f\n" for row in range(0, len(seen.ys) - 1, 2))
        return Extra(before=b".85 .85 .85 rg\n" + rows)

    return everywhere(pdf, grey)


def picture_behind(pdf: bytes) -> bytes:
    """A pale picture behind the whole page."""

    def show(opened: pikepdf.Pdf, seen: Seen) -> Extra:
        return Extra(before=_shown(seen.page), resources=_picture(opened, 225))

    return everywhere(pdf, show)


def box_round(pdf: bytes, part: Part, seed: int = 0) -> bytes:
    """A red box round a row or a part of one, in a form at the end, as a flattened annotation is."""

    def draw(opened: pikepdf.Pdf, spot: Spot) -> Extra:
        box = _area(spot, part)
        drawn = form(opened, b"1 w 1 0 0 RG\n" + rectangle(box) + b"S\n", _grown(box, 1), Resources=Dictionary())
        return Extra(after=b"q 1 0 0 1 0 0 cm /Mark Do Q\n", resources={"/XObject": {"/Mark": drawn}})

    return spotted(pdf, draw, seed)


def marker_behind(pdf: bytes, part: Part, seed: int = 0) -> bytes:
    """Yellow behind a row or a word."""

    def draw(_: pikepdf.Pdf, spot: Spot) -> Extra:
        return Extra(before=b"q 1 1 0 rg\n" + rectangle(_area(spot, part)) + b"f Q\n")

    return spotted(pdf, draw, seed)


def marker_over(pdf: bytes, part: Part, seed: int = 0) -> bytes:
    """Yellow over a row or a word, blended so that the text shows through."""

    def draw(_: pikepdf.Pdf, spot: Spot) -> Extra:
        after = b"q /Marker gs 1 1 0 rg\n" + rectangle(_area(spot, part)) + b"f Q\n"
        return Extra(after=after, resources=_MULTIPLY)

    return spotted(pdf, draw, seed)


def underlined(pdf: bytes, seed: int = 0) -> bytes:
    """A line under a word."""
    return _line(pdf, seed, lambda run: run.y - 1.2)


def struck_word(pdf: bytes, seed: int = 0) -> bytes:
    """A line through a word."""
    return _line(pdf, seed, lambda run: run.y + run.height * 0.3)


def struck_row(pdf: bytes, seed: int = 0) -> bytes:
    """A line through a row, from edge to edge."""

    def draw(_: pikepdf.Pdf, spot: Spot) -> Extra:
        y = spot.module.y + spot.module.height * 0.3
        return Extra(after=b"q 1 0 0 RG 1 w %s m %s l S Q\n" % (numbers(spot.box[0], y), numbers(spot.box[2], y)))

    return spotted(pdf, draw, seed)


def whited_out(pdf: bytes, seed: int = 0) -> bytes:
    """White over the text of a cell, which a viewer shows as empty."""

    def draw(_: pikepdf.Pdf, spot: Spot) -> Extra:
        return Extra(after=b"q 1 1 1 rg\n" + rectangle(_area(spot, "cell")) + b"f Q\n")

    return spotted(pdf, draw, seed)


def picture_over(pdf: bytes, seed: int = 0) -> bytes:
    """A picture over a cell, like a stamp of an office."""

    def draw(opened: pikepdf.Pdf, spot: Spot) -> Extra:
        return Extra(after=_shown(_area(spot, "cell")), resources=_picture(opened, 90))

    return spotted(pdf, draw, seed)


def annotated(pdf: bytes, subtype: Literal["Highlight", "Square", "Underline", "Link"], seed: int = 0) -> bytes:
    """An annotation at a row or a word that leaves the page itself as it is."""

    def draw(opened: pikepdf.Pdf, spot: Spot) -> Extra:
        box = _area(spot, "row" if subtype == "Square" else "word")
        more = _APPEARANCES[subtype](opened, box)
        return Extra(annotations=[_annotation(subtype, box, **more)])

    return spotted(pdf, draw, seed)


def scribbled(pdf: bytes, seed: int = 0, pen: float = 9.0) -> bytes:
    """A word made unreadable with a thick pen, up and down."""

    def draw(_: pikepdf.Pdf, spot: Spot) -> Extra:
        run = spot.filled
        low, high, steps = run.y - 2, run.y + run.height * 0.8, 8
        xs = [run.x + (run.end - run.x) * step / steps for step in range(steps + 1)]
        points = [numbers(x, high if step % 2 else low) for step, x in enumerate(xs)]
        line = points[0] + b" m " + b"".join(point + b" l " for point in points[1:])
        return Extra(after=b"q 0 0 .4 RG %s w %s S Q\n" % (numbers(pen), line))

    return spotted(pdf, draw, seed)


def free_text(pdf: bytes, seed: int = 0) -> bytes:
    """An annotation with words of its own over a row's text."""

    def draw(opened: pikepdf.Pdf, spot: Spot) -> Extra:
        x, y = spot.filled.x, spot.filled.y
        box = (x - 2, y - 4, x + 80, y + 12)
        words = b"1 1 .8 rg\n" + rectangle(box) + b"f 0 0 0 rg\n" + text("Helv", 10, (1, 0, 0, 1, x, y), "IT 9-99")
        shown = form(opened, words, box, Resources=Dictionary(Font=Dictionary(Helv=font())))
        says = pikepdf.String("/Helv 10 Tf 0 g")
        return Extra(annotations=[_annotation("FreeText", box, AP=Dictionary(N=shown), DA=says, Contents="IT 9-99")])

    return spotted(pdf, draw, seed)


def _area(spot: Spot, part: Part) -> Box:
    if part == "row":
        return _grown(spot.box, -1)
    if part == "cell":
        return _grown(spot.seen.cell(spot.row, _column(spot.filled, spot.seen)), -0.8)
    first = spot.filled
    if part == "word":
        return first.x - 1, first.y - 2.5, first.end + 1, first.y + first.height * 0.85
    last = spot.chance.choice(spot.runs)
    return min(first.x, last.x) - 2, spot.box[1] + 2, max(first.end, last.end) + 2, spot.box[3] - 1


def _column(run: Run, seen: Seen) -> int:
    return max(number for number, x in enumerate(seen.xs) if x <= run.x)


def _grown(box: Box, by: float) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def _line(pdf: bytes, seed: int, height: Callable[[Run], float]) -> bytes:
    def draw(_: pikepdf.Pdf, spot: Spot) -> Extra:
        run = spot.filled
        ends = numbers(run.x, height(run)), numbers(run.end, height(run))
        return Extra(after=b"q 1 0 0 RG .8 w %s m %s l S Q\n" % ends)

    return spotted(pdf, draw, seed)


def _shown(box: Box) -> bytes:
    x0, y0, x1, y1 = box
    return b"q %s cm /Picture Do Q\n" % numbers(x1 - x0, 0, 0, y1 - y0, x0, y0)


def _picture(pdf: pikepdf.Pdf, shade: int) -> dict[str, dict[str, Any]]:
    size = {"Width": 2, "Height": 2, "BitsPerComponent": 8, "ColorSpace": Name.DeviceGray}
    samples = bytes((shade, shade + 10, shade + 20, shade + 30))
    return {"/XObject": {"/Picture": pdf.make_stream(samples, Type=Name.XObject, Subtype=Name.Image, **size)}}


def _annotation(subtype: str, box: Box, **more: Any) -> Dictionary:
    return Dictionary(Type=Name.Annot, Subtype=Name("/" + subtype), Rect=list(box), F=4, **more)


def _highlight(pdf: pikepdf.Pdf, box: Box) -> dict[str, Any]:
    drawn = b"/Marker gs 1 1 0 rg\n" + rectangle(box) + b"f\n"
    states = Dictionary(ExtGState=Dictionary(_MULTIPLY["/ExtGState"]))
    shown = form(pdf, drawn, box, Resources=states, Group=Dictionary(S=Name.Transparency))
    return {"AP": Dictionary(N=shown), "C": Array([1, 1, 0]), "QuadPoints": _corners(box)}


def _square(pdf: pikepdf.Pdf, box: Box) -> dict[str, Any]:
    shown = form(pdf, b"1 0 0 RG 1 w\n" + rectangle(_grown(box, -0.5)) + b"S\n", box, Resources=Dictionary())
    return {"AP": Dictionary(N=shown), "C": Array([1, 0, 0])}


def _underline(pdf: pikepdf.Pdf, box: Box) -> dict[str, Any]:
    ends = numbers(box[0], box[1] + 0.5), numbers(box[2], box[1] + 0.5)
    shown = form(pdf, b"1 0 0 RG .8 w %s m %s l S\n" % ends, box, Resources=Dictionary())
    return {"AP": Dictionary(N=shown), "C": Array([1, 0, 0]), "QuadPoints": _corners(box)}


def _link(_: pikepdf.Pdf, __: Box) -> dict[str, Any]:
    action = Dictionary(S=Name.URI, URI=pikepdf.String("https://example.org/"))
    return {"A": action, "Border": Array([0, 0, 0])}


def _corners(box: Box) -> Array:
    x0, y0, x1, y1 = box
    return Array([x0, y1, x1, y1, x0, y0, x1, y0])


_APPEARANCES: dict[str, Callable[[pikepdf.Pdf, Box], dict[str, Any]]] = {
    "Highlight": _highlight,
    "Square": _square,
    "Underline": _underline,
    "Link": _link,
}
