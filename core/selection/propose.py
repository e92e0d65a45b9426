"""The groups that clash least: decisions and preferences -> one group for each, found exactly or said not to be.

First comes the number of clashing minutes in a year: every pair of sessions that `week` calls a clash counts the
minutes they share, two weekly ones in each teaching week of the quarters they have in common, a test or exam once. Then
come the preferences in the order given, then the groups' names in the order of the decisions.

Own exact search rather than a solver from a library: made and real first-years' timetables are proven in seconds,
most within one, while OR-Tools is a wheel of 28 MB that needs NumPy, pandas and protobuf besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..model import Entry
from ..pictures.week import Clash, clashing_minutes, plan_week
from .decisions import Decisions, Picks, attended
from .preferences import Preference, Weeks, afternoon, day_price, measure, parts_of, weeks_of, weigh
from .search import FREE_DAY, CostProblem, Day, joined, solve
from .select import Choice

NODES = 200_000
"""Nodes the search may visit unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A choice of groups and what it costs."""

    picks: Picks
    entries: tuple[Entry, ...]
    """The sessions that are attended, with those that take place in any case."""
    clashes: tuple[Clash, ...]
    minutes: int
    """Of all clashes, each counted as often as it comes in a year."""
    costs: tuple[tuple[Preference, int], ...]
    """What each preference counts, in the order given."""
    proven: bool
    """Whether no choice is better; otherwise it is the best one found within the limit of nodes."""
    nodes: int
    assumed: tuple[int, ...] = ()
    """Years of tests whose teaching dates are not known: whether lectures take place on those days is assumed."""


class _Option(NamedTuple):
    groups: tuple[str, ...]
    entries: tuple[Entry, ...]


def propose(found: Decisions, kept: Picks, preferences: Sequence[Preference] = (), *, nodes: int = NODES) -> Proposal:
    """Return the best groups for the decisions that are not made; those made are kept as they are."""
    options = [_options(found, choice, kept) for choice in found.choices]
    weeks = weeks_of(found.entries)
    preferences = tuple(dict.fromkeys(preferences))
    problem = _problem(found, options, kept, preferences, weeks)
    solution = solve(problem, nodes)
    chosen = [options[variable][option].groups for variable, option in enumerate(solution.options)]
    picks = {choice: groups for choice, groups in zip(found.choices, chosen, strict=True) if groups}
    entries = attended(found, picks)
    plan = plan_week(entries)
    return Proposal(
        picks=picks,
        entries=entries,
        clashes=plan.clashes,
        minutes=clashing_minutes(plan.clashes),
        costs=tuple((preference, measure(entries, weeks, preference)) for preference in preferences),
        proven=solution.proven,
        nodes=solution.nodes,
        assumed=plan.assumed,
    )


def _options(found: Decisions, choice: Choice, kept: Picks) -> list[_Option]:
    """Return what a decision can be; no group at all where a G group may bring the sessions along."""
    if choice in kept:
        return [_option(found, choice, kept[choice])]
    may_own = any(choice.kind in kinds for key, kinds in found.owned.items() if key[:2] == choice[:2])
    none = [_Option((), ())] if may_own and choice.kind != "G" else []
    return none + [_option(found, choice, (group,)) for group in choice.groups]


def _option(found: Decisions, choice: Choice, groups: tuple[str, ...]) -> _Option:
    mine = (choice.module, choice.offered)
    return _Option(groups, tuple(e for e in found.entries if (e.module, e.offered) == mine and e.group in groups))


# ---- the problem in integers


def _problem(
    found: Decisions,
    options: Sequence[Sequence[_Option]],
    kept: Picks,
    preferences: Sequence[Preference],
    weeks: Weeks,
) -> CostProblem:
    weights, minute = weigh(preferences, found.entries, weeks)
    single = [[0] * len(mine) for mine in options]
    pairs: dict[tuple[int, int], list[list[int]]] = {}
    _add_clashes(found, options, minute, single, pairs)
    never = 1 + sum(map(sum, single)) + sum(sum(map(sum, table)) for table in pairs.values()) + minute
    for variable, mine in enumerate(options):
        for option, (_, entries) in enumerate(mine):
            single[variable][option] += weights.get(Preference.MORNINGS, 0) * afternoon(entries, weeks)
    _forbid(found, options, kept, never, pairs)
    return CostProblem(
        single=single,
        pairs=pairs,
        parts=[[parts_of(entries, weeks) for _, entries in mine] for mine in options],
        days=_days(attended(found, {}), weeks),
        price=day_price(weights),
    )


def _add_clashes(
    found: Decisions,
    options: Sequence[Sequence[_Option]],
    minute: int,
    single: list[list[int]],
    pairs: dict[tuple[int, int], list[list[int]]],
) -> None:
    """Add a year's minutes of every clash between what could be chosen."""
    places = {
        id(entry): (variable, option)
        for variable, mine in enumerate(options)
        for option, (_, entries) in enumerate(mine)
        for entry in entries
    }
    always = {id(entry) for entry in attended(found, {})}
    for clash in plan_week(found.entries).clashes:
        first, second = id(clash.first.entry), id(clash.second.entry)
        if not all(entry in places or entry in always for entry in (first, second)):
            continue  # of a group that was decided against
        there = sorted(places[entry] for entry in (first, second) if entry in places)
        cost = minute * clash.total
        if len(there) == 1 or (len(there) == 2 and there[0] == there[1]):
            single[there[0][0]][there[0][1]] += cost
        elif len(there) == 2 and there[0][0] != there[1][0]:
            (i, a), (j, b) = there
            _table(options, pairs, i, j)[a][b] += cost


def _forbid(
    found: Decisions,
    options: Sequence[Sequence[_Option]],
    kept: Picks,
    never: int,
    pairs: dict[tuple[int, int], list[list[int]]],
) -> None:
    """Let a kind go without a group exactly if the chosen G group owns it; what was kept stays in any case."""
    classes = {choice[:2]: variable for variable, choice in enumerate(found.choices) if choice.kind == "G"}
    for j, choice in enumerate(found.choices):
        i = classes.get(choice[:2], j)
        if choice in kept or i == j:
            continue
        for a, one in enumerate(options[i]):
            owns = any(choice.kind in found.owned.get((*choice[:2], group), ()) for group in one.groups)
            for b, other in enumerate(options[j]):
                if owns != (not other.groups):
                    _table(options, pairs, i, j)[a][b] += never


def _table(
    options: Sequence[Sequence[_Option]], pairs: dict[tuple[int, int], list[list[int]]], i: int, j: int
) -> list[list[int]]:
    return pairs.setdefault((i, j), [[0] * len(options[j]) for _ in options[i]])


def _days(entries: Sequence[Entry], weeks: Weeks) -> list[Day]:
    days = [FREE_DAY] * weeks.days
    for part in parts_of(entries, weeks):
        days[part.day] = joined(days[part.day], part)
    return days
