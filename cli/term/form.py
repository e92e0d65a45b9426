"""The questions of `tukscal term new`: each answer is checked at once, and asked for again while it cannot be right."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TypeVar

import click

from ...core.model import HALVES, MONTHS, QUARTERS, WEEKDAYS
from ...core.terms import InvalidTerm, Span, Swap, Term, bare_term, validate_term

_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_NAMED = re.compile(r"(\d{1,2})\s*([a-z]{3,9})\.?(?:,?\s*(\d{4}))?")

_Answer = TypeVar("_Answer")


def ask_term(year: int) -> Term:
    """Ask for every date of a year's teaching calendar; NoTerm for a year that cannot be."""
    term = bare_term(year, date(year, 1, 1), date(year, 12, 31), ())  # public holidays, no periods yet
    click.echo(f"Teaching dates of {year}. Write a date as {year}-02-09 or 9 Feb. Public holidays are known.")
    for name in HALVES:
        term = _ask(term, _period(name, needed=True))
    term = _year_modules(term)
    for name in QUARTERS:
        term = _ask(term, _period(name, needed=False))
    term = _repeat(term, _recess)
    term = _repeat(term, _no_lectures)
    term = _repeat(term, _swap)
    term = _repeat(term, _test_week)
    # A year without any recess does not exist: then it was left out, and calendars must say so.
    return replace(term, recess_known=bool(term.recess))


_Question = Callable[[Term], Term]


def _ask(term: Term, question: _Question) -> Term:
    """Ask until the answers fit the rest of the term."""
    while True:
        try:
            changed = question(term)
            validate_term(changed)
        except InvalidTerm as error:
            click.echo(f"Not possible: {error.what}.")
        else:
            return changed


def _repeat(term: Term, question: _Question) -> Term:
    """Ask for one entry after the other until one is left empty."""
    while (changed := _ask(term, question)) is not term:
        term = changed
    return term


def _period(name: str, *, needed: bool) -> _Question:
    def question(term: Term) -> Term:
        empty = "" if needed else " (empty if not known)"
        start = _day(term.year, f"{name}, first lecture day{empty}", needed=needed)
        if start is None:
            return term
        span = Span(start=start, end=_needed_day(term.year, f"{name}, last lecture day"))
        return replace(term, periods={**term.periods, name: (span,)})

    return question


def _year_modules(term: Term) -> Term:
    """Give year modules both semesters, without the time between them."""
    segments = tuple(replace(term.periods[name][0], name=name) for name in HALVES)
    return replace(term, periods={**term.periods, "Y": tuple(sorted(segments, key=lambda span: span.start))})


def _recess(term: Term) -> Term:
    span = _span(term.year, "Recess")
    return replace(term, recess=(*term.recess, span)) if span else term


def _test_week(term: Term) -> Term:
    span = _span(term.year, "Test week")
    return replace(term, test_weeks=(*term.test_weeks, span)) if span else term


def _no_lectures(term: Term) -> Term:
    day = _day(term.year, "Single day without lectures (empty when done)")
    return replace(term, no_lectures=(*term.no_lectures, Span(start=day, end=day))) if day else term


def _swap(term: Term) -> Term:
    day = _day(term.year, "Swap day: a day that uses another weekday's timetable (empty when done)")
    if day is None:
        return term
    follows = _prompt(f"{WEEKDAYS[day.weekday()]} {day} uses the timetable of", _weekday)
    return replace(term, swaps=(*term.swaps, Swap(date=day, follows=follows)))


def _span(year: int, what: str) -> Span | None:
    start = _day(year, f"{what}, first day (empty when done)")
    return Span(start=start, end=_needed_day(year, f"{what}, last day")) if start else None


def _day(year: int, text: str, *, needed: bool = False) -> date | None:
    """Ask for a day; None for an empty answer where none is needed."""
    return _prompt(text, lambda answer: parse_day(answer, year) if answer.strip() or needed else None)


def _needed_day(year: int, text: str) -> date:
    return _prompt(text, lambda answer: parse_day(answer, year))


def _prompt(text: str, parse: Callable[[str], _Answer]) -> _Answer:
    answer: _Answer = click.prompt(text, default="", show_default=False, value_proc=parse)
    return answer


def parse_day(text: str, year: int) -> date:
    """Return the day in "2026-02-09", "9 Feb 2026" or "9 February"; UsageError, which click asks again after."""
    answer = text.strip().lower()
    if named := _NAMED.fullmatch(answer):
        numbers = int(named[3] or year), _month(named[2]), int(named[1])
    elif iso := _ISO.fullmatch(answer):
        numbers = int(iso[1]), int(iso[2]), int(iso[3])
    else:
        numbers = 0, 0, 0
    if 0 in numbers[:2]:
        raise click.UsageError(f"{text!r} is not a date. Write {year}-02-09 or 9 Feb {year}.")
    return _existing(*numbers, text=text, year=year)


def _existing(*numbers: int, text: str, year: int) -> date:
    try:
        day = date(*numbers)
    except ValueError:
        raise click.UsageError(f"There is no {text.strip()}.") from None
    if day.year != year:
        raise click.UsageError(f"{day} is not in {year}.")
    return day


def _month(name: str) -> int:
    return next((number for number, month in enumerate(MONTHS, 1) if month.lower().startswith(name)), 0)


def _weekday(text: str) -> int:
    answer = text.strip().capitalize()
    found = [number for number, name in enumerate(WEEKDAYS) if len(answer) >= 3 and name.startswith(answer)]
    if not found:
        raise click.UsageError(f"{text!r} is not a weekday. Write Monday or Mon.")
    return found[0]
