"""Selection files: found beside a timetable, read, and written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from .errors import BadRows
from .files import read_file
from .model import Timetable
from .selection import Selected, Selection, check_names, keep_chosen, select
from .timetable import values

SHARED_NAME = "tukscal.toml"
_KEYS = ("language", "programme", "modules", "exclude", "groups")
_MOST = 1_000_000


def find_selection(pdf: Path) -> Selection | None:
    """Return the selection that belongs to a PDF: NAME.toml beside it, else the nearest tukscal.toml above it.

    Raises BadRows if the file is wrong.
    """
    own = pdf.with_suffix(".toml")
    if own.is_file() and own.name != SHARED_NAME:
        return read_selection(own)
    for folder in pdf.absolute().parents:
        shared = folder / SHARED_NAME
        if shared.is_file():
            return replace(read_selection(shared), lenient=True)
    return None


def read_selection(path: Path) -> Selection:
    """Return the selection in a file.

    Raises NoSuchFile, or BadRows naming the line or key that is wrong.
    """
    try:
        found = tomllib.loads(read_file(path, _MOST).decode())
    except ValueError as error:
        raise BadRows(f"The selection {path} is not TOML: {error}.", advice="Correct that line.") from None
    try:
        return _selection(found, str(path))
    except values.Unreadable as reason:
        raise BadRows(f"The selection {path} is wrong: {reason}.", advice="Correct that key.") from None


def _selection(found: Mapping[str, Any], source: str) -> Selection:
    for key in found:
        if key not in _KEYS:
            raise values.Unreadable(f"there is no '{key}' in a selection; there are {', '.join(_KEYS)}")
    groups = found.get("groups", {})
    if not isinstance(groups, dict):
        raise values.Unreadable("groups is not a table")
    return Selection(
        groups={group_key(key): _labels(key, value) for key, value in groups.items()},
        modules=tuple(values.module(text) for text in _texts("modules", found.get("modules", []))),
        exclude=tuple(values.module(text) for text in _texts("exclude", found.get("exclude", []))),
        language=_text("language", found.get("language")),
        programme=_text("programme", found.get("programme")),
        source=source,
    )


def group_key(text: str) -> str:
    """Return "COS 214" or "COS 214 S2" in its usual form."""
    head, _, period = text.strip().rpartition(" ")
    if head and period in values.PERIODS:
        return f"{values.module(head.strip())} {period}"
    return values.module(text.strip())


def _labels(key: str, value: object) -> tuple[str, ...]:
    return tuple(values.label(text, "a group") for text in _texts(key, value))


def _texts(key: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise values.Unreadable(f"{key} is not a list of texts")
    return [text.strip() for text in value]


def _text(key: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise values.Unreadable(f"{key} is not a text")
    return value


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
    return ("\n".join(lines) + "\n").encode()


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, names))}]"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def combine(file: Selection | None, typed: Selection) -> Selection:
    """Return a file's selection with what was typed on the command line, which goes first."""
    if file is None:
        return typed
    return Selection(
        groups={**file.groups, **typed.groups},
        modules=typed.modules or file.modules,
        exclude=tuple(dict.fromkeys([*file.exclude, *typed.exclude])),
        language=typed.language or file.language,
        programme=typed.programme or file.programme,
        source=file.source,
        lenient=file.lenient and not typed,
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
    selections = [combine(given if select_file else find_selection(file), typed) for file in files]
    if len(timetables) == 1:
        return [Chosen(select(timetables[0], selections[0]), selections[0].source)]
    # Together the PDFs are one timetable: a module of the first need not be in the second.
    for selection in {id(selection): selection for selection in selections}.values():
        check_names(timetables, selection)
    kept = [keep_chosen(timetable, selection) for timetable, selection in zip(timetables, selections, strict=True)]
    if not any(chosen.timetable.entries for chosen in kept):
        raise BadRows("The selection leaves nothing of these PDFs.")
    return [Chosen(chosen, selection.source) for chosen, selection in zip(kept, selections, strict=True)]
