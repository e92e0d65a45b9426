"""A proposal of groups in words or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from ..core.choosing import Table, save, selection_of
from ..core.decisions import Picks, owner
from ..core.preferences import MEANINGS, Preference
from ..core.propose import Proposal, propose
from ..core.selection_file import dump_selection
from ..core.week import Block, Clash
from .clash_words import clash_line, clash_total
from .render import Shown, print_lines


def make_proposal(
    table: Table, kept: Picks, preferences: tuple[Preference, ...], *, nodes: int, write: bool, machine: bool
) -> None:
    """Propose, write the selection or print it, and tell what is proposed."""
    found = propose(table.decisions, kept, preferences, nodes=nodes)
    if write:
        save(table, found.picks)
    if machine:
        click.echo(json.dumps(proposal_value(table, found, written=write), ensure_ascii=False, indent=2))
        return
    if not write:
        sys.stdout.write(dump_selection(selection_of(table, found.picks)).decode())
    lines = [*proposal_lines(table, found, nodes), *(written_lines(table) if write else [])]
    print_lines(lines, to_stderr=not write)


def proposal_lines(table: Table, found: Proposal, nodes: int) -> Iterator[Shown]:
    """Yield what is proposed, what clashes, and whether it is proven."""
    groups = selection_of(table, found.picks).groups
    here = {choice.module for choice in table.decisions.choices}
    mine = {key: names for key, names in groups.items() if " ".join(key.split(" ")[:2]) in here}
    yield Shown("Your groups:" if mine else "There is nothing to choose: no kind of group has two.")
    for key, names in sorted(mine.items()):
        yield Shown(f"{key}  {', '.join(names)}", 2)
    if found.clashes:
        yield Shown(f"{clash_total(found.clashes)}:", style="bold red")
        yield from (Shown(clash_line(clash), 2) for clash in found.clashes)
    else:
        yield Shown("No two sessions clash.", style="green")
    for preference, amount in found.costs:
        yield Shown(f"{preference.value}: {amount:,} {MEANINGS[preference]}.")
    yield Shown(_proof(found, nodes))


def _proof(found: Proposal, nodes: int) -> str:
    if not found.proven:
        return (
            f"This is the best found in {nodes:,} nodes, not proven best; a larger --nodes searches further, and "
            "--group decides something beforehand."
        )
    better = " or, with as few, is better by these preferences in their order" if found.costs else ""
    return f"Proven: no other choice for what was open has fewer clashing minutes in a year{better}."


def open_lines(table: Table, picks: Picks) -> Iterator[Shown]:
    """Yield the decisions that were not made."""
    still = [
        f"{choice.module} {choice.kind}"
        for choice in table.decisions.choices
        if len(choice.groups) > 1 and choice not in picks and owner(table.decisions, choice, picks) is None
    ]
    if still:
        yield Shown(f"Still to choose, all their groups stay in the calendar: {', '.join(still)}.", style="yellow")


def written_lines(table: Table) -> Iterator[Shown]:
    """Yield where the selection is and what it does."""
    for gone in table.gone:
        yield Shown(f"{gone} is no longer in the PDF and was left out.", style="yellow")
    yield Shown(f"Written: {table.path}")
    for hidden in table.hidden:
        yield Shown(f"{hidden} goes first for its PDF: move it away if this choice is to count.", style="yellow")


def proposal_value(table: Table, found: Proposal, *, written: bool) -> dict[str, object]:
    """Return a proposal as JSON; the keys are an interface.

    Of a clash, "minutes" are those of one day and "times" how often it comes in a year; the "minutes" of the whole are
    the sum of their products.
    """
    return {
        "groups": {key: list(names) for key, names in sorted(selection_of(table, found.picks).groups.items())},
        "minutes": found.minutes,
        "clashes": [_clash_value(clash) for clash in found.clashes],
        "preferences": {preference.value: amount for preference, amount in found.costs},
        "proven": found.proven,
        "nodes": found.nodes,
        "file": str(table.path),
        "written": written,
    }


def _clash_value(clash: Clash) -> dict[str, object]:
    sides = {"first": _side(clash.first), "second": _side(clash.second)}
    return {**sides, "minutes": clash.minutes, "times": clash.times}


def _side(block: Block) -> dict[str, object]:
    entry = block.entry
    return {
        "kind": entry.kind.value,
        "module": entry.module,
        "activity": entry.activity,
        "group": entry.group,
        "offered": entry.offered,
        "day": block.day,
        "date": entry.date.isoformat() if entry.date else None,
        "start": entry.start.strftime("%H:%M"),
        "end": entry.end.strftime("%H:%M") if entry.end else None,
    }
