"""Where a teaching calendar comes from: a named file, the user's own folder, the package, or two dates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

from ..errors import InputOutput, NoSuchFile, NoTerm
from .parse import parse_term, public_holidays
from .term import InvalidTerm, Span, Term, require_span

PACKAGED = "packaged"
_MOST_BYTES = 1 << 20  # a year's file has 3 kB


def load_term(year: int, *, file: Path | None = None, folder: Path | None = None) -> Term:
    """Return the teaching calendar of a year: from `file`, else `folder`/up-YEAR.toml, else the packaged one.

    NoTerm when nobody knows the year's dates or the file is wrong; NoSuchFile, InputOutput when `file` cannot be read.
    """
    if file is not None:
        return _of_year(year, *parse_term(_read(file), str(file)))
    own = folder / file_name(year) if folder else None
    if own and own.exists():
        return _of_year(year, *parse_term(_read(own), str(own)))
    data = _packaged(year)
    if data is None:
        raise _unknown(year, {})
    return _of_year(year, *parse_term(data, PACKAGED))


def read_term(file: Path) -> Term:
    """Return the teaching calendar in a file, whatever its year; errors as in `load_term`."""
    term, inferred = parse_term(_read(file), str(file))
    return _of_year(term.year, term, inferred)


def file_name(year: int) -> str:
    """Return what a year's file is called in the user's term folder."""
    return f"up-{year}.toml"


def bare_term(year: int, start: date, end: date, periods: Iterable[str]) -> Term:
    """Return a calendar that knows two dates and the public holidays: every named period runs from start to end."""
    span = Span(start=start, end=end)
    names = sorted(set(periods))
    try:
        require_span("", span, year)
    except InvalidTerm as error:
        raise NoTerm(f"{start} to {end}: {error.what}.", advice="Correct --from and --until.") from error
    return Term(
        year=year,
        name=f"up-{year}",
        digest=hashlib.sha256(f"{year} {start} {end} {' '.join(names)}".encode()).hexdigest(),
        source=f"{start} to {end}",
        periods=dict.fromkeys(names, (span,)),
        holidays=public_holidays(year),
    )


def require_period(term: Term, period: str) -> tuple[Span, ...]:
    """Return the period's spans; NoTerm, saying how to give its dates, if the term lacks it."""
    spans = term.periods.get(period)
    if spans is None:
        raise NoTerm(
            f"The first and last lecture day of {period} in {term.year} are not known ({term.source}).",
            advice=f"Give them with `tukscal term new {term.year}` or --from and --until.",
        )
    return spans


def _of_year(year: int, term: Term, inferred: Mapping[str, date]) -> Term:
    if term.year != year:
        raise NoTerm(f"{term.source}: a term file for {term.year}, not for {year}.", advice=f"Name the file of {year}.")
    if not term.periods:
        raise _unknown(year, inferred)
    return term


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise NoSuchFile(f"There is no term file {file}.", file=str(file)) from error
    except OSError as error:
        raise InputOutput(f"The term file {file} cannot be read: {error.strerror}.", file=str(file)) from error
    if len(data) > _MOST_BYTES:
        raise NoTerm(f"{file}: far too large for a term file.", advice="Check that this is the right file.")
    return data


@cache
def _packaged(year: int) -> bytes | None:
    from importlib.resources import files

    try:
        return files(__package__).joinpath(file_name(year)).read_bytes()
    except FileNotFoundError:
        return None


def _unknown(year: int, inferred: Mapping[str, date]) -> NoTerm:
    message = f"The teaching dates of {year} are not known: the first and last lecture day of the periods are needed."
    guesses = [f"{name.replace('_', ' ')}s on {_day(day)}" for name, day in inferred.items()]
    if guesses:
        message += f" Probably {' and '.join(guesses)}, but that is not certain."
    first = max(inferred.values(), default=None) or f"{year}-MM-DD"
    return NoTerm(
        message,
        advice=f"Give them once with `tukscal term new {year}`, or for this conversion only with"
        f" `--from {first} --until {year}-MM-DD`. UP prints them in its calendar of the academic year.",
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
