"""The cheapest combination of one option for each variable, found exactly: depth-first branch and bound over integers.

A combination costs what its options cost, each pair of them, and the days. A day's cost depends on its first start,
last end and campuses: it never falls when a session is added.

The bound of a node: what is decided costs at least what it costs now, and every undecided variable adds at least its
cheapest option against what is decided. An option that costs too much beside these bounds, with what it makes of the
days, is dropped; a variable without options ends the branch.
Before the search the pair costs are moved into the single costs as far as they go (directional arc consistency of
weighted constraints), which changes the cost of no combination and makes the bound closer.

The search counts the nodes it visits and stops at a limit; time plays no part, so equal input gives an equal answer.
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


Rows = dict[int, list[int]]
Tables = dict[int, dict[int, list[list[int]]]]


def arc_consistent(problem: CostProblem, variables: Sequence[int]) -> tuple[Rows, Tables]:
    """Return the single costs and the pair costs, looked up from either side, of an equivalent problem."""
    rows = {variable: list(problem.single[variable]) for variable in variables}
    members = set(variables)
    pairs = {pair: [list(row) for row in table] for pair, table in problem.pairs.items() if members.issuperset(pair)}
    for pair in sorted(pairs, key=lambda pair: (-pair[1], -pair[0])):
        _extend(rows[pair[1]], pairs[pair])
        _project(rows, pair, pairs[pair])
    tables: Tables = {variable: {} for variable in variables}
    for (i, j), table in pairs.items():
        if any(map(any, table)):
            tables[i][j] = table
            tables[j][i] = [list(column) for column in zip(*table, strict=True)]
    return rows, tables


def _extend(row: list[int], table: list[list[int]]) -> None:
    """Move the later variable's single costs into its pairs with the earlier one."""
    for costs in table:
        costs[:] = map(int.__add__, costs, row)
    row[:] = [0] * len(row)


def _project(rows: Rows, pair: tuple[int, int], table: list[list[int]]) -> None:
    """Move what all pairs of an option cost to the option, the earlier variable's first."""
    first, second = rows[pair[0]], rows[pair[1]]
    for option, costs in enumerate(table):
        least = min(costs)
        first[option] += least
        costs[:] = [cost - least for cost in costs]
    for option in range(len(second)):
        least = min(costs[option] for costs in table)
        second[option] += least
        for costs in table:
            costs[option] -= least


_NEVER = 1 << 200
"""More than any combination costs."""


class Solution(NamedTuple):
    """A combination: the cheapest if proven, and then the first in order of its options among the equally cheap."""

    options: tuple[int, ...]
    proven: bool
    nodes: int


class Exhausted(Exception):
    """The limit of nodes was reached."""


class Budget:
    """How many nodes may still be visited."""

    def __init__(self, nodes: int) -> None:
        self.left = nodes

    def take(self) -> None:
        """Count one node.

        Raises Exhausted beyond the limit.
        """
        if self.left <= 0:
            raise Exhausted
        self.left -= 1


def solve(problem: CostProblem, limit: int) -> Solution:
    """Return the cheapest combination, or the best one found within a limit of nodes."""
    budget = Budget(limit)
    options = [0] * len(problem.single)
    proven = True
    for variables in components(problem):
        search = _Search(problem, variables, budget)
        try:
            search.run()
        except Exhausted:
            proven = False
        for variable, option in search.best.items():
            options[variable] = option
    return Solution(tuple(options), proven, limit - budget.left)


class _Node(NamedTuple):
    """Some variables decided."""

    chosen: dict[int, int]
    base: int
    """What the decided ones cost, days included."""
    rows: dict[int, list[int]]
    """Undecided variable -> option -> what it would add, days apart."""
    days: tuple[Day, ...]
    bound: int
    """No combination below this node is cheaper."""


class _Search:
    """The search through one component."""

    def __init__(self, problem: CostProblem, variables: Sequence[int], budget: Budget) -> None:
        self._variables = variables
        self._budget = budget
        self._price = problem.price
        self._parts = problem.parts
        self._priced = any(problem.price[:4])
        rows, tables = arc_consistent(problem, variables)
        self._tables = tables
        days = tuple(problem.days)
        self._root = _Node({}, sum(map(self._price.of, days)), rows, days, 0)
        self.best: dict[int, int] = {}
        self._cost = _NEVER
        self._start()

    def run(self) -> None:
        """Find the cheapest combination, then the first in order among those that cost the same."""
        self._improve(self._root, self._cost)
        node = self._root
        for variable in self._variables:
            for option in range(self.best[variable]):
                if self._improve(self._decided(node, variable, option), self._cost + 1, first=True):
                    break
            node = self._decided(node, variable, self.best[variable])

    # ---- the search

    def _improve(self, start: _Node, below: int, *, first: bool = False) -> bool:
        """Look for a combination below a cost and keep it; the cheapest one, or the first found."""
        found = False
        stack = [iter((start,))]
        while stack:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
            elif node.bound < below:
                self._budget.take()
                tight = self._tightened(node, below)
                if tight is None:
                    continue
                if tight.rows:
                    stack.append(self._children(tight))
                    continue
                self.best, self._cost, below, found = tight.chosen, tight.base, tight.base, True
                if first:
                    return True
        return found

    def _tightened(self, node: _Node, below: int) -> _Node | None:
        """Return a node without the options that cannot be part of a combination below a cost, if any is left."""
        least = {variable: min(row) for variable, row in node.rows.items()}
        total = node.base + sum(least.values())
        if total >= below:
            return None
        rows = {}
        for variable, row in node.rows.items():
            room = below - total + least[variable]
            rows[variable] = [
                cost if cost < room and cost + self._growth(node.days, variable, option) < room else _NEVER
                for option, cost in enumerate(row)
            ]
            if min(rows[variable]) == _NEVER:
                return None
        return node._replace(rows=rows)

    def _children(self, node: _Node) -> Iterator[_Node]:
        """Yield what becomes of a node when its most constrained variable is decided, the cheapest first."""
        variable = min(node.rows, key=lambda variable: self._freedom(node.rows[variable], variable))
        row = node.rows[variable]
        children = [self._decided(node, variable, option) for option, cost in enumerate(row) if cost < _NEVER]
        return iter(sorted(children, key=lambda child: child.bound))

    def _freedom(self, row: list[int], variable: int) -> tuple[int, int, int]:
        live = sorted(cost for cost in row if cost < _NEVER)
        return len(live), -(live[1] - live[0]) if len(live) > 1 else 0, -len(self._tables[variable])

    def _decided(self, node: _Node, variable: int, option: int) -> _Node:
        rows = dict(node.rows)
        cost = rows.pop(variable)[option]
        for other, table in self._tables[variable].items():
            if other in rows:
                rows[other] = list(map(int.__add__, rows[other], table[option]))
        growth = self._growth(node.days, variable, option)
        base = node.base + cost + growth
        bound = base + sum(map(min, rows.values()))
        chosen = {**node.chosen, variable: option}
        return _Node(chosen, base, rows, self._after(node.days, variable, option), bound)

    def _growth(self, days: Sequence[Day], variable: int, option: int) -> int:
        """Return what an option makes of the days' cost."""
        if not self._priced:
            return 0
        of = self._price.of
        return sum(of(joined(days[part.day], part)) - of(days[part.day]) for part in self._parts[variable][option])

    def _after(self, days: tuple[Day, ...], variable: int, option: int) -> tuple[Day, ...]:
        if not self._priced:
            return days
        after = list(days)
        for part in self._parts[variable][option]:
            after[part.day] = joined(after[part.day], part)
        return tuple(after)

    # ---- the first combination

    def _start(self) -> None:
        """Decide one variable after another for the least cost, in order."""
        node = self._root
        for variable in self._variables:
            options = range(len(node.rows[variable]))
            node = min((self._decided(node, variable, option) for option in options), key=lambda child: child.bound)
        self.best, self._cost = node.chosen, node.base
