"""Entries + teaching calendar -> events: which sessions take place when, as the calendar file will say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from string import Formatter
from typing import Any, NamedTuple

from ..model import Entry, Kind
from ..terms import Term, teaching
from ..wording import clean, duration
from .event import Event, Status
from .identity import identity, numbered, split_number, swap_mark, uid, week_mark

DEFAULT_TITLE = "{module} {activity}"
TITLE_FIELDS = (
    "module", "activity", "group", "offered", "language", "campus", "venue", "status", "paper", "kind",
)  # fmt: skip
_LANGUAGES = {"E": "English", "A": "Afrikaans", "B": "English and Afrikaans"}
_DAY_END = time(23, 59)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What a person may choose about events."""

    exam_length: timedelta = timedelta(hours=3)
    skip_test_weeks: bool = False
    alarm: timedelta | None = None
    expand: bool = False
    """One event for each date instead of weekly repeating ones."""
    title: str = DEFAULT_TITLE


class Session(NamedTuple):
    """An entry with the identity it goes by in this calendar."""

    identity: str
    entry: Entry


class Plan(NamedTuple):
    """Events in order, and the entries that never take place."""

    events: tuple[Event, ...]
    left_out: tuple[Entry, ...]


def check_title(template: str) -> None:
    """Raise ValueError with a sentence if a title template names a field there is not."""
    try:
        fields = [field for field in Formatter().parse(template) if field[1] is not None]
    except ValueError:
        raise ValueError("the braces of the title do not match") from None
    for _, name, form, conversion in fields:
        if form or conversion:
            raise ValueError(f"{{{name}}} in the title can only stand by itself, without ':' or '!'")
        if name not in TITLE_FIELDS:
            raise ValueError(f"there is no {{{name}}} for a title; there are {', '.join(TITLE_FIELDS)}")


Known = Mapping[str, tuple[date, time]]
"""Identity of an earlier session -> a date it took place on and its start."""


def number_sessions(entries: Iterable[Entry], year: int, known: Known) -> list[Session]:
    """Give every entry its identity; those that share one get ordinals, kept from an earlier calendar if possible."""
    grouped: dict[str, list[Entry]] = {}
    for entry in entries:
        grouped.setdefault(identity(entry, year), []).append(entry)
    earlier: dict[str, dict[int, tuple[date, time]]] = {}
    for name, when in known.items():
        bare, ordinal = split_number(name)
        earlier.setdefault(bare, {})[ordinal] = when
    sessions: list[Session] = []
    for name, same in grouped.items():
        if len(same) == 1 and name not in earlier:
            sessions.append(Session(name, same[0]))
        else:
            sessions += _number(name, same, earlier.get(name, {}))
    return sessions


def _number(name: str, entries: list[Entry], known: Mapping[int, tuple[date, time]]) -> Iterator[Session]:
    taken: dict[int, Entry] = {}
    free = sorted(entries, key=_when)
    for ordinal, before in sorted(known.items()):
        match = next((entry for entry in free if _same_time(entry, *before)), None)
        if match:
            taken[ordinal] = match
            free.remove(match)
    ordinal = 0
    for entry in free:
        ordinal = next(number for number in range(ordinal + 1, ordinal + len(entries) + 2) if number not in taken)
        taken[ordinal] = entry
    return (Session(numbered(name, ordinal), taken[ordinal]) for ordinal in sorted(taken))


def _when(entry: Entry) -> tuple[date, int, time, time, str, tuple[str, ...]]:
    """Return what sessions of one identity are sorted by; the order of rows never counts."""
    end, status = entry.end or time.max, entry.status or ""
    return (entry.date or date.min, entry.day or 0, entry.start, end, status, entry.venues)


def _same_time(entry: Entry, day: date, start: time) -> bool:
    same_day = entry.date == day if entry.date else entry.day == day.weekday()
    return same_day and entry.start == start


def plan_events(
    sessions: Sequence[Session], term: Term | None, options: PlanOptions, colors: Mapping[str, str]
) -> Plan:
    """Return the events of sessions; lectures need a term, whose lack of their period raises NoTerm."""
    events: list[Event] = []
    left_out = []
    for session in sessions:
        if session.entry.kind is Kind.LECTURES:
            assert term is not None
            new = list(_lecture(session, term, options, colors))
            if not new:
                left_out.append(session.entry)
            events += new
        else:
            events.append(_dated(session, options, colors))
    return Plan(tuple(sorted(events, key=lambda event: (event.start, event.uid))), tuple(left_out))


def _dated(session: Session, options: PlanOptions, colors: Mapping[str, str]) -> Event:
    """Return the event of a test or exam."""
    entry = session.entry
    assert entry.date is not None
    end = entry.end or _exam_end(entry.start, options.exam_length)
    return Event(
        **_common(session, options, colors),
        uid=uid(session.identity),
        start=datetime.combine(entry.date, entry.start),
        end=datetime.combine(entry.date, end),
    )


def _common(session: Session, options: PlanOptions, colors: Mapping[str, str]) -> dict[str, Any]:
    """Return what all events of a session share."""
    entry = session.entry
    return {
        "identity": session.identity,
        "summary": _title(entry, options.title),
        "location": location(entry),
        "description": _description(entry, options.exam_length),
        "category": clean(entry.module),
        "color": colors[entry.module],
        "status": Status.TENTATIVE if entry.status not in (None, "FINAL") else Status.CONFIRMED,
        "alarm": options.alarm,
    }


def _lecture(session: Session, term: Term, options: PlanOptions, colors: Mapping[str, str]) -> Iterator[Event]:
    """Yield the events of a weekly session: one that repeats, or one a date, and one for each swap day."""
    name, entry = session
    assert entry.offered is not None
    assert entry.day is not None
    assert entry.end is not None
    common = _common(session, options, colors)
    taught = teaching(term, entry.offered, entry.day, skip_test_weeks=options.skip_test_weeks)
    single = [(day, swap_mark(day)) for day in taught.swapped]
    if options.expand:
        single += [(day, week_mark(day)) for day in taught.dates]
    elif taught.dates:
        first, last = taught.dates[0], taught.dates[-1]
        start, end = datetime.combine(first, entry.start), datetime.combine(first, entry.end)
        until = last if last > first else None
        yield Event(**common, uid=uid(name), start=start, end=end, last=until, except_on=_gaps(taught.dates))
    for day, mark in single:
        start, end = datetime.combine(day, entry.start), datetime.combine(day, entry.end)
        yield Event(**common, uid=uid(name, mark), start=start, end=end)


@lru_cache(maxsize=256)
def _gaps(days: tuple[date, ...]) -> tuple[date, ...]:
    """Return the weekly days between the first and the last that are not among them."""
    taken = set(days)
    weeks = (days[-1] - days[0]).days // 7
    return tuple(day for week in range(weeks) if (day := days[0] + timedelta(weeks=week)) not in taken)


def _exam_end(start: time, length: timedelta) -> time:
    """Return the estimated end, never past midnight."""
    end = datetime.combine(date.min, start) + length
    return end.time() if end.date() == date.min else _DAY_END


# ---- what a person reads


def location(entry: Entry) -> str:
    """Return venues and campus as one line; empty when neither is known."""
    venues = clean("; ".join(entry.venues))
    campus = clean(entry.campus or "")
    return f"{venues} ({campus})" if venues and campus else venues or campus


def _title(entry: Entry, template: str) -> str:
    if template == DEFAULT_TITLE:
        return clean(f"{entry.module} {entry.activity}")
    fields = {name: getattr(entry, name, None) or "" for name in TITLE_FIELDS if name != "venue"}
    title = clean(template.format(**fields, venue="; ".join(entry.venues)))
    # A field this session lacks leaves a gap.
    return " ".join(title.split()) or clean(f"{entry.module} {entry.activity}")


def _description(entry: Entry, exam_length: timedelta) -> str:
    if entry.kind is Kind.LECTURES:
        language = entry.language and _LANGUAGES.get(entry.language, entry.language)
        lines = [
            ", ".join(part for part in (entry.group and f"Group {entry.group}", language, entry.offered) if part),
            entry.study_programme and f"Study programme: {entry.study_programme}",
        ]
    elif entry.kind is Kind.TESTS:
        lines = ["Semester test"]
    else:
        length = duration(exam_length.total_seconds())
        lines = [
            ", ".join(part for part in ("Exam", entry.status, entry.paper and f"paper {entry.paper}") if part),
            "Preliminary: date, time and venue may still change." if entry.status not in (None, "FINAL") else None,
            f"The end is an estimate: the timetable gives no duration, {length} is assumed.",
            entry.module_campus and f"Module campus: {entry.module_campus}",
        ]
    return "\n".join(text for line in [*lines, entry.comments] if line and (text := clean(line)))
