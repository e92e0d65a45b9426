"""Which groups a student attends: choices -> the entries that are theirs, and what is still to choose.

A timetable lists every group of a module; a student attends one of each kind (G class, P practical, T tutorial). A
group may own practicals and tutorials itself; they come with it, and then no group of that kind is needed.

A selection file is TOML:

    language = "E"                     # groups taught in E, A; B is both and always kept
    programme = "r3"                   # groups for this study programme, and those for everybody
    modules = ["COS 214", "COS 226"]   # only these; without the key, all
    exclude = ["COS 284"]
    [groups]
    "COS 214" = ["G01", "P02"]         # one of each kind
    "COS 301 S2" = ["G02"]             # of one period, where a module is offered in several
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..errors import BadRows
from ..model import Entry, Kind, Timetable
from ..wording import listed

_PAIR = re.compile(r"[A-Za-z][0-9]")


class ModuleKey(NamedTuple):
    """What groups are chosen for: "COS 214" or, where a module is offered in several periods, "COS 214 S2"."""

    module: str
    period: str

    @classmethod
    def of(cls, text: str) -> ModuleKey:
        """Return the key that a selection's text is."""
        words = text.split(" ")
        return cls(" ".join(words[:2]), " ".join(words[2:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a student chose; empty means everything."""

    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Module, or module and period, -> groups."""
    modules: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    language: str | None = None
    programme: str | None = None
    source: str = ""
    """Where it was read, for the summary; empty for none."""
    lenient: bool = False
    """A file shared by many timetables may name modules that one of them does not have."""

    def __bool__(self) -> bool:
        return bool(self.groups or self.modules or self.exclude or self.language or self.programme)


class Choice(NamedTuple):
    """One decision: the groups of one kind of one module in one period."""

    module: str
    offered: str
    kind: str
    """G, P, T, ...: the letter of its groups."""
    groups: tuple[str, ...]


class Selected(NamedTuple):
    """A timetable with only the chosen entries."""

    timetable: Timetable
    dropped: int
    """Entries that were not chosen."""
    open: tuple[Choice, ...]
    """Decisions not made: every group of these is still there."""
    emptied: tuple[str, ...] = ()
    """Modules of which language, programme or groups leave nothing."""


def select(timetable: Timetable, selection: Selection) -> Selected:
    """Return the chosen entries of a timetable and the decisions still open.

    Raises BadRows if the selection names what the timetable does not have, or leaves nothing.
    """
    check_names([timetable], selection)
    selected = keep_chosen(timetable, selection)
    if not selected.timetable.entries:
        raise BadRows(f"The selection leaves nothing of {timetable.name}.", advice=_has([timetable]))
    return selected


def keep_chosen(timetable: Timetable, selection: Selection) -> Selected:
    """Return the chosen entries of a timetable, which may be none, and the decisions still open."""
    wanted = [entry for entry in timetable.entries if _wanted(entry, selection)]
    chosen = {(kind.module, kind.offered): _chosen_there(selection, kind, wanted) for kind in group_kinds(wanted)}
    kept = [entry for entry in wanted if not _other_group(entry, chosen, wanted)]
    left = {entry.module for entry in kept}
    named = {entry.module for entry in timetable.entries if _is_named(entry, selection)}
    dropped = len(timetable.entries) - len(kept)
    here = {id(entry) for entry in kept}
    unchosen = tuple(entry for entry in timetable.entries if id(entry) not in here)
    chosen_only = replace(timetable, entries=tuple(kept), unchosen=timetable.unchosen + unchosen)
    return Selected(chosen_only, dropped, choices(kept), tuple(sorted(named - left)))


def choices(entries: Iterable[Entry]) -> tuple[Choice, ...]:
    """Return every decision a timetable leaves to a student: kinds of groups with more than one to choose from."""
    return tuple(choice for choice in group_kinds(entries) if len(choice.groups) > 1)


def group_kinds(entries: Iterable[Entry]) -> tuple[Choice, ...]:
    """Return the groups of each module, period and kind, sorted."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for entry in entries:
        if entry.group and entry.offered:
            found.setdefault((entry.module, entry.offered, entry.group[0]), set()).add(entry.group)
    return tuple(Choice(*key, tuple(sorted(groups))) for key, groups in sorted(found.items()))


def _wanted(entry: Entry, selection: Selection) -> bool:
    """Tell whether module, language and programme of an entry are wanted."""
    if not _is_named(entry, selection):
        return False
    if selection.language and entry.language not in (None, "B", selection.language):
        return False
    return not selection.programme or not entry.study_programme or _is_for(entry.study_programme, selection.programme)


def _is_named(entry: Entry, selection: Selection) -> bool:
    return entry.module not in selection.exclude and (not selection.modules or entry.module in selection.modules)


def _is_for(study_programme: str, programme: str) -> bool:
    """Tell whether a Study Prog text names a programme: a word of it, or a pair of letter and digit in a word."""
    words = study_programme.split()
    return programme in words or any(programme in _PAIR.findall(word) for word in words)


def chosen_groups(selection: Selection, module: str, offered: str | None) -> tuple[str, ...]:
    """Return the groups chosen for a module in a period; a choice for the period goes before one for the module."""
    return selection.groups.get(f"{module} {offered}", selection.groups.get(module, ()))


def _chosen_there(selection: Selection, kind: Choice, entries: Iterable[Entry]) -> tuple[str, ...]:
    """Return the chosen groups that a module has in a period; a group of another period says nothing about this one."""
    there = {entry.group for entry in entries if (entry.module, entry.offered) == (kind.module, kind.offered)}
    return tuple(group for group in chosen_groups(selection, kind.module, kind.offered) if group in there)


def _other_group(entry: Entry, chosen: Mapping[tuple[str, str], tuple[str, ...]], entries: Sequence[Entry]) -> bool:
    """Tell whether another group than this entry's was chosen for what it offers."""
    if entry.group is None or entry.offered is None:
        return False
    groups = chosen[entry.module, entry.offered]
    if not groups or entry.group in groups:
        return False
    same_kind = any(group[0] == entry.group[0] for group in groups)
    return same_kind or entry.group[0] in _own_kinds(groups, entry.module, entry.offered, entries)


def _own_kinds(groups: Iterable[str], module: str, offered: str | None, entries: Iterable[Entry]) -> set[str]:
    """Return the kinds of sessions, by the letter of their activity, that groups own themselves."""
    mine = set(groups)
    own = (entry for entry in entries if (entry.module, entry.offered) == (module, offered) and entry.group in mine)
    return {entry.activity[0] for entry in own}


# ---- what is not there


def check_names(timetables: Sequence[Timetable], selection: Selection) -> None:
    """Refuse a selection that names what none of the timetables has.

    Raises BadRows that lists what there is.
    """
    modules = {entry.module for timetable in timetables for entry in timetable.entries}
    lectures = [timetable for timetable in timetables if timetable.kind is Kind.LECTURES]
    named = [*selection.modules, *selection.exclude, *(ModuleKey.of(key).module for key in selection.groups)]
    missing = sorted({module for module in named if module not in modules})
    # Tests and exams list a module only when it has one; a lecture timetable lists them all.
    if missing and not selection.lenient and (lectures or not modules & set(named)):
        names = listed([timetable.name for timetable in timetables])
        raise BadRows(
            f"There is no {listed(missing, 'or')} in {names}, but in the selection{_from(selection)}.",
            advice=_has(timetables),
        )
    if lectures:
        entries = [entry for timetable in lectures for entry in timetable.entries]
        _check_groups(entries, selection)
        if not selection.lenient:
            _check_kinds(entries, selection)


def _check_groups(entries: Sequence[Entry], selection: Selection) -> None:
    for key, groups in selection.groups.items():
        module, period = ModuleKey.of(key)
        there = sorted(
            {
                entry.group
                for entry in entries
                if entry.group and entry.module == module and period in ("", entry.offered)
            }
        )
        missing = [group for group in groups if group not in there]
        if missing and (there or not selection.lenient):
            raise BadRows(
                f"{key} has no {listed(missing, 'or')}, which the selection names{_from(selection)}.",
                advice=f"{key} has the groups {', '.join(there) or 'of other periods only'}.",
            )


def _check_kinds(entries: Iterable[Entry], selection: Selection) -> None:
    """Refuse a language or programme that no group is for."""
    entries = list(entries)
    languages = sorted({entry.language for entry in entries if entry.language})
    if selection.language and languages and not {selection.language, "B"} & set(languages):
        raise BadRows(
            f"No group is taught in {selection.language}, which the selection names{_from(selection)}.",
            advice=f"Groups are taught in {listed(languages)}.",
        )
    programmes = sorted({word for entry in entries for word in (entry.study_programme or "").split()})
    if selection.programme and programmes and not any(_is_for(word, selection.programme) for word in programmes):
        raise BadRows(
            f"No group is for the programme {selection.programme}, which the selection names{_from(selection)}.",
            advice=f"There are {', '.join(programmes)}.",
        )


def _from(selection: Selection) -> str:
    return f" ({selection.source})" if selection.source else ""


def _has(timetables: Iterable[Timetable]) -> str:
    modules = sorted({entry.module for timetable in timetables for entry in timetable.entries})
    return f"There are {', '.join(modules)}."
