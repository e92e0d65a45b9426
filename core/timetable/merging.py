"""Entries that are one session in several venues become one entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..model import Entry
from .fields import Sources


def merge_sessions(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries, those of one session at one time as one, in the order of their first."""
    merged: dict[tuple[object, ...], Entry] = {}
    for entry in entries:
        key = session_key(entry)
        merged[key] = _join(merged[key], entry) if key in merged else entry
    return tuple(merged.values())


def session_key(entry: Entry) -> tuple[object, ...]:
    """Return the values that all entries of one session share, in whatever venue."""
    return (
        entry.module,
        entry.activity,
        entry.offered,
        entry.language,
        entry.group,
        entry.status,
        entry.paper,
        entry.day,
        entry.date,
        entry.start,
        entry.end,
    )


def _join(first: Entry, second: Entry) -> Entry:
    sources: Sources = dict(first.sources)
    for name, words in second.sources.items():
        sources[name] = tuple(dict.fromkeys(sources.get(name, ()) + words))
    return replace(
        first,
        venues=tuple(dict.fromkeys(first.venues + second.venues)),
        campus=_texts(first.campus, second.campus),
        module_campus=_texts(first.module_campus, second.module_campus),
        block=_texts(first.block, second.block),
        study_programme=_texts(first.study_programme, second.study_programme),
        comments=_texts(first.comments, second.comments),
        rows=tuple(sorted({*first.rows, *second.rows})),
        sources=sources,
    )


def _texts(first: str | None, second: str | None) -> str | None:
    """Return both texts, each once."""
    return "; ".join(dict.fromkeys(text for text in (first, second) if text)) or None
