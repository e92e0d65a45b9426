"""A problem of choosing one option for each of some variables, in integers, and what a combination of options costs.

The cost is the sum of the costs of the options, of each pair of them, and of the days. A day's cost depends on its
first start, last end and campuses: it never falls when a session is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Part(NamedTuple):
    """What an option adds to one day."""

    day: int
    """Index among the problem's days."""
    first: int
    """Minutes after midnight: its earliest start."""
    last: int
    campuses: int
    """One bit for each."""


class DayPrice(NamedTuple):
    """What a day costs."""

    used: int
    early: int
    """If its first session starts before `early_before`."""
    minute: int
    """For each minute from its first start to its last end."""
    campus: int
    """For each campus after the first."""
    early_before: int

    def of(self, day: tuple[int, int, int]) -> int:
        """Return the cost of a day, given its first start, last end and campuses."""
        first, last, campuses = day
        if last <= first:
            return 0
        early = self.early if first < self.early_before else 0
        return self.used + early + self.minute * (last - first) + self.campus * max(campuses.bit_count() - 1, 0)


FREE_DAY = (1440, 0, 0)
Day = tuple[int, int, int]
Pairs = Mapping[tuple[int, int], Sequence[Sequence[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostProblem:
    """Variables 0, 1, ... with options 0, 1, ... each, and what they cost."""

    single: Sequence[Sequence[int]]
    """Variable -> option -> cost."""
    pairs: Pairs
    """(Variable, later variable) -> option of the first -> option of the second -> cost."""
    parts: Sequence[Sequence[Sequence[Part]]]
    """Variable -> option -> what it adds to days."""
    days: Sequence[Day]
    """What is there already."""
    price: DayPrice


def joined(day: Day, part: Part) -> Day:
    """Return a day with one more part."""
    return min(day[0], part.first), max(day[1], part.last), day[2] | part.campuses


def components(problem: CostProblem) -> Iterator[tuple[int, ...]]:
    """Yield the variables in sets that share no cost: each is solved by itself."""
    near: dict[int, set[int]] = {variable: {variable} for variable in range(len(problem.single))}
    for (i, j), table in problem.pairs.items():
        if any(map(any, table)):
            near[i].add(j)
            near[j].add(i)
    if any(problem.price[:4]):
        for sharing in _by_day(problem):
            for variable in sharing:
                near[variable] |= sharing
    seen: set[int] = set()
    for variable in near:
        if variable not in seen:
            reached = _reached(variable, near)
            seen |= reached
            yield tuple(sorted(reached))


def _by_day(problem: CostProblem) -> Iterable[set[int]]:
    found: dict[int, set[int]] = {}
    for variable, options in enumerate(problem.parts):
        for part in (part for parts in options for part in parts):
            found.setdefault(part.day, set()).add(variable)
    return found.values()


def _reached(start: int, near: Mapping[int, set[int]]) -> set[int]:
    reached, fresh = {start}, [start]
    while fresh:
        new = near[fresh.pop()] - reached
        reached |= new
        fresh += new
    return reached
