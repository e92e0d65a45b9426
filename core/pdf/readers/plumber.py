"""The reference reader: pdfplumber and pdfminer, the only module that imports them.

It is slower and independent of PDFium; the differential tests use it, and a conversion only if PDFium found no table in
a PDF that has a timetable's heading and is within every limit. pdfplumber opens the file; its words and boxes tell
nothing about transparency, layers and overlap, so a page's contents are interpreted here, glyph by glyph.
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pdfplumber
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdffont import PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFGraphicState, PDFPageInterpreter
from pdfminer.pdftypes import PDFObjRef, dict_value, list_value, resolve1
from pdfminer.psparser import literal_name
from pdfplumber.utils.exceptions import PdfminerException

from ...errors import Damaged, Encrypted, TukscalError
from ...model import Foreign, Page, Ruling, Word
from ..limits import Screen
from . import FILLED, REMARKS
from .place import PageTransform, find_place
from .rulings import THICKEST, crossings, joined, path_rulings
from .words import PALE, Glyphs, plain, unseen, word_spans

_OPAQUE = 0.98
_UNSEEN = (3, 7)  # text rendering modes (PDF 32000-1, 9.3.6)
_TALL = 1.19  # height of a glyph's box, as the other reader sees it, in sizes of Helvetica

# What pdfminer finds odd in a file is nothing a person can act on; what matters becomes an error of ours.
logging.getLogger("pdfminer").setLevel(logging.CRITICAL)


def read_pages(data: bytes, *, password: str | None, screen: Screen) -> tuple[Page, ...]:
    """Return the pages of a PDF with their words and rulings.

    Raises Encrypted, Damaged or TooLarge.
    """
    try:
        with pdfplumber.open(io.BytesIO(data), password=password) as document:
            screen.pages(len(document.pages))
            hidden = _hidden_layers(document.doc.catalog)
            return tuple(_pages(document, hidden, screen))
    except (TukscalError, MemoryError):
        raise
    except PdfminerException as error:
        raise _open_error(error) from None
    except Exception:  # pdfminer answers bad files with errors of every kind
        raise Damaged("The file is not a readable PDF.") from None


def _open_error(error: PdfminerException) -> TukscalError:
    if error.args and isinstance(error.args[0], PDFPasswordIncorrect):
        return Encrypted("The PDF is locked with a password.")
    return Damaged("The file is not a readable PDF.")


def _pages(document: Any, hidden: frozenset[int], screen: Screen) -> Iterator[Page]:
    first_word = 0
    for number, page in enumerate(document.pages, 1):
        device = _Device(document.rsrcmgr, hidden)
        x0, y0, x1, y1 = page.page_obj.mediabox
        try:
            interpreter = _Interpreter(document.rsrcmgr, device)
            interpreter.render_contents(page.page_obj.resources, page.page_obj.contents, ctm=(1, 0, 0, 1, -x0, -y0))
        except MemoryError:  # PDFium has read the page: what pdfminer unpacks it to is nothing that anybody wrote
            raise Damaged(f"Page {number} of the PDF cannot be read.", page=number) from None
        screen.objects(number, len(device.paths))
        screen.glyphs(number, len(device.glyphs))
        place = find_place(x1 - x0, y1 - y0, (glyph.matrix for glyph in device.glyphs if not glyph.text.isspace()))
        rulings = joined(_rulings(device.paths, place)) if device.glyphs else ()
        screen.rulings(number, crossings(rulings))
        words = tuple(_words(device, place, rulings))
        remarks = tuple(filter(None, map(_remark, page.annots)))
        yield Page(number=number, first_word=first_word, words=words, rulings=rulings, remarks=remarks)
        first_word += len(words)


def _remark(annotation: Any) -> str | None:
    data = annotation["data"]
    return REMARKS.get(str(literal_name(data.get("Subtype", "")))) or (FILLED if "IC" in data else None)


# ---- what is drawn


class _Glyph(NamedTuple):
    text: str
    x: float
    y: float
    advance: tuple[float, float]
    matrix: tuple[float, float, float, float, float]
    """The first four numbers of its matrix, and the font's size."""
    foreign: Foreign | None
    order: int
    white: bool


class _Path(NamedTuple):
    points: list[tuple[float, float]]
    stroked: bool
    opaque: bool
    """Whether it hides what is below it."""
    order: int
    white: bool


class _Device(PDFTextDevice):
    """Records the glyphs and paths of a page from back to front."""

    def __init__(self, manager: Any, hidden: frozenset[int]) -> None:
        super().__init__(manager)
        self.glyphs: list[_Glyph] = []
        self.paths: list[_Path] = []
        self.hidden = hidden
        self.alpha = 1.0
        """Of all that is drawn, by the forms it is drawn in."""
        self._render = 0
        self.tags: list[bool] = []
        """For each marked content that is open, whether it is on a hidden layer."""
        self._order = 0

    def render_char(
        self,
        matrix: Any,
        font: Any,
        fontsize: float,
        scaling: float,
        rise: float,
        cid: int,
        ncs: Any,
        graphicstate: Any,
    ) -> float:
        """Record a glyph; return how far the pen moves."""
        del rise, ncs
        try:
            text = font.to_unichr(cid)
        except PDFUnicodeNotDefined:
            text = "\ufffd"
        advance = _width(font, cid) * fontsize * scaling
        a, b, c, d, x, y = matrix
        why = None
        if self._render in _UNSEEN:
            why = Foreign.UNSEEN
        elif any(self.tags):
            why = Foreign.HIDDEN
        elif self.alpha * getattr(graphicstate, "alpha", 1.0) < _OPAQUE:
            why = Foreign.FAINT
        moves, look = (a * advance, b * advance), (a, b, c, d, fontsize)
        self.glyphs.append(_Glyph(text, x, y, moves, look, why, self._order, _is_white(graphicstate)))
        return float(advance)

    def paint_path(self, graphicstate: Any, stroke: bool, fill: bool, evenodd: bool, path: Sequence[Any]) -> None:
        """Record a path, each subpath by itself."""
        del evenodd
        self._order += 1
        opaque = fill and self.alpha * getattr(graphicstate, "alpha", 1.0) >= _OPAQUE
        opaque = opaque and not getattr(graphicstate, "blends", False) and not any(self.tags)
        points: list[tuple[float, float]] = []
        for operator, *numbers in (*path, ("m",)):
            if operator == "m":
                if points:
                    self.paths.append(_Path(points, stroke, opaque, self._order, _is_white(graphicstate)))
                points = []
            if operator == "h":
                points.append(points[0])
            elif numbers:
                x, y = (float(number) for number in numbers[-2:])
                a, b, c, d, e, f = self.ctm  # type: ignore[misc]
                points.append((a * x + c * y + e, b * x + d * y + f))

    def render_image(self, name: str, stream: Any) -> None:
        """Record a picture as the area it covers."""
        del name, stream
        self.paint_path(None, False, True, False, [("m", 0, 0), ("l", 1, 0), ("l", 1, 1), ("l", 0, 1), ("h",)])

    def begin_string(self, render: int) -> None:
        """Record that a piece of text is drawn, and how."""
        self._order += 1
        self._render = render

    def end_tag(self) -> None:
        """Record the end of marked content."""
        if self.tags:
            self.tags.pop()


def _is_white(graphicstate: Any) -> bool:
    """Tell whether a fill in a graphics state is invisible on white paper; a pattern is taken as visible."""
    color = getattr(graphicstate, "ncolor", 0.0)
    channels = color if isinstance(color, tuple) else (color,)
    if not all(isinstance(channel, int | float) for channel in channels):
        return False
    if len(channels) == 4:  # inks
        return bool(max(channels) <= 1 - PALE / 255)
    return bool(min(channels) >= PALE / 255)


def _width(font: Any, cid: int) -> float:
    """Return the width of a glyph; for standard fonts pdfminer knows it by character, not by code."""
    width = font.char_width(cid)
    if not width and hasattr(font, "cid2unicode"):
        width = font.widths.get(font.cid2unicode.get(cid), 0) * font.hscale
    return float(width)


class _State(PDFGraphicState):
    """A graphics state with what pdfminer's lacks."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = 1.0
        self.blends = False

    def copy(self) -> _State:
        """Return an independent copy."""
        state = _State()
        state.__dict__.update(self.__dict__)
        return state


class _Interpreter(PDFPageInterpreter):
    """Interprets what pdfminer ignores: transparency, text rendering modes, optional content."""

    device: _Device
    graphicstate: _State

    def init_state(self, ctm: Any) -> None:
        """Begin a page or a form."""
        super().init_state(ctm)
        self.graphicstate = _State()

    def do_gs(self, name: Any) -> None:
        """Apply the transparency of a graphics state."""
        state = resolve1(dict_value(self.resources.get("ExtGState", {})).get(literal_name(name)))
        if isinstance(state, dict):
            self.graphicstate.alpha = float(resolve1(state.get("ca", self.graphicstate.alpha)))
            if blend := resolve1(state.get("BM")):
                names = blend if isinstance(blend, list) else [blend]
                self.graphicstate.blends = literal_name(names[0]) not in ("Normal", "Compatible")

    def do_TJ(self, seq: Any) -> None:
        """Show text in a rendering mode that the device needs to know."""
        self.device.begin_string(self.textstate.render)
        super().do_TJ(seq)

    def do_BDC(self, tag: Any, props: Any) -> None:
        """Begin marked content, which may be on a hidden layer."""
        if literal_name(tag) != "OC" or isinstance(props, dict):
            self.device.tags.append(False)
        else:
            layer = dict_value(self.resources.get("Properties", {})).get(literal_name(props))
            self.device.tags.append(_is_hidden(layer, self.device.hidden))

    def do_BMC(self, tag: Any) -> None:
        """Begin marked content without properties."""
        del tag
        self.device.tags.append(False)

    def do_Do(self, xobjid_arg: Any) -> None:
        """Draw a form or a picture, which may be transparent or on a hidden layer as a whole."""
        device, outer = self.device, self.device.alpha
        drawn = resolve1(self.xobjmap.get(literal_name(xobjid_arg)))
        device.alpha *= self.graphicstate.alpha
        device.tags.append(drawn is not None and _is_hidden(drawn.get("OC"), device.hidden))
        super().do_Do(xobjid_arg)
        device.alpha = outer
        device.end_tag()


def _hidden_layers(catalogue: Any) -> frozenset[int]:
    """Return the object numbers of the layers that a viewer does not show (PDF 32000-1, 8.11.4.3)."""
    layers = resolve1(catalogue.get("OCProperties"))
    if not isinstance(layers, dict):
        return frozenset()
    default = dict_value(layers.get("D", {}))
    base = resolve1(default.get("BaseState"))
    off = _numbers(default.get("OFF"))
    if base is not None and literal_name(base) == "OFF":
        off |= _numbers(layers.get("OCGs")) - _numbers(default.get("ON"))
    return off


def _numbers(references: Any) -> frozenset[int]:
    found = resolve1(references) or []
    return frozenset(item.objid for item in found if isinstance(item, PDFObjRef))


def _is_hidden(layer: Any, hidden: frozenset[int]) -> bool:
    """Tell whether a layer is hidden; a membership dictionary is if all its layers are."""
    if isinstance(layer, PDFObjRef) and layer.objid in hidden:
        return True
    value = resolve1(layer)
    if not isinstance(value, dict) or "OCGs" not in value:
        return False
    groups = value["OCGs"]
    members = [groups] if isinstance(groups, PDFObjRef) and isinstance(resolve1(groups), dict) else list_value(groups)
    return bool(members) and all(isinstance(one, PDFObjRef) and one.objid in hidden for one in members)


# ---- words and rulings


def _words(device: _Device, place: PageTransform, rulings: Sequence[Ruling]) -> list[Word]:
    glyphs = [(glyph, *_placed(glyph, place)) for glyph in device.glyphs]
    columns = Glyphs(
        "".join([glyph.text if len(glyph.text) == 1 else "\ufffc" for glyph, *_ in glyphs]),
        [x0 for _, x0, *_ in glyphs],
        [x1 for _, _, x1, *_ in glyphs],
        [-y for *_, y, _ in glyphs],
        [height - y for *_, y, height in glyphs],
    )
    areas = [(path, _bounds(path.points, place)) for path in device.paths if path.opaque]
    areas = [(path, box) for path, box in areas if min(box[2] - box[0], box[3] - box[1]) > THICKEST]
    words: list[Word] = []
    white: dict[int, tuple[float, float]] = {}
    """Place of a white word -> its middle."""
    for first, last, spaced in word_spans(columns, rulings):
        glyph, x0, _, y, height = glyphs[first]
        x1 = columns.x1[last]
        a, b, c, d, _ = glyph.matrix
        why = Foreign.TURNED if a * d < b * c or place.turned(-math.atan2(b, a)) else glyph.foreign
        middle = (x0 + x1) / 2, y - height / 2
        if why is None and any(glyph.order < path.order and _is_in(middle, box) for path, box in areas):
            why = Foreign.COVERED
        if why is None and glyph.white:
            white[len(words)] = middle
        text = "".join([glyph.text for glyph, *_ in glyphs[first : last + 1]])
        words.append(Word(plain(text), x0, x1, y, spaced, height, why))
    for index in unseen(words, white):
        if not any(not path.white and _is_in(white[index], box) for path, box in areas):
            words[index] = words[index]._replace(foreign=Foreign.UNSEEN)
    return words


def _placed(glyph: _Glyph, place: PageTransform) -> tuple[float, float, float, float]:
    """Return where a glyph begins and ends, its baseline and its height."""
    _, _, c, d, size = glyph.matrix
    ax, y = place.point(glyph.x, glyph.y)
    bx, _ = place.point(glyph.x + glyph.advance[0], glyph.y + glyph.advance[1])
    return min(ax, bx), max(ax, bx), y, math.hypot(c, d) * size * _TALL * place.scale


def _bounds(points: Sequence[tuple[float, float]], place: PageTransform) -> tuple[float, float, float, float]:
    placed = [place.point(x, y) for x, y in points]
    xs, ys = [x for x, _ in placed], [y for _, y in placed]
    return min(xs), min(ys), max(xs), max(ys)


def _is_in(point: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _rulings(paths: Sequence[_Path], place: PageTransform) -> Iterator[Ruling]:
    for path in paths:
        yield from path_rulings([place.point(x, y) for x, y in path.points], stroked=path.stroked)
