"""What a student decides in a timetable of lectures, and which sessions follow from the decisions made.

One decision for each module, period and kind of group. G groups are decided before others: a kind of which the chosen
G group owns sessions itself needs no group of its own, as in `selection`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..model import Entry
from .select import Choice, ModuleKey, Selection, chosen_groups, group_kinds

Picks = Mapping[Choice, tuple[str, ...]]
"""Decision -> the groups chosen, usually one; a decision not made is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """The decisions of one or several timetables."""

    entries: tuple[Entry, ...]
    """Every session once, in an order of its own."""
    choices: tuple[Choice, ...]
    """By module and period, G first; also kinds with a single group."""
    owned: Mapping[tuple[str, str, str], frozenset[str]]
    """(Module, period, G group) -> kinds other than G of which it owns sessions."""


def decisions(entries: Iterable[Entry]) -> Decisions:
    """Return the decisions that entries ask for, whatever their order."""
    once = {_identity(entry): entry for entry in entries}
    sorted_entries = tuple(once[key] for key in sorted(once))
    kinds = group_kinds(sorted_entries)
    owned: dict[tuple[str, str, str], set[str]] = {}
    for entry in sorted_entries:
        if entry.offered and entry.group and entry.group[0] == "G" and entry.activity[0] != "G":
            owned.setdefault((entry.module, entry.offered, entry.group), set()).add(entry.activity[0])
    return Decisions(
        entries=sorted_entries,
        choices=tuple(sorted(kinds, key=lambda kind: (kind.module, kind.offered, kind.kind != "G", kind.kind))),
        owned={key: frozenset(found) for key, found in owned.items()},
    )


def _identity(entry: Entry) -> tuple[str, ...]:
    """Return what makes a session one session; the same PDF given twice adds nothing."""
    when = (str(entry.date or ""), str(entry.day or 0), str(entry.start), str(entry.end or ""))
    what = (entry.kind.value, entry.module, entry.offered or "", entry.group or "", entry.language or "")
    return (*what, entry.activity, *when, entry.paper or "", entry.status or "", *entry.venues)


def choice_of(entry: Entry, choices: Mapping[tuple[str, str, str], Choice]) -> Choice | None:
    """Return the decision an entry depends on; None if it takes place in any case."""
    return choices.get((entry.module, entry.offered, entry.group[0])) if entry.group and entry.offered else None


def by_key(found: Decisions) -> dict[tuple[str, str, str], Choice]:
    """Return the decisions by module, period and kind."""
    return {(choice.module, choice.offered, choice.kind): choice for choice in found.choices}


def owner(found: Decisions, choice: Choice, picks: Picks) -> str | None:
    """Return the chosen G group that brings sessions of this kind along, so that nothing is to be decided."""
    if choice.kind == "G":
        return None
    classes = next((made for made in picks if made[:2] == choice[:2] and made.kind == "G"), None)
    mine = picks[classes] if classes else ()
    return next(
        (group for group in mine if choice.kind in found.owned.get((choice.module, choice.offered, group), ())), None
    )


def attended(found: Decisions, picks: Picks) -> tuple[Entry, ...]:
    """Return the sessions that take place in any case and those of the chosen groups."""
    keyed = by_key(found)
    kept = []
    for entry in found.entries:
        choice = choice_of(entry, keyed)
        if choice is None or entry.group in picks.get(choice, ()):
            kept.append(entry)
    return tuple(kept)


def undecided(found: Decisions, picks: Picks) -> tuple[Choice, ...]:
    """Return the decisions between several groups that are still to be made."""
    return tuple(
        choice
        for choice in found.choices
        if len(choice.groups) > 1 and choice not in picks and owner(found, choice, picks) is None
    )


def settled(found: Decisions, picks: Picks) -> dict[Choice, tuple[str, ...]]:
    """Return the decisions made, with those that leave no choice, without those that a chosen group makes needless."""
    only = {choice: choice.groups for choice in found.choices if len(choice.groups) == 1}
    made: dict[Choice, tuple[str, ...]] = {}
    for choice in found.choices:
        if choice in picks:
            made[choice] = picks[choice]
        elif choice in only and owner(found, choice, made) is None:
            made[choice] = only[choice]
    return made


def picks_of(found: Decisions, groups: Mapping[str, tuple[str, ...]]) -> dict[Choice, tuple[str, ...]]:
    """Return the decisions that a selection's groups make."""
    selection = Selection(groups=groups)
    picks = {}
    for choice in found.choices:
        mine = [group for group in choice.groups if group in chosen_groups(selection, choice.module, choice.offered)]
        if mine:
            picks[choice] = tuple(mine)
    return picks


def select_groups(found: Decisions, picks: Picks, start: Selection) -> Selection:
    """Return a selection with these decisions; what it says of other modules stays.

    Modules all of whose groups are attended are not named; of the others every group is, so that nothing is asked
    again for which a group brings its own sessions.
    """
    here = {choice.module for choice in found.choices}
    groups = {key: names for key, names in start.groups.items() if ModuleKey.of(key).module not in here}
    made = settled(found, picks)
    asked = {choice.module for choice in found.choices if len(choice.groups) > 1 or choice not in made}
    for choice in found.choices:
        if choice in made and choice.module in asked:
            key = _key(choice, found.choices)
            groups[key] = (*groups.get(key, ()), *made[choice])
    return replace(start, groups=groups)


def _key(choice: Choice, choices: Sequence[Choice]) -> str:
    """Return the module, with its period if it has several."""
    periods = {other.offered for other in choices if other.module == choice.module}
    return f"{choice.module} {choice.offered}" if len(periods) > 1 else choice.module
