"""On which days lectures take place: by a teaching calendar, or by the packaged one of a day's year."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from ..errors import NoTerm
from .load import load_term, require_period
from .term import Balance, Span, Teaching, Term

_WEEK = timedelta(days=7)


def teaching(term: Term, period: str, weekday: int, *, skip_test_weeks: bool) -> Teaching:
    """Return the days on which a weekday's sessions take place in a period; weekday 0 is Monday.

    Recess, public holidays, no-lecture days and, if asked, test weeks are left out; swap days give and take. NoTerm if
    the term lacks the period.
    """
    return _teaching(term, period, weekday, skip_test_weeks)


def balance(term: Term) -> tuple[Balance, ...]:
    """Return for each period how often each weekday's timetable is taught, test weeks skipped."""
    return tuple(
        Balance(period=period, counts=tuple(_count(term, period, weekday) for weekday in range(5)))
        for period in term.periods
    )


def problems(term: Term) -> tuple[str, ...]:
    """Return a sentence for each uneven period; one made of segments leaves that to its segments."""
    whole = {period for period, spans in term.periods.items() if not spans[0].name}
    return tuple(entry.complaint for entry in balance(term) if entry.period in whole and not entry.even)


def closed_by_holiday(term: Term) -> dict[date, str]:
    """Return the public holidays that fall on a teaching day: Monday to Friday, in a period, not in recess."""
    spans = [span for spans in term.periods.values() for span in spans]
    return {
        day: name
        for day, name in term.holidays.items()
        if day.weekday() < 5 and any(day in span for span in spans) and not any(day in span for span in term.recess)
    }


def _count(term: Term, period: str, weekday: int) -> int:
    taught = teaching(term, period, weekday, skip_test_weeks=True)
    return len(taught.dates) + len(taught.swapped)


@lru_cache(maxsize=1024)
def _teaching(term: Term, period: str, weekday: int, skip_test_weeks: bool) -> Teaching:
    spans = require_period(term, period)
    closed = _closed(term, skip_test_weeks)
    moved = {swap.date for swap in term.swaps}
    return Teaching(
        dates=tuple(day for span in spans for day in _weekly(span, weekday) if day not in closed and day not in moved),
        swapped=tuple(
            sorted(
                swap.date
                for swap in term.swaps
                if swap.follows == weekday and swap.date not in closed and any(swap.date in span for span in spans)
            )
        ),
    )


@lru_cache(maxsize=64)
def _closed(term: Term, skip_test_weeks: bool) -> frozenset[date]:
    """Return every day without lectures."""
    spans = (*term.recess, *term.no_lectures, *(term.test_weeks if skip_test_weeks else ()))
    return frozenset(day for span in spans for day in span.days()) | term.holidays.keys()


def _weekly(span: Span, weekday: int) -> Iterable[date]:
    day = span.start + timedelta(days=(weekday - span.start.weekday()) % 7)
    while day <= span.end:
        yield day
        day += _WEEK


# ---- by the packaged calendars


def is_known(day: date) -> bool:
    """Tell whether the teaching dates of a day's year are known."""
    return _packaged_term(day.year) is not None


def followed_weekday(day: date) -> int:
    """Return the weekday whose timetable is used on a day: its own, but for swap days."""
    term = _packaged_term(day.year)
    swaps = term.swaps if term else ()
    return next((swap.follows for swap in swaps if swap.date == day), day.weekday())


@lru_cache(maxsize=4096)
def takes_place(period: str, day: date) -> bool | None:
    """Tell whether a period's lectures take place on a day, test weeks included; None if nobody knows."""
    term = _packaged_term(day.year)
    if term is None or period not in term.periods:
        return None
    taught = teaching(term, period, followed_weekday(day), skip_test_weeks=False)
    return day in taught.dates or day in taught.swapped


@lru_cache(maxsize=64)
def _packaged_term(year: int) -> Term | None:
    try:
        return load_term(year)
    except NoTerm:
        return None
