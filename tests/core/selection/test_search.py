"""The exact search, on problems of plain numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.selection.search import FREE_DAY, CostProblem, DayPrice, Part, components, joined, solve

COSTS = st.integers(0, 3)
PARTS = st.builds(Part, day=st.just(0), first=st.integers(0, 3), last=st.integers(4, 9), campuses=st.integers(0, 3))


def cost_of(problem: CostProblem, options: Sequence[int]) -> int:
    """Return the cost of a combination."""
    days = list(problem.days)
    cost = 0
    for variable, option in enumerate(options):
        cost += problem.single[variable][option]
        for part in problem.parts[variable][option]:
            days[part.day] = joined(days[part.day], part)
    cost += sum(table[options[i]][options[j]] for (i, j), table in problem.pairs.items())
    return cost + sum(map(problem.price.of, days))


@st.composite
def problems(draw: st.DrawFn) -> CostProblem:
    """Problems of up to five variables with three options each, many of equal cost."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=5))
    pairs = {
        (i, j): [[draw(COSTS) for _ in range(sizes[j])] for _ in range(sizes[i])]
        for i, j in itertools.combinations(range(len(sizes)), 2)
        if draw(st.booleans())
    }
    days = draw(st.integers(1, 2))
    at = st.lists(PARTS, max_size=1)
    parts = [
        [[part._replace(day=draw(st.integers(0, days - 1))) for part in draw(at)] for _ in range(size)]
        for size in sizes
    ]
    price = DayPrice(draw(COSTS), draw(COSTS), draw(COSTS), draw(COSTS), 2)
    single = [[draw(COSTS) for _ in range(size)] for size in sizes]
    return CostProblem(single=single, pairs=pairs, parts=parts, days=[FREE_DAY] * days, price=price)


@settings(max_examples=200, deadline=None)
@given(problems())
def test_it_finds_the_first_of_the_cheapest(problem: CostProblem) -> None:
    """The combination found is the first in order of those that cost least, and proven so."""
    ways = itertools.product(*(range(len(options)) for options in problem.single))
    best = min(ways, key=lambda way: (cost_of(problem, way), way))
    solution = solve(problem, 10_000)
    assert (solution.options, solution.proven) == (best, True)


def test_among_equals_the_first_is_found() -> None:
    """The search for the least cost alone meets another combination of the same cost first here."""
    free = DayPrice(0, 0, 0, 0, 0)
    pairs = {(0, 1): [[1, 0], [2, 2]], (0, 2): [[2, 2], [2, 0]], (1, 2): [[0, 0], [0, 2]]}
    problem = CostProblem(single=[[1, 0], [1, 0], [0, 0]], pairs=pairs, parts=[[[], []]] * 3, days=[], price=free)
    assert (cost_of(problem, (0, 1, 0)), cost_of(problem, (1, 0, 1))) == (3, 3)
    assert solve(problem, 100).options == (0, 1, 0)


@settings(max_examples=50, deadline=None)
@given(problems(), st.integers(0, 5))
def test_the_limit_holds(problem: CostProblem, limit: int) -> None:
    """No more nodes are visited than allowed, and a combination is there all the same."""
    solution = solve(problem, limit)
    assert solution.nodes <= limit
    assert len(solution.options) == len(problem.single)
    assert cost_of(problem, solution.options) >= cost_of(problem, solve(problem, 10_000).options)


def test_what_shares_no_cost_is_searched_by_itself() -> None:
    """Forty pairs of variables cost some nodes each, not a node for each combination of theirs."""
    pairs = {(2 * n, 2 * n + 1): [[5, 1], [1, 5]] for n in range(40)}
    free = DayPrice(0, 0, 0, 0, 0)
    problem = CostProblem(single=[[0, 0]] * 80, pairs=pairs, parts=[[[], []]] * 80, days=[], price=free)
    assert len(list(components(problem))) == 40
    solution = solve(problem, 1_000)
    assert (solution.options, solution.proven) == ((0, 1) * 40, True)
