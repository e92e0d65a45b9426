"""Pages to content streams, operator by operator as the portal writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .cells import Line, Run
from .layout import Layout
from .metrics import BOLD, REGULAR, encode
from .paginate import Page
from .table import HEADING_AT, HEADING_SIZE, LEFT, RULE, TEXT_INDENT, Column

BLACK, WHITE = b"0 0 0 RG 0 0 0 rg", b"1 1 1 RG 1 1 1 rg"
_FONTS = {BOLD: b"/F1", REGULAR: b"/F2"}


def content(page: Page, pages: int, columns: Sequence[Column], heading: str, layout: Layout) -> bytes:
    """The content stream of one page: text first, rulings after it."""
    pen = Pen()
    if page.number == 1 and heading:
        pen.show(*HEADING_AT, Run(text=heading, size=HEADING_SIZE, font=BOLD))
    for x, y, run in _runs(page, columns):
        pen.show(x, y, run)
    for run_x, run_y, run in _around(page.number, pages, layout):
        pen.show(run_x, run_y, run)
    return pen.text() + b"\r\n".join(_rulings(page, columns, layout)) + b"\r\n"


def number(value: float) -> bytes:
    """A number as the portal prints it: at most three decimals, no zero before the point."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return (text[1:] if text.startswith("0.") else text or "0").encode()


def string(text: str) -> bytes:
    """A literal string in WinAnsi."""
    raw = encode(text).replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"(" + raw.replace(b"\r", b"\\r").replace(b"\n", b"\\n") + b")"


class Pen:
    """Writes runs of text, changing font and colour only when they change."""

    def __init__(self) -> None:
        self._out = [BLACK, b"BT"]
        self._font: tuple[str, float] | None = None

    def show(self, x: float, y: float, run: Run) -> None:
        """Print one run with its left end at a point."""
        if run.white:
            self._out.append(WHITE)
        self._out.append(b"1 0 0 1 %s %s Tm" % (number(x), number(y)))
        if self._font != (run.font, run.size):
            self._font = (run.font, run.size)
            self._out += [_FONTS[run.font], b" %s Tf" % number(run.size)]
        self._out.append(string(run.text) + b"Tj")
        if run.white:
            self._out.append(BLACK)

    def text(self) -> bytes:
        """The text object written so far."""
        return b"\r\n".join([*self._out, b"ET", b""])


def _lefts(columns: Sequence[Column]) -> list[float]:
    lefts = [LEFT]
    for column in columns:
        lefts.append(lefts[-1] + column.width)
    return lefts


def _runs(page: Page, columns: Sequence[Column]) -> Iterator[tuple[float, float, Run]]:
    for block in page.blocks:
        for left, column in zip(_lefts(columns), columns, strict=False):
            yield from _lines(left + TEXT_INDENT, block.top, block.cells.get(column.header, ()))


def _lines(x: float, top: float, lines: Sequence[Line]) -> Iterator[tuple[float, float, Run]]:
    for line in lines:
        for run in line.runs:
            if run.text:
                yield x + run.dx, top - line.ascent, run
        top -= line.height


def _around(page: int, pages: int, layout: Layout) -> Iterator[tuple[float, float, Run]]:
    for stray in layout.strays:
        if stray.page == page:
            yield stray.x, stray.y, Run(text=stray.text, size=10)
    if layout.furniture:
        yield 390, 20, Run(text=layout.furniture.format(page=page, pages=pages), size=8)


def _rulings(page: Page, columns: Sequence[Column], layout: Layout) -> Iterator[bytes]:
    xs = _lefts(columns)
    ys = [block.top for block in page.blocks] + [page.bottom]
    if layout.cut == "right":
        xs = xs[: len(xs) // 2]
    elif layout.cut == "bottom":
        ys = ys[: len(ys) // 2 + 1]
    for x in xs:
        yield _box(x, ys[-1], RULE, ys[0] - ys[-1] + RULE)
    for y in ys:
        yield _box(xs[0], y, xs[-1] - xs[0] + RULE, RULE)


def _box(x: float, y: float, wide: float, high: float) -> bytes:
    return b"%s %s %s %s re f" % (number(x), number(y), number(wide), number(high))
