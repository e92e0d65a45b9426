"""Are there lectures on a day? By the packaged teaching calendar of its year, if there is one."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from ..errors import NoTerm
from . import Term, load_term, teaching


def is_known(day: date) -> bool:
    """Tell whether the teaching dates of a day's year are known."""
    return _term(day.year) is not None


def followed_weekday(day: date) -> int:
    """Return the weekday whose timetable is used on a day: its own, but for swap days."""
    term = _term(day.year)
    swaps = term.swaps if term else ()
    return next((swap.follows for swap in swaps if swap.date == day), day.weekday())


@lru_cache(maxsize=4096)
def takes_place(period: str, day: date) -> bool | None:
    """Tell whether a period's lectures take place on a day, test weeks included; None if nobody knows."""
    term = _term(day.year)
    if term is None or period not in term.periods:
        return None
    taught = teaching(term, period, followed_weekday(day), skip_test_weeks=False)
    return day in taught.dates or day in taught.swapped


@lru_cache(maxsize=64)
def _term(year: int) -> Term | None:
    try:
        return load_term(year)
    except NoTerm:
        return None
