"""A proposal of groups in words or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import click

from ...core.commands.choose import Draft, save, selection_of
from ...core.model import Entry
from ...core.pictures.theme import clash_line, counted_total
from ...core.pictures.week import Block, Clash
from ...core.selection.decisions import Picks, undecided
from ...core.selection.file import dump_selection
from ...core.selection.preferences import MEANINGS, Preference, weeks_of
from ...core.selection.propose import Proposal, propose
from ...core.selection.select import ModuleKey
from ..common.terminal import Shown, print_lines

_LANGUAGES = {"A": "Afrikaans"}
_ENGLISH = (None, "E", "B")
"""Languages in which a group is taught in English, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRequest:
    """What is to be proposed."""

    draft: Draft
    picks: Picks
    """Decisions that stay."""
    preferences: tuple[Preference, ...]
    nodes: int

    @property
    def kept(self) -> dict[str, list[str]]:
        """Module -> groups that an earlier choice decided and that stay."""
        found: dict[str, list[str]] = {}
        for choice, groups in self.picks.items():
            if len(choice.groups) > 1 and choice not in self.draft.typed:
                periods = {other.offered for other in self.draft.decisions.choices if other.module == choice.module}
                key = f"{choice.module} {choice.offered}" if len(periods) > 1 else choice.module
                found.setdefault(key, []).extend(groups)
        return found


def make_proposal(task: ProposalRequest, *, write: bool, machine: bool) -> None:
    """Propose, write the selection or print it, and tell what is proposed."""
    draft = task.draft
    found = propose(draft.decisions, task.picks, task.preferences, nodes=task.nodes)
    if write:
        save(draft, found.picks)
    if machine:
        click.echo(json.dumps(proposal_value(task, found, written=write), ensure_ascii=False, indent=2))
        return
    if not write:
        sys.stdout.write(dump_selection(selection_of(draft, found.picks)).decode())
    end = [*lost_lines(draft), *(written_lines(draft) if write else [])]
    print_lines([*proposal_lines(task, found), *end], to_stderr=not write)


def proposal_lines(task: ProposalRequest, found: Proposal) -> Iterator[Shown]:
    """Yield what is proposed, what clashes, and whether it is proven."""
    groups = selection_of(task.draft, found.picks).groups
    here = {choice.module for choice in task.draft.decisions.choices}
    mine = {key: names for key, names in groups.items() if ModuleKey.of(key).module in here}
    yield Shown("Your groups:" if mine else "Nothing to choose: no module has two groups of one kind.")
    for key, names in sorted(mine.items()):
        yield Shown(f"{key}  {', '.join(names)}", 2)
    yield from _kept_lines(task)
    if found.clashes:
        yield Shown(f"{counted_total(found.clashes)}:", style="bold red")
        yield from (Shown(clash_line(clash), 2) for clash in found.clashes)
    else:
        yield Shown("No two sessions clash.", style="green")
    yield from _assumed_lines(found)
    yield from _language_lines(task.draft, found)
    counted = weeks_of(task.draft.decisions.entries).counted
    for preference, amount in found.costs:
        yield Shown(f"{preference.value}: {MEANINGS[preference]}, {counted}: {amount:,}.")
    if mine:
        yield Shown(_proof(task, found))


def _kept_lines(task: ProposalRequest) -> Iterator[Shown]:
    if task.kept:
        named = ", ".join(f"{key} {'+'.join(groups)}" for key, groups in task.kept.items())
        yield Shown(f"Kept from {task.draft.start.source}: {named}; --anew decides them again.", style="yellow")


def _assumed_lines(found: Proposal) -> Iterator[Shown]:
    if found.assumed:
        years = " and ".join(map(str, found.assumed))
        its = "its" if len(found.assumed) == 1 else "their"
        yield Shown(
            f"Whether lectures take place on the days of tests is assumed for {years}: {its} teaching dates are not "
            "known."
        )


def _language_lines(draft: Draft, found: Proposal) -> Iterator[Shown]:
    """Yield the groups that are not taught in English, unless a language was asked for."""
    if draft.start.language:
        return
    in_english = {_place(entry) for entry in draft.decisions.entries if entry.language in _ENGLISH}
    chosen = [entry for entry in found.entries if entry.group and entry.language not in _ENGLISH]
    for language in sorted({entry.language or "" for entry in chosen}):
        mine = [entry for entry in chosen if entry.language == language]
        named = _LANGUAGES.get(language, language)
        avoidable = dict.fromkeys(f"{e.module} {e.group}" for e in mine if _place(e) in in_english)
        only = dict.fromkeys(f"{e.module} {e.group}" for e in mine if _place(e) not in in_english)
        if avoidable:
            text = f"Groups taught in {named}: {', '.join(avoidable)}; --language E leaves them out."
            yield Shown(text, style="yellow")
        if only:
            text = f"Taught in {named} only: {', '.join(only)}; with --language E they would be missing."
            yield Shown(text, style="yellow")


def _place(entry: Entry) -> tuple[str, str | None, str]:
    """Return what groups are alternatives in: module, period and kind."""
    return entry.module, entry.offered, (entry.group or "")[:1]


def _proof(task: ProposalRequest, found: Proposal) -> str:
    if not undecided(task.draft.decisions, task.picks):
        return "Nothing was left to decide."
    if not found.proven:
        return (
            f"This is the best found in {task.nodes:,} nodes, not proven best; a larger --nodes searches further, and "
            "--group decides something beforehand."
        )
    better = " or, with as few, is better by these preferences in their order" if found.costs else ""
    return f"Proven: no other choice for what was open has fewer clashing minutes in a year{better}."


def open_lines(draft: Draft, picks: Picks) -> Iterator[Shown]:
    """Yield the decisions that were not made."""
    still = [f"{choice.module} {choice.kind}" for choice in undecided(draft.decisions, picks)]
    if still:
        yield Shown(f"Still to choose (all their groups stay in the calendar): {', '.join(still)}.", style="yellow")


def lost_lines(draft: Draft) -> Iterator[Shown]:
    """Yield what the earlier selection had and the new one has not, and what stays though these PDFs lack it."""
    for gone in draft.gone:
        yield Shown(f"{gone} is no longer in the PDF and is left out.", style="yellow")
    for unwanted in draft.unwanted:
        yield Shown(f"{unwanted} is left out: it is not for the language or programme asked for.", style="yellow")
    if draft.dropped:
        named = ", ".join(draft.dropped)
        yield Shown(f"Not in the PDF and left out of its selection: {named}.", style="yellow")
    if draft.elsewhere:
        yield Shown(f"Not in these PDFs, kept in the selection: {', '.join(draft.elsewhere)}.")
    if draft.comments:
        yield Shown(f"The comments of {draft.path} are not kept.", style="yellow")


def written_lines(draft: Draft) -> Iterator[Shown]:
    """Yield where the selection is and what it does."""
    yield Shown(f"Written: {draft.path}")
    for hidden in draft.hidden:
        yield Shown(f"{hidden} takes precedence for its PDF: move it away to use this choice.", style="yellow")


def proposal_value(task: ProposalRequest, found: Proposal, *, written: bool) -> dict[str, object]:
    """Return a proposal as JSON; the keys are an interface.

    Of a clash, "minutes" are those of one day and "times" how often they are counted: 6 times a quarter for a weekly
    one, else once. The "minutes" of the whole are the sum of their products.
    """
    draft = task.draft
    return {
        "groups": {key: list(names) for key, names in sorted(selection_of(draft, found.picks).groups.items())},
        "kept": task.kept,
        "gone": list(draft.gone),
        "left_out": [*draft.unwanted, *draft.dropped],
        "elsewhere": list(draft.elsewhere),
        "comments_lost": draft.comments,
        "minutes": found.minutes,
        "clashes": [_clash_value(clash) for clash in found.clashes],
        "assumed": list(found.assumed),
        "preferences": {preference.value: amount for preference, amount in found.costs},
        "proven": found.proven,
        "nodes": found.nodes,
        "file": str(draft.path),
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
