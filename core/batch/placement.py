"""Where each calendar goes: the tree of the PDFs again, with names every system can hold, no two of them the same.

Two names are the same file where capitals or the way accents are written do not count, and some names are no files on
Windows. A calendar keeps its place for good, whatever is added beside it: students subscribe to it.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from .discover import Found

_UNFIT = frozenset('<>:"/\\|?*')  # not in names on Windows
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_MOST = 200  # bytes of a name, so that .warnings.txt fits behind it (255 on most systems)

Owner = Callable[[str], str | None]
"""Tells which PDF a calendar was last made of, if any; paths are strings here, for there are many."""


def mirror(group: Iterable[Found], out: str, suffix: str, owner: Owner) -> Iterator[tuple[str, str]]:
    """Yield each PDF of a group with its output below `out`; whoever has a calendar keeps it, else the first has it.

    The group is gone through twice.
    """
    places = Places(out, suffix, owner)
    for one in group:
        places.keep(one)
    for one in group:
        yield one.path, places.output(one)


class Group:
    """PDFs whose calendars go to one folder, in the order of their paths, kept in a few bytes each."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def add(self, place: tuple[str, str], name: tuple[str, str]) -> None:
        """Put a PDF into it: its folder and its place's, its name and its place's."""
        self._names.setdefault(place, []).append(name)

    def __iter__(self) -> Iterator[Found]:
        for place in sorted(self._names, key=lambda place: os.fsencode(os.path.join(place[0], ""))):
            names = self._names[place]
            names.sort(key=lambda name: os.fsencode(name[0]))
            folder, above = os.path.join(place[0], ""), f"{place[1]}/" if place[1] else ""
            for name, placed in names:
                yield Found(folder + name, above + placed)


class PdfsByFolder:
    """PDFs by the folder their calendars go to: only there can two want the same name."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self._last: tuple[tuple[str, str], Group] | None = None

    def add(self, found: Found) -> None:
        """Put a PDF into its group."""
        folder, name = os.path.split(found.path)
        above, _, placed = found.place.rpartition("/")
        if self._last is None or self._last[0] != (folder, above):
            key = _key(_folder("", above))
            self._last = (folder, above), self._groups.setdefault(key, Group())
        self._last[1].add(self._last[0], (name, name if placed == name else placed))

    def __iter__(self) -> Iterator[Group]:
        """Yield the groups, and forget each."""
        self._last = None
        while self._groups:
            yield self._groups.pop(next(iter(self._groups)))


def is_there(source: str, output: str) -> bool:
    """Tell whether what an output was made of is still there: its PDF, or the list that names its student."""
    listed = list_of(source, output)
    return os.path.lexists(source) or (listed is not None and os.path.lexists(listed))


def student_output(out: str, student: str) -> str:
    """Return where a student's calendar goes."""
    return os.path.join(out, f"{safe_name(student)}.ics")


def student_source(enrolments: str, student: str) -> str:
    """Return what a student's calendar is said to be made of: the list and the student in it."""
    return f"{enrolments}#{safe_name(student)}"


def list_of(source: str, output: str) -> str | None:
    """Return the list of students an output was made of, None if it was made of a PDF."""
    listed, mark, student = source.rpartition("#")
    return listed if mark and os.path.basename(output) == f"{student}.ics" else None


def safe_name(name: str) -> str:
    """Return a file name without its suffix that every system can hold; one that had to be changed stays distinct."""
    # What cannot be printed commands a terminal, turns text around or is not UTF-8.
    safe = "".join("_" if letter in _UNFIT or not letter.isprintable() else letter for letter in name).rstrip(". ")
    if not safe.strip("_. ") or _RESERVED.fullmatch(safe):
        safe = f"_{safe}"
    while len(os.fsencode(safe)) > _MOST:
        safe = safe[:-1]
    return safe if safe == name else f"{safe}~{_digest(name)}"


def _output(out: str, place: str, suffix: str) -> str:
    above, _, name = place.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    return os.path.join(
        _folder(out, above), safe_name(stem if stem and dot and ending.lower() == "pdf" else name) + suffix
    )


@functools.lru_cache(maxsize=16)
def _folder(out: str, above: str) -> str:
    return os.path.join(out, *(safe_name(part) for part in above.split("/") if part not in ("", ".", "..")))


def _marked(output: str, source: str, suffix: str) -> str:
    return f"{output.removesuffix(suffix)}~{_digest(source)}{suffix}"


def _digest(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:8]


class Places:
    """The outputs of a folder whose files come one after the other; each keeps its own as long as it is there."""

    def __init__(self, out: str, suffix: str, owner: Owner) -> None:
        """Give places below `out`; `owner` is asked who had one before this process."""
        self._out = out
        self._suffix = suffix
        self._owner = owner
        self._taken: set[str] = set()
        self._outputs: dict[str, str] = {}

    def keep(self, found: Found) -> None:
        """Give a PDF the output it had before, if it had one."""
        plain = _output(self._out, found.place, self._suffix)
        for marked in (False, True):
            output = _marked(plain, found.path, self._suffix) if marked else plain
            if os.path.lexists(output) and self._owner(output) == found.path and _key(output) not in self._taken:
                self._take(found.path, output)
                return

    def output(self, found: Found) -> str:
        """Return a PDF's output: the one it had, else the plain name, unless another PDF that is there has that."""
        if found.path not in self._outputs:
            self.keep(found)
        if found.path not in self._outputs:
            output = _output(self._out, found.place, self._suffix)
            while not self._is_free(output, found.path):
                output = _marked(output, found.path, self._suffix)
            self._take(found.path, output)
        return self._outputs[found.path]

    def _take(self, source: str, output: str) -> None:
        self._outputs[source] = output
        self._taken.add(_key(output))

    def output_of(self, path: str) -> str | None:
        """Return the output a PDF was given, None if none was."""
        return self._outputs.get(path)

    def forget(self, path: str) -> None:
        """Let another have the output of a PDF that is gone."""
        output = self._outputs.pop(path, None)
        if output is not None:
            self._taken.discard(_key(output))

    def _is_free(self, wanted: str, source: str) -> bool:
        if _key(wanted) in self._taken:
            return False
        owner = self._owner(wanted)
        return owner is None or owner == source or not is_there(owner, wanted)


def _key(output: str) -> str:
    return unicodedata.normalize("NFC", output).casefold()
