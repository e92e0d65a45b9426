"""Selection files: found beside a timetable, read, and written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..decode import Unfit, decode
from ..errors import BadRows
from ..model import PERIODS, Kind, Timetable
from ..system.files import read_file
from ..timetable import values
from .select import Selected, Selection, check_names, keep_chosen, select

SHARED_NAME = "tukscal.toml"
MOST_BYTES = 65_536
"""Of a selection file; one of forty modules has 2 kB."""
_DOTS = 100  # in one line: TOML makes a table of every dot, and the reader takes time by their square
_CONTROL = re.compile("[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    language: Literal["E", "A"] | None = None
    programme: str | None = None
    modules: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_KEYS = tuple(one.name for one in fields(_Written))


def find_selection(pdf: Path) -> Selection | None:
    """Return the selection that belongs to a PDF: NAME.toml beside it, else the nearest tukscal.toml above it.

    Raises BadRows if the file is wrong.
    """
    file = locate_selection(pdf)
    if file is None:
        return None
    selection = read_selection(file)
    return replace(selection, lenient=True) if file.name == SHARED_NAME else selection


def locate_selection(pdf: Path) -> Path | None:
    """Return the file of the selection that belongs to a PDF."""
    return own_selection(pdf) or shared_selection(pdf.absolute().parent)


def own_selection(pdf: Path) -> Path | None:
    """Return the selection file that stands beside a PDF for it alone."""
    own = pdf.with_suffix(".toml")
    return own if own.name != SHARED_NAME and _is_file(own) else None


def shared_selection(folder: Path) -> Path | None:
    """Return the selection file for all PDFs of a folder: its own or the nearest above it."""
    return next((file for place in (folder, *folder.parents) if _is_file(file := place / SHARED_NAME)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name of 255 bytes ending in .pdf is one too long with .toml
        return False


def read_selection(path: Path) -> Selection:
    """Return the selection in a file.

    Raises NoSuchFile, or BadRows naming the line or key that is wrong.
    """
    try:
        found = _toml(path)
    except tomllib.TOMLDecodeError as error:
        raise BadRows(f"The selection {path} is not TOML: {error}.", advice="Correct that line.") from None
    except (ValueError, RecursionError):  # no UTF-8, a number without end, brackets without end
        raise BadRows(f"The selection {path} is not a selection.", advice="`tukscal choose` writes one.") from None
    try:
        return _selection(found, str(path))
    except (Unfit, values.Unreadable) as reason:
        raise BadRows(f"The selection {path} is wrong: {reason}.", advice="Correct that key.") from None


def _toml(path: Path) -> dict[str, Any]:
    data = read_file(path, MOST_BYTES)
    if len(data) > MOST_BYTES:
        raise RecursionError
    if any(line.count(b".") > _DOTS for line in data.splitlines()):
        raise RecursionError
    return tomllib.loads(data.decode("utf-8-sig"))  # Windows editors like to begin a file with a byte order mark


def _selection(found: Mapping[str, Any], source: str) -> Selection:
    for key in found:
        if key not in _KEYS:
            raise values.Unreadable(f"there is no '{key}' in a selection; there are {', '.join(_KEYS)}")
    written = decode(_Written, found)
    return Selection(
        groups=_groups(written.groups),
        modules=tuple(values.module(text.strip()) for text in written.modules),
        exclude=tuple(values.module(text.strip()) for text in written.exclude),
        language=written.language,
        programme=written.programme,
        source=source,
    )


def _groups(table: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text, labels in table.items():
        key = group_key(text)
        if key in found:
            raise values.Unreadable(f"{key} has two lists of groups")
        found[key] = tuple(values.label(label.strip(), "a group") for label in labels)
    return found


def group_key(text: str) -> str:
    """Return "COS 214" or "COS 214 S2" in its usual form."""
    head, _, period = text.strip().rpartition(" ")
    if head and period in PERIODS:
        return f"{values.module(head.strip())} {period}"
    return values.module(text.strip())


def parse_group(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the module and groups of "COS 214=G01,P02".

    Raises values.Unreadable with a reason.
    """
    key, sign, groups = text.partition("=")
    if not sign:
        raise values.Unreadable(f"'{text}' is not MODULE=GROUP,...")
    return group_key(key), tuple(values.label(group.strip(), "a group") for group in groups.split(","))


def dump_selection(selection: Selection) -> bytes:
    """Return a selection as the bytes of its file."""
    texts = [
        f"{key} = {_quoted(getattr(selection, key))}" for key in ("language", "programme") if getattr(selection, key)
    ]
    lists = [f"{key} = {_list(getattr(selection, key))}" for key in ("modules", "exclude") if getattr(selection, key)]
    groups = [f"{_quoted(module)} = {_list(names)}" for module, names in sorted(selection.groups.items())]
    head = "# Which groups tukscal puts into the calendar; see `tukscal choose --help`."
    lines = [head, *texts, *lists, *(["", "[groups]", *groups] if groups else [])]
    return ("\n".join(lines) + "\n").encode(errors="replace")


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, names))}]"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def combine(file: Selection | None, typed: Selection) -> Selection:
    """Return a file's selection with what was typed on the command line, which goes first."""
    if file is None:
        return typed
    # Typed for a module, groups replace also those the file has for one of its periods.
    groups = {key: names for key, names in file.groups.items() if key.rpartition(" ")[0] not in typed.groups}
    exclude = [module for module in file.exclude if module not in typed.modules]
    return Selection(
        groups={**groups, **typed.groups},
        modules=typed.modules or file.modules,
        exclude=tuple(dict.fromkeys([*exclude, *typed.exclude])),
        language=typed.language or file.language,
        programme=typed.programme or file.programme,
        source=file.source,
        lenient=file.lenient,
    )


class Chosen(NamedTuple):
    """A timetable with a student's entries only, and where the choice was read."""

    selected: Selected
    source: str
    """The selection file; empty for none."""


def choose_entries(
    files: Sequence[Path], timetables: Sequence[Timetable], typed: Selection, select_file: Path | None
) -> list[Chosen]:
    """Return the chosen entries of each file's timetable: by one file for all, or by the file that belongs to each.

    Raises BadRows if a selection names what is not there or leaves nothing, NoSuchFile if `select_file` is missing.
    """
    given = read_selection(select_file) if select_file else None
    check_names(timetables, typed)  # a file may be lenient, the command line is not
    found = [given if select_file else find_selection(file) for file in files]
    selections = [combine(selection, typed) for selection in _for_dated(timetables, found)]
    if len(timetables) == 1:
        return [Chosen(select(timetables[0], selections[0]), selections[0].source)]
    # Together the PDFs are one timetable: a module of the first need not be in the second.
    for selection in {id(selection): selection for selection in selections}.values():
        check_names(timetables, selection)
    kept = [keep_chosen(timetable, selection) for timetable, selection in zip(timetables, selections, strict=True)]
    if not any(chosen.timetable.entries for chosen in kept):
        raise BadRows("The selection leaves nothing of these PDFs.")
    return [Chosen(chosen, selection.source) for chosen, selection in zip(kept, selections, strict=True)]


def _for_dated(timetables: Sequence[Timetable], found: Sequence[Selection | None]) -> list[Selection | None]:
    """Return each PDF's selection; tests and exams without one follow the modules chosen for the lectures."""
    pairs = list(zip(timetables, found, strict=True))
    lectures = [selection for timetable, selection in pairs if selection and timetable.kind is Kind.LECTURES]
    if not lectures:
        return list(found)
    first = lectures[0]
    modules = Selection(modules=first.modules, exclude=first.exclude, source=first.source, lenient=True)
    return [
        selection if selection is not None or timetable.kind is Kind.LECTURES else modules
        for timetable, selection in pairs
    ]
