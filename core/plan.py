"""Entries + teaching calendar -> events: which sessions take place when, as the calendar file will say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from string import Formatter
from typing import NamedTuple

from .event import Event, Status
from .identity import identity, numbered, swap_mark, uid, week_mark
from .model import Entry, Kind
from .terms import Term, teaching
from .text import clean

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
        names = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    except ValueError:
        raise ValueError("the braces of the title do not match") from None
    for name in names:
        if name not in TITLE_FIELDS:
            raise ValueError(f"there is no {{{name}}} for a title; there are {', '.join(TITLE_FIELDS)}")


Known = Mapping[str, tuple[date, time]]
"""Identity of an earlier session -> a date it took place on and its start."""


def number_sessions(entries: Iterable[Entry], year: int, known: Known) -> list[Session]:
    """Give every entry its identity; those that share one get ordinals, kept from an earlier calendar if possible."""
    grouped: dict[str, list[Entry]] = {}
    for entry in entries:
        grouped.setdefault(identity(entry, year), []).append(entry)
    return [session for name, same in grouped.items() for session in _number(name, same, known)]


def _number(name: str, entries: list[Entry], known: Known) -> Iterator[Session]:
    taken: dict[int, Entry] = {}
    free = sorted(entries, key=_when)
    if known:
        for ordinal in range(1, len(entries) + _earlier(name, known) + 1):
            before = known.get(numbered(name, ordinal))
            match = next((entry for entry in free if before and _same_time(entry, *before)), None)
            if match:
                taken[ordinal] = match
                free.remove(match)
    ordinal = 0
    for entry in free:
        ordinal = next(number for number in range(ordinal + 1, ordinal + len(entries) + 2) if number not in taken)
        taken[ordinal] = entry
    return (Session(numbered(name, ordinal), taken[ordinal]) for ordinal in sorted(taken))


def _earlier(name: str, known: Known) -> int:
    """Return the highest ordinal an identity ever had."""
    ordinal = 0
    while numbered(name, ordinal + 1) in known or numbered(name, ordinal + 2) in known:
        ordinal += 1
    return ordinal


def _when(entry: Entry) -> tuple[date, int, time]:
    return (entry.date or date.min, entry.day or 0, entry.start)


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
        pattern = _pattern(session, options, colors)
        if session.entry.kind is Kind.LECTURES:
            assert term is not None
            new = list(_lecture(pattern, session.entry, term, options))
            if not new:
                left_out.append(session.entry)
            events += new
        else:
            events.append(pattern)
    return Plan(tuple(sorted(events, key=lambda event: (event.start, event.uid))), tuple(left_out))


def _pattern(session: Session, options: PlanOptions, colors: Mapping[str, str]) -> Event:
    """Return a session's event, its date yet to be set for a lecture."""
    entry = session.entry
    day = entry.date or date.min
    return Event(
        uid=uid(session.identity),
        identity=session.identity,
        summary=_title(entry, options.title),
        start=datetime.combine(day, entry.start),
        end=datetime.combine(day, entry.end or _exam_end(entry.start, options.exam_length)),
        location=location(entry),
        description=_description(entry, options.exam_length),
        category=entry.module,
        color=colors[entry.module],
        status=Status.TENTATIVE if entry.status not in (None, "FINAL") else Status.CONFIRMED,
        alarm=options.alarm,
    )


def _lecture(pattern: Event, entry: Entry, term: Term, options: PlanOptions) -> Iterator[Event]:
    assert entry.offered is not None
    assert entry.day is not None
    taught = teaching(term, entry.offered, entry.day, skip_test_weeks=options.skip_test_weeks)
    if options.expand:
        for day in taught.dates:
            yield _on(pattern, day, week_mark(day))
    elif taught.dates:
        yield _weekly(pattern, taught.dates)
    for day in taught.swapped:
        yield _on(pattern, day, swap_mark(day))


def _on(pattern: Event, day: date, mark: str) -> Event:
    return replace(
        pattern,
        uid=uid(pattern.identity, mark),
        start=datetime.combine(day, pattern.start.time()),
        end=datetime.combine(day, pattern.end.time()),
    )


def _weekly(pattern: Event, days: tuple[date, ...]) -> Event:
    """Return the event that repeats weekly from the first to the last day, with the others excepted."""
    first, last = days[0], days[-1]
    return replace(
        pattern,
        start=datetime.combine(first, pattern.start.time()),
        end=datetime.combine(first, pattern.end.time()),
        last=last if last > first else None,
        except_on=_gaps(days),
    )


def _gaps(days: tuple[date, ...]) -> tuple[date, ...]:
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
    return clean(template.format(**fields, venue="; ".join(entry.venues)))


def _description(entry: Entry, exam_length: timedelta) -> str:
    if entry.kind is Kind.LECTURES:
        lines = [
            f"Group {entry.group}, {_LANGUAGES.get(entry.language or '', entry.language or '?')}, {entry.offered}",
            entry.study_programme and f"Study programme: {entry.study_programme}",
        ]
    elif entry.kind is Kind.TESTS:
        lines = ["Semester test"]
    else:
        lines = [
            f"Exam, {entry.status}" + (f", paper {entry.paper}" if entry.paper else ""),
            "Preliminary: date, time and venue may still change." if entry.status != "FINAL" else None,
            f"The end is an estimate: the timetable gives no duration, {_hours(exam_length)} is assumed.",
            entry.module_campus and f"Module campus: {entry.module_campus}",
        ]
    return "\n".join(clean(line) for line in [*lines, entry.comments] if line)


def _hours(length: timedelta) -> str:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)
