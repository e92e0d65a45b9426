"""What `tukscal choose` works on, without its words: files -> decisions and the selection so far -> selection file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import BadRows, NotWritable
from ..model import Kind, Timetable
from ..pool import Executor
from ..selection.decisions import Decisions, Picks, decisions, picks_of, select_groups
from ..selection.file import SHARED_NAME, combine, dump_selection, find_selection, read_selection
from ..selection.select import ModuleKey, Selection, check_names, keep_chosen
from ..system.files import check_folder, write_file
from .inputs import Opening, read_timetable_file


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRequest:
    """What a person asked for."""

    files: tuple[Path, ...]
    output: Path | None = None
    """Where the selection is written; None for its usual place."""
    typed: Selection = field(default_factory=Selection)
    select: Path | None = None
    """A selection to start from, and to write unless there is an output."""
    opening: Opening = field(default_factory=Opening)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A selection in the making: what is to be chosen, and what was chosen before."""

    decisions: Decisions
    picks: Picks
    """Made by the selection that was there and by the command line."""
    typed: Picks
    """Made by the command line alone."""
    start: Selection
    path: Path
    """Where the selection is written."""
    gone: tuple[str, ...]
    """What the earlier selection names and the PDFs no longer have, such as "COS 214 G09"."""
    unwanted: tuple[str, ...]
    """Groups it names that are not for its language or programme."""
    elsewhere: tuple[str, ...]
    """Modules it names that the PDFs do not have, and that stay in it."""
    dropped: tuple[str, ...]
    """Such modules that the one PDF's own selection loses, because `convert` refuses them there."""
    comments: bool
    """Whether the file that is replaced has comments, which are not kept."""
    hidden: tuple[Path, ...]
    """Selection files of single PDFs that go before the one written."""


def lay_out(request: ChoiceRequest, pool: Executor) -> Draft:
    """Return the decisions of all files together; the first file that cannot be read is an error."""
    if request.output:
        check_folder(request.output)
    timetables = [read_timetable_file(file, request.opening, pool) for file in request.files]
    lectures = [file for file, one in zip(request.files, timetables, strict=True) if one.kind is Kind.LECTURES]
    if not lectures:
        raise BadRows("Only lectures have groups to choose.", advice="Name the PDF of your lectures too.")
    path = _path(request, lectures)
    start = combine(_before(request, path, lectures), request.typed)
    check_names(timetables, request.typed)
    everything = replace(start, groups={}, lenient=True)
    entries = [entry for one in timetables for entry in keep_chosen(one, everything).timetable.entries]
    if not any(entry.kind is Kind.LECTURES for entry in entries):
        raise BadRows("The selection leaves no lectures.", advice="Leave out --module, --language or --programme.")
    found = decisions(entries)
    gone, unwanted = _gone(timetables, found, start)
    absent = _absent(start, timetables)
    own = path in map(_own, lectures) and path.name != SHARED_NAME
    return Draft(
        decisions=found,
        picks=picks_of(found, start.groups),
        typed=picks_of(found, request.typed.groups),
        start=_only(start, timetables) if own else start,
        path=path,
        gone=gone,
        unwanted=unwanted,
        elsewhere=() if own else absent,
        dropped=absent if own and start.source == str(path) else (),
        comments=_has_comments(path),
        hidden=tuple(own for own in map(_own, lectures) if path.name == SHARED_NAME != own.name and own.is_file()),
    )


def selection_of(draft: Draft, picks: Picks) -> Selection:
    """Return the selection with these decisions."""
    return select_groups(draft.decisions, picks, draft.start)


def save(draft: Draft, picks: Picks) -> bytes:
    """Write the selection file and return what it holds."""
    data = dump_selection(selection_of(draft, picks))
    write_file(draft.path, data)
    return data


# ---- where it is written, and what was there


def _path(request: ChoiceRequest, lectures: Sequence[Path]) -> Path:
    """Return where the selection belongs: beside the one PDF of lectures, or in the folder of several."""
    path = request.output or request.select
    if path is None and len(lectures) == 1:
        path = _own(lectures[0])
    if path is None:
        folders = {file.absolute().parent for file in lectures}
        if len(folders) > 1:
            raise NotWritable("These PDFs lie in several folders.", advice="Name the selection file with -o.")
        path = lectures[0].parent / SHARED_NAME
    check_folder(path)
    return path


def _own(file: Path) -> Path:
    return file.with_suffix(".toml")


def _before(request: ChoiceRequest, path: Path, lectures: Sequence[Path]) -> Selection | None:
    """Return the selection to start from; a file at the output that is no selection is never replaced."""
    there = _there(path, request)
    if request.select:
        return read_selection(request.select)
    return find_selection(lectures[0]) if there is None else there


def _there(path: Path, request: ChoiceRequest) -> Selection | None:
    if not os.path.lexists(path):
        return None
    try:
        return read_selection(path)
    except BadRows as error:
        if path == request.select:
            raise
        raise NotWritable(
            f"{path} is there already and is no selection file: {error.message}",
            advice="Correct it, move it away, or choose another name with -o.",
            file=str(path),
        ) from None


def _has_comments(path: Path) -> bool:
    """Tell whether a selection file has comments of its own."""
    if not path.is_file():
        return False
    ours = dump_selection(Selection()).decode().splitlines()[0]
    lines = path.read_text("utf-8-sig").splitlines()
    return any("#" in _TEXT.sub("", line) for line in lines if line != ours)


_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')


def _only(start: Selection, timetables: Sequence[Timetable]) -> Selection:
    """Return a selection without the modules that the PDFs do not have: `convert` refuses those."""
    absent = _absent(start, timetables)
    return replace(
        start,
        groups={key: names for key, names in start.groups.items() if ModuleKey.of(key).module not in absent},
        modules=tuple(module for module in start.modules if module not in absent),
        exclude=tuple(module for module in start.exclude if module not in absent),
    )


def _absent(start: Selection, timetables: Sequence[Timetable]) -> tuple[str, ...]:
    there = {entry.module for one in timetables for entry in one.entries}
    named = {*(ModuleKey.of(key).module for key in start.groups), *start.modules, *start.exclude}
    return tuple(sorted(named - there))


def _gone(
    timetables: Sequence[Timetable], found: Decisions, start: Selection
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the groups a selection names that the PDFs no longer have, and those that it does not want itself."""
    everything = _groups(decisions(entry for one in timetables for entry in one.entries))
    wanted = _groups(found)
    here = [(key, names) for key, names in sorted(start.groups.items()) if ModuleKey.of(key).module in wanted]
    named = [(key, name) for key, names in here for name in names]
    gone = [f"{key} {name}" for key, name in named if name not in everything.get(key, ())]
    left = [f"{key} {name}" for key, name in named if name not in wanted.get(key, ())]
    return tuple(gone), tuple(text for text in left if text not in gone)


def _groups(found: Decisions) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for choice in found.choices:
        for key in (choice.module, f"{choice.module} {choice.offered}"):
            groups.setdefault(key, set()).update(choice.groups)
    return groups
