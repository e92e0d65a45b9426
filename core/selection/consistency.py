"""Costs of pairs moved into costs of single options: every combination costs the same, and bounds come closer.

Directional arc consistency of weighted constraint networks: from the last variable to the first, what an option of the
earlier variable costs at least, whatever the later one is, becomes a cost of that option alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from .problem import CostProblem

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
