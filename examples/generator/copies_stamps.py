"""Copies with words stamped over the table: large, turned, pale, unseen, hidden, beside the line, over other words."""

from __future__ import annotations

from math import cos, radians, sin
from typing import Any, Literal

import pikepdf
from pikepdf import Array, Dictionary, Name

from .copies_parts import Extra, add, each_page, font, form, text
from .copies_seen import Matrix
from .copies_spots import Spot, spotted

WORDS = ("DRAFT", "COPY", "Room", "IT 9-99", "B", "2")
Layer = Literal["content", "form", "nested", "namesake"]
_FONT = {"/Font": {"/Stamp": font()}}


def large(pdf: bytes, seed: int = 0, size: float = 80.0) -> bytes:
    """A grey word of its own size across rows."""

    def draw(_: pikepdf.Pdf, spot: Spot) -> Extra:
        start = (spot.seen.xs[0] + spot.chance.random() * 150, spot.module.y - spot.chance.random() * size)
        return _over(b".75 .75 .75 rg", _word("DRAFT", size, start))

    return spotted(pdf, draw, seed)


def sized(pdf: bytes, times: float, seed: int = 0) -> bytes:
    """A word a little larger or smaller than the row's, on its baseline beside its text."""
    return _stamped(pdf, seed, times=times)


def turned(pdf: bytes, angle: float, seed: int = 0) -> bytes:
    """A word of the row's size, but turned."""
    return _stamped(pdf, seed, angle=angle)


def transparent(pdf: bytes, seed: int = 0) -> bytes:
    """A word of the row's own size that is drawn with an opacity of 0.3."""
    pale = {"/ExtGState": {"/Pale": Dictionary(Type=Name.ExtGState, ca=0.3, CA=0.3)}}
    return _stamped(pdf, seed, look=b"/Pale gs", resources=pale)


def invisible(pdf: bytes, seed: int = 0) -> bytes:
    """A word in text render mode 3, which no viewer shows."""
    return _stamped(pdf, seed, look=b"3 Tr")


def white(pdf: bytes, seed: int = 0) -> bytes:
    """A word as white as the page."""
    return _stamped(pdf, seed, look=b"1 1 1 rg")


def hidden(pdf: bytes, layer: Layer, seed: int = 0) -> bytes:
    """A word on a layer that is off: marked content of the page, perhaps within one that is on, or a form of its own.

    A layer may share its name with one that is on, as where two files were put together.
    """
    return _layered(pdf, seed, layer, on=False)


def watermark(pdf: bytes, seed: int = 0) -> bytes:
    """A large turned word on a layer that is on."""
    return _layered(pdf, seed, "form", on=True)


def off_baseline(pdf: bytes, by: float = 1.2, seed: int = 0) -> bytes:
    """A word of the row's own size beside its text, a little above or below the baseline."""
    return _stamped(pdf, seed, up=by)


def typed_over(pdf: bytes, seed: int = 0) -> bytes:
    """Another venue typed over the old one: same font, size and baseline, both to be read."""

    def draw(_: pikepdf.Pdf, spot: Spot) -> Extra:
        old = spot.filled
        shift = spot.chance.choice((0.0, 0.0, old.wide / 2))
        return _over(b"0 0 0 rg", _word("IT 9-99", old.height, (old.x + shift, old.y)))

    return spotted(pdf, draw, seed)


def anywhere(
    pdf: bytes,
    word: str,
    at: tuple[float, float],
    *,
    size: float,
    angle: float = 0.0,
    alpha: float = 1.0,
    grey: float = 0.0,
) -> bytes:
    """A word of any size, angle, opacity and shade at one place of every page."""
    pale = {"/ExtGState": {"/Pale": Dictionary(Type=Name.ExtGState, ca=alpha)}}
    extra = _over(b"%.3f g /Pale gs" % grey, _word(word, size, at, angle), pale)
    return each_page(pdf, lambda opened, page: add(opened, page, extra))


def _stamped(
    pdf: bytes,
    seed: int,
    *,
    times: float = 1.0,
    angle: float = 0.0,
    up: float = 0.0,
    look: bytes = b"",
    resources: dict[str, Any] | None = None,
) -> bytes:
    def draw(_: pikepdf.Pdf, spot: Spot) -> Extra:
        x, y = spot.beside()
        words = _word(spot.chance.choice(WORDS), spot.filled.height * times, (x, y + up), angle)
        return _over(b"0 0 0 rg " + look, words, resources or {})

    return spotted(pdf, draw, seed)


def _layered(pdf: bytes, seed: int, layer: Layer, *, on: bool) -> bytes:
    def draw(opened: pikepdf.Pdf, spot: Spot) -> Extra:
        group = _layer(opened, on=on)
        x, y = spot.beside()
        words = _word(spot.chance.choice(WORDS), spot.filled.height, (x, y))
        if on:
            words = b".8 .8 .8 rg " + _word("DRAFT", 60, (spot.box[0] + 100, spot.box[1] - 40), 30)
        if layer != "form":
            marked = b"/OC /Layer BDC\n" + words + b"EMC\n"
            layers = {"/Layer": group}
            if layer == "nested":
                layers["/Shown"] = _layer(opened, on=True)
                marked = b"/OC /Shown BDC\n" + marked + b"EMC\n"
            elif layer == "namesake":
                layers["/Shown"] = _layer(opened, on=True)
                marked += b"/OC /Shown BDC\n" + _word("seen", 20, (40, 20)) + b"EMC\n"
            return _over(b"0 0 0 rg", marked, {"/Properties": layers})
        shown = form(opened, words, spot.seen.page, Resources=Dictionary(Font=Dictionary(Stamp=font())), OC=group)
        return Extra(after=b"q /Mark Do Q\n", resources={"/XObject": {"/Mark": shown}})

    return spotted(pdf, draw, seed)


def _layer(pdf: pikepdf.Pdf, *, on: bool) -> pikepdf.Object:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=pikepdf.String("Stamp")))
    if Name.OCProperties not in pdf.Root:
        state = Dictionary(BaseState=Name.ON, Order=Array(), ON=Array(), OFF=Array())
        pdf.Root.OCProperties = Dictionary(OCGs=Array(), D=state)
    layers = pdf.Root.OCProperties
    for groups in (layers.OCGs, layers.D.Order, layers.D.ON if on else layers.D.OFF):
        groups.append(group)
    return group


def _word(word: str, size: float, at: tuple[float, float], angle: float = 0.0) -> bytes:
    c, s = cos(radians(angle)), sin(radians(angle))
    matrix: Matrix = (c, s, -s, c, *at)
    return text("Stamp", size, matrix, word)


def _over(look: bytes, words: bytes, resources: dict[str, Any] | None = None) -> Extra:
    return Extra(after=b"q " + look + b"\n" + words + b"Q\n", resources={**_FONT, **(resources or {})})
