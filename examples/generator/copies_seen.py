"""What a page shows and where: its runs of text and its boxes, read from the operators and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot
from typing import Any

import pikepdf
from pikepdf import Name

from .metrics import BOLD, REGULAR, width

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]
Op = tuple[Sequence[Any], str]

IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
THIN = 2.0  # a filled rectangle thinner than this is a ruling


@dataclass(frozen=True, kw_only=True)
class Run:
    """A shown string: `matrix` maps its own space, where it starts at (0, 0), to the page's."""

    text: str
    key: str
    font: str
    size: float
    matrix: Matrix
    white: bool = False

    @property
    def x(self) -> float:
        """The left end on the page."""
        return self.matrix[4]

    @property
    def y(self) -> float:
        """The baseline on the page."""
        return self.matrix[5]

    @property
    def height(self) -> float:
        """The size on the page."""
        return self.size * hypot(*self.matrix[2:4])

    @property
    def wide(self) -> float:
        """The width on the page."""
        return width(self.text, self.font, self.size) * hypot(*self.matrix[:2])

    @property
    def end(self) -> float:
        """The right end on the page."""
        return self.x + self.wide


@dataclass(frozen=True)
class Seen:
    """What a page shows, in its own points; rows count from 0, a header is a row."""

    runs: tuple[Run, ...]
    boxes: tuple[Box, ...]
    page: Box

    @cached_property
    def xs(self) -> list[float]:
        """The left edges of the upright rulings, ascending."""
        return _distinct(x0 for x0, y0, x1, y1 in self.boxes if x1 - x0 < THIN < y1 - y0)

    @cached_property
    def ys(self) -> list[float]:
        """The lower edges of the level rulings, descending."""
        return _distinct(y0 for x0, y0, x1, y1 in self.boxes if y1 - y0 < THIN < x1 - x0)[::-1]

    @property
    def rows(self) -> list[int]:
        """The rows that begin on this page and are no header: their first cell is not empty."""
        return [row for row in range(len(self.ys) - 1) if self._begins(row)]

    def _begins(self, row: int) -> bool:
        return any(run.text.strip() and run.font == REGULAR for run in self.within(self.cell(row, 0)))

    def row(self, row: int) -> Box:
        """The box of a row."""
        return self.xs[0], self.ys[row + 1], self.xs[-1], self.ys[row]

    def cell(self, row: int, column: int) -> Box:
        """The box of a cell."""
        return self.xs[column], self.ys[row + 1], self.xs[column + 1], self.ys[row]

    def within(self, box: Box) -> list[Run]:
        """The runs that start inside a box."""
        x0, y0, x1, y1 = box
        return [run for run in self.runs if x0 <= run.x < x1 and y0 <= run.y < y1]

    def column(self, header: str) -> int:
        """The number of the column that a header names; only the page with the header row knows."""
        title = next(run for run in self.runs if run.font == BOLD and run.text.strip() == header)
        return max(number for number, x in enumerate(self.xs) if x <= title.x)


def see(page: pikepdf.Page) -> Seen:
    """What a page shows, the forms it draws included."""
    eye = _Eye()
    eye.look(page.obj, page.obj.Resources, IDENTITY)
    x0, y0, x1, y1 = (float(value) for value in page.mediabox)
    return Seen(tuple(eye.runs), tuple(eye.boxes), (x0, y0, x1, y1))


def times(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does the first, then the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def parsed(source: Any) -> list[Op]:
    """The operators of a page or of a form."""
    source = pikepdf.Page(source) if source.get("/Type") == Name.Page else source
    return [(list(one.operands), str(one.operator)) for one in pikepdf.parse_content_stream(source)]


@dataclass
class _State:
    """What `q` keeps."""

    matrix: Matrix
    white: bool = False
    key: str = ""
    size: float = 0.0


class _Eye:
    """Follows the operators of a page."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.boxes: list[Box] = []
        self._path: list[Box] = []
        self._line = self._text = IDENTITY

    def look(self, source: Any, resources: Any, matrix: Matrix) -> None:
        """Follow a page or a form; the matrix maps its space to the page's."""
        self._now, kept = _State(matrix), list[_State]()
        for values, op in parsed(source):
            if op == "q":
                kept.append(replace(self._now))
            elif op == "Q":
                self._now = kept.pop()
            elif op == "Do":
                self._form(resources.XObject[str(values[0])])
            elif op in _TEXT or op in _TEXT_PLACES:
                self._write(values, op, resources)
            else:
                self._draw(values, op)

    def _form(self, form: Any) -> None:
        if form.get("/Subtype") != Name.Form:
            return
        before = self._now
        inner = times(_matrix(form.get("/Matrix", IDENTITY)), before.matrix)
        self.look(form, form.Resources if "/Resources" in form else {}, inner)
        self._now = before

    def _draw(self, values: Sequence[Any], op: str) -> None:
        if op == "cm":
            self._now.matrix = times(_matrix(values), self._now.matrix)
        elif op == "rg":
            self._now.white = all(float(value) == 1 for value in values)
        elif op == "re":
            self._path.append(_box(values, self._now.matrix))
        elif op in ("f", "F", "f*", "S", "n", "B"):
            self.boxes += self._path if op[0] in "fF" else []
            self._path = []

    def _write(self, values: Sequence[Any], op: str, resources: Any) -> None:
        if op in _TEXT_PLACES:
            self._place(values, op)
        elif op == "Tf":
            self._now.key, self._now.size = str(values[0]), float(values[1])
        else:
            base = str(resources.Font[self._now.key].BaseFont)[1:]
            for one in values if op == "Tj" else values[0]:
                self._show(one, BOLD if "Bold" in base else REGULAR)

    def _place(self, values: Sequence[Any], op: str) -> None:
        if op == "BT":
            self._line = IDENTITY
        elif op == "Tm":
            self._line = _matrix(values)
        else:
            self._line = times((1, 0, 0, 1, float(values[0]), float(values[1])), self._line)
        self._text = self._line

    def _show(self, one: Any, name: str) -> None:
        if isinstance(one, pikepdf.String):
            run = Run(
                text=bytes(one).decode("cp1252", "replace"),
                key=self._now.key,
                font=name,
                size=self._now.size,
                matrix=times(self._text, self._now.matrix),
                white=self._now.white,
            )
            self.runs.append(run)
            far = width(run.text, name, run.size)
        else:
            far = -float(one) / 1000 * self._now.size
        self._text = times((1, 0, 0, 1, far, 0), self._text)


_TEXT = frozenset({"Tf", "Tj", "TJ"})
_TEXT_PLACES = frozenset({"BT", "Tm", "Td"})


def _matrix(values: Sequence[Any]) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in values)
    return a, b, c, d, e, f


def _box(values: Sequence[Any], matrix: Matrix) -> Box:
    x, y, wide, high = (float(value) for value in values)
    ends = [times((1, 0, 0, 1, *at), matrix)[4:] for at in ((x, y), (x + wide, y + high))]
    (x0, x1), (y0, y1) = sorted(at[0] for at in ends), sorted(at[1] for at in ends)
    return x0, y0, x1, y1


def _distinct(values: Iterator[float]) -> list[float]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > THIN:
            found.append(value)
    return found
