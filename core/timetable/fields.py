"""Cells of one record -> fields: text with the words it was read from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from ..model import Cell, Line, Problem
from . import values

# Heights of the text: a blank, where no line shows one, and what a word's last glyph lacks to its full width.
_BLANK, _LACK = 0.238, 0.087

# Words that no venue begins with; of the 257 venues of 2024 none has a single word either.
_RESTS = frozenset(
    {"annex", "auditorium", "block", "bld", "building", "campus", "centre", "complex", "floor", "hall", "lab", "labs"}
    | {"laboratory", "room", "theatre"}
)

# Words with which venues begin and that stand nowhere else in one.
_FIRSTS = frozenset({"aldoel", "informatorium", "thuto"})
# Fields whose text tells by itself whether it was read whole.
_CHECKED = frozenset({"module", "offered", "group", "language", "date", "day", "time", "start", "status"})

_OF_TIMES = re.compile(r"[0-9][0-9: -]*")
_HYPHENATED = re.compile(r"\w-$")
_NO_HEADING = "this text stands in a column without a heading; it may belong to the column before it"
_WHOLE = frozenset({"PTest"})  # the portal prints "PTest 1" and wraps it, and "Test1" without a blank
_MOST_LINES = 8  # of a venue; the longest has seven words
_MOST_VENUES = 100  # of a row: the ways to wrap them are tried in time that grows with their square
_BROKEN = "it is not certain whether a word was broken here"
_DOUBTS = "it is not certain which of these lines are one venue"
_DOUBT = "it is not certain whether these lines are one venue or two"

Sources = dict[str, tuple[int, ...]]
Joint = Callable[[Cell, Sequence[Line], Line], bool]


class Fields:
    """The cells of one record; the words of every text taken are recorded."""

    def __init__(self, cells: Mapping[str, Cell]) -> None:
        self._cells = cells
        self.sources: Sources = {}
        self.doubts: list[Problem] = []
        """Lines of lists that may be one item or two."""
        self.unknown: list[Problem] = []
        """Texts that are used although they are none of the values that are known."""

    def text(self, name: str) -> str:
        """Take a cell that contains one value; its lines are one wrapped text."""
        cell = self._cells.get(name)
        if cell is None or not cell.lines:
            return ""
        if len(cell.lines) == 1:
            text, words = cell.lines[0].text, cell.lines[0].words
        else:
            text, words = join(cell.lines)
            self.unknown += () if name in _CHECKED else broken_words(cell)
        self.sources[name] = words
        return text

    def expect(self, name: str, known: Callable[[str], bool], what: str) -> str | None:
        """Take a cell that contains one of a few known values; another value is used all the same, and reported."""
        text = self.text(name)
        if text and not known(text):
            page, row = self._cells[name].lines[0].row
            module = self._cells["module"].lines
            named = f"{module[0].text}: " if module else ""
            reason = f"{named}'{text}' is not a known {what}"
            self.unknown.append(Problem(page=page, row=row, text=text, reason=reason))
        return text or None

    def items(self, name: str, goes_on: Joint, *, anew: bool = False) -> tuple[str, ...]:
        """Take a cell that contains a list, an item per line; an item too long for its line continues in the next."""
        cell = self._cells.get(name)
        if cell is None or not cell.lines:
            return ()
        self.sources[name] = tuple(word for line in cell.lines for word in line.words)
        self.doubts += doubts(cell, goes_on, anew=anew)
        self.unknown += broken_words(cell)
        found = [join(group)[0] for group in unwrap(cell, goes_on)]
        if len(set(found)) < len(found) and not self.doubts:
            self.doubts.append(_repeated(cell, found))
        return tuple(dict.fromkeys(found))

    def extras(self) -> str:
        """Take the columns that are in no known layout, each as "Name: text"."""
        found = []
        for name in self._cells:
            if name.startswith("+"):
                text = self.text(name)
                found.append(f"{name[1:]}: {text}" if name[1:] else text)
                if not name[1:]:
                    page, row = self._cells[name].lines[0].row
                    self.unknown.append(Problem(page=page, row=row, text=text, reason=_NO_HEADING))
        return "; ".join(found)


def _repeated(cell: Cell, items: list[str]) -> Problem:
    """Return a problem for a list that names an item twice: rewrapped lines may look like that."""
    twice = next(item for item in items if items.count(item) > 1)
    page, row = cell.lines[0].row
    return Problem(page=page, row=row, text=" | ".join(items), reason=f"'{twice}' stands here twice")


def join(lines: Sequence[Line]) -> tuple[str, tuple[int, ...]]:
    """Return lines as one text, with their words; a line that ends in a hyphen continues without a blank."""
    text = lines[0].text
    for line in lines[1:]:
        text += line.text if _HYPHENATED.search(text) else f" {line.text}"
    return text, tuple(word for line in lines for word in line.words)


def unwrap(cell: Cell, goes_on: Joint) -> list[tuple[Line, ...]]:
    """Return the items of a cell, each as its lines; `goes_on` decides whether a line continues an item."""
    groups: list[list[Line]] = []
    for line in cell.lines:
        if groups and goes_on(cell, groups[-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [tuple(group) for group in groups]


def may_go_on(cell: Cell, item: Sequence[Line], line: Line) -> bool:
    """Tell whether an item may have been wrapped before this line: the line's first word would not have fitted."""
    last = item[-1]
    blank = next((one.gap for one in cell.lines if one.gap), _BLANK * last.height)
    return last.x1 + blank + _LACK * last.height + line.first_width > cell.right


def goes_on_if_spaced(cell: Cell, item: Sequence[Line], line: Line) -> bool:
    """Tell whether an item was wrapped here: the next word would not have fitted, and the trailing blank was kept."""
    return item[-1].spaced and may_go_on(cell, item, line)


def goes_on_if_spaced_or_broken(cell: Cell, item: Sequence[Line], line: Line) -> bool:
    """Tell whether an item was wrapped here or at the end of its page: the blank before a page break cannot be seen."""
    return (item[-1].spaced or item[-1].row != line.row) and may_go_on(cell, item, line)


def goes_on_unless_alike(cell: Cell, item: Sequence[Line], line: Line) -> bool:
    """Tell whether an exam's venue continues: exams have one venue per row, but two that begin alike are a list."""
    may = may_go_on(cell, item, line) or item[-1].spaced or is_rest(line.text)
    return may and item[0].text.split()[0] != line.text.split()[0]


def goes_on_if_rest(cell: Cell, item: Sequence[Line], line: Line) -> bool:
    """Tell whether a venue in a list continues: the line is no venue by itself, or the item is none yet.

    "Lab 2" after "Informatorium CBT", "Red Lab" after "Informatorium", "Toit Auditorium" after "AE du".
    """
    if is_rest(line.text) or _is_word(item):
        return True
    begins, ends = line.text.split()[0], item[-1].text.split()[-1]
    open_end = ends.isalpha() and ends.islower() and ends not in _RESTS
    return (begins[0].islower() or begins.lower() in _RESTS or open_end) and may_go_on(cell, item, line)


def goes_on_if_open(cell: Cell, item: Sequence[Line], line: Line) -> bool:
    """Tell whether a time continues: its end, or the dash before it, was printed below its start."""
    del cell, line
    text = join(item)[0]
    return _OF_TIMES.fullmatch(text) is not None and not values.is_span(text)


def ways_to_wrap(cell: Cell, count: int) -> list[tuple[tuple[Line, ...], ...]]:
    """Return the ways in which so many venues may have been wrapped into a cell's lines, at most two.

    A venue continues only where its next word would not have fitted, or in a line that is no venue by itself.
    """
    lines = cell.lines if count <= _MOST_VENUES else ()
    ways: dict[tuple[int, int], list[tuple[tuple[Line, ...], ...]]] = {(len(lines), 0): [()]}
    for start in reversed(range(len(lines))):
        for end in range(start + 1, min(len(lines), start + _MOST_LINES) + 1):
            item = lines[start:end]
            if len(item) > 1 and not (_begins_rest(item[-1]) or may_go_on(cell, item[:-1], item[-1])):
                break
            if is_venue(item):
                for left in range(count):
                    found = ways.setdefault((start, left + 1), [])
                    found += [(item, *rest) for rest in ways.get((end, left), ())][: 2 - len(found)]
    return ways.get((0, count), [])


def is_venue(lines: Sequence[Line]) -> bool:
    """Tell whether lines may be one venue: no rest at its beginning, several words, none twice, and not two venues."""
    words = " ".join([line.text.lower() for line in lines]).split()
    several = len(set(words)) == len(words) > 1
    return several and not _begins_rest(lines[0]) and _FIRSTS.isdisjoint(words[1:])


def _begins_rest(line: Line) -> bool:
    return is_rest(line.text) or line.text.split()[0].lower() in _RESTS


def broken_words(cell: Cell) -> list[Problem]:
    """Return a problem for each word that fills its line before small letters or digits: it may be half a word."""
    return [
        Problem(page=line.row[0], row=line.row[1], text=f"{line.text} | {following.text}", reason=_BROKEN)
        for line, following in pairwise(cell.lines)
        if is_broken(cell, line, following)
    ]


def is_broken(cell: Cell, line: Line, following: Line) -> bool:
    """Tell whether a word may have been broken between two lines: only a word wider than its cell is."""
    if (
        line.spaced
        or " " in line.text
        or line.text in _WHOLE
        or not following.text[0].islower() | following.text[0].isdigit()
    ):
        return False
    letter = following.first_width / len(following.text.split()[0])
    return line.x1 + _LACK * line.height + letter > cell.right


def is_rest(text: str) -> bool:
    """Tell whether a text can only be the rest of a venue: a venue begins with a letter and has several words."""
    return not text[0].isalpha() or text.lower() in _RESTS


def is_wrapped_anew(cell: Cell) -> bool:
    """Tell whether a program other than the portal wrapped items of a list: the portal keeps the trailing blanks."""
    return any(
        not line.spaced and line.row == following.row and _is_certain(cell, (line,), following)
        for line, following in pairwise(cell.lines)
    )


def _is_certain(cell: Cell, item: Sequence[Line], line: Line) -> bool:
    """Tell whether an item certainly continues: the line would not have fitted and is no venue by itself."""
    return may_go_on(cell, item, line) and goes_on_if_rest(cell, item, line)


def doubts(cell: Cell, goes_on: Joint, *, anew: bool = False) -> list[Problem]:
    """Return a problem for each pair of lines that may be one item or two.

    Where lists were rewrapped, that holds for every line whose next word would not have fitted. No item is a single
    word, which may be part of its neighbour.
    """
    items = unwrap(cell, goes_on)
    found = [
        _unsure(item[at - 1], item[at])
        for item in items
        for at in range(1, len(item))
        if not _is_certain(cell, item[:at], item[at])
    ] + [
        _unsure(before[-1], item[0])
        for before, item in pairwise(items)
        if (anew and may_go_on(cell, before, item[0])) or _is_word(before) or _is_word(item)
    ]
    if len(found) > 1:
        text = " | ".join([line.text for line in cell.lines])
        found = [replace(found[0], text=text, reason=_DOUBTS)]
    return found


def _is_word(item: Sequence[Line]) -> bool:
    return len(item) == 1 and " " not in item[0].text


def _unsure(line: Line, following: Line) -> Problem:
    return Problem(page=line.row[0], row=line.row[1], text=f"{line.text} | {following.text}", reason=_DOUBT)
