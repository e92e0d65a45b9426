"""One year's TOML file <-> Term, with the public holidays, which are never in the file.

    institution  = "UP"
    year         = 2026
    completeness = "full"          # "partial": recess, swap days or test weeks may be missing

    [periods]                      # any of S1 S2 Y Q1 Q2 Q3 Q4
    S1 = { start = 2026-02-09, end = 2026-05-27 }
    Y  = { segments = ["S1", "S2"] }

    [[recess]]                     # no lectures; start and end, or one date; a name if you like
    start = 2026-03-29
    end   = 2026-04-06
    [[no_lectures]]                # the same for single days
    date = 2026-09-16
    [[swaps]]                      # on this date the timetable of another weekday is used
    date = 2026-04-07
    follows = "Monday"
    [[test_weeks]]                 # lectures are suspended here if the user says so
    [[exams]]                      # for information
    [inferred]                     # dates nobody confirmed, only ever shown as "probably": S1_start = 2025-02-10

All dates are inclusive local dates. Errors name the file and the line (TOML) or the key path, where `swaps[2]` is the
second `[[swaps]]`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path

from ..errors import InputOutput, NoTerm, NotWritable
from ..model import PERIODS, WEEKDAYS
from ..system.files import write_file
from .term import InvalidTerm, Span, Swap, Term, require_year, validate_term

_LISTS = ("recess", "no_lectures", "swaps", "test_weeks", "exams")
_TOP = ("institution", "year", "completeness", "periods", *_LISTS, "inferred")
_INFERRED = tuple(f"{period}_{edge}" for period in PERIODS for edge in ("start", "end"))

Table = Mapping[str, object]


@lru_cache(maxsize=16)
def parse_term(data: bytes, source: str) -> tuple[Term, Mapping[str, date]]:
    """Return the term in a file's bytes and its inferred dates by name, "S1_start".

    NoTerm, naming `source`, for anything that is not a teaching calendar; a term without periods is returned as it is.
    """
    try:
        table = _toml(data)
        term = _term(table, hashlib.sha256(data).hexdigest(), source)
        validate_term(term)
        return term, _inferred(table)
    except InvalidTerm as error:
        advice = "Correct the file; `tukscal term check FILE` tells whether it is right."
        raise NoTerm(f"{source}: {error}", advice=advice) from error


def _toml(data: bytes) -> Table:
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8-sig"))  # Windows editors like to begin a file with a byte order mark
    except UnicodeDecodeError as error:
        raise InvalidTerm("", f"not a text file in UTF-8 (byte {error.start})") from error
    except ValueError as error:  # a number without end is not even TOML's error
        raise InvalidTerm("", f"not TOML: {error}") from error
    except RecursionError as error:
        raise InvalidTerm("", "not a term file: nested too deeply") from error


def _term(table: Table, digest: str, source: str) -> Term:
    _known_keys(table, "", _TOP)
    _one_of(table.get("institution"), "institution", ("UP",))
    year = _year(table.get("year"))
    return Term(
        year=year,
        name=f"up-{year}",
        digest=digest,
        source=source,
        periods=_periods(_table(table.get("periods", {}), "periods", PERIODS)),
        recess=_spans(table, "recess"),
        no_lectures=_spans(table, "no_lectures"),
        swaps=tuple(_swap(item, where) for where, item in _items(table, "swaps")),
        test_weeks=_spans(table, "test_weeks"),
        exams=_spans(table, "exams"),
        holidays=public_holidays(year),
        recess_known=_one_of(table.get("completeness"), "completeness", ("full", "partial")) == "full",
    )


def _periods(table: Table) -> dict[str, tuple[Span, ...]]:
    dated = {name: _span(value, f"periods.{name}") for name, value in table.items() if not _is_segmented(value)}
    found: dict[str, tuple[Span, ...]] = {name: (span,) for name, span in dated.items()}
    for name, value in table.items():
        if name not in dated:
            found[name] = _segments(value, f"periods.{name}", dated)
    return {name: found[name] for name in PERIODS if name in found}


def _is_segmented(value: object) -> bool:
    return isinstance(value, Mapping) and "segments" in value


def _segments(value: object, where: str, dated: Mapping[str, Span]) -> tuple[Span, ...]:
    names = _table(value, where, ("segments",))["segments"]
    if not isinstance(names, list) or not names:
        raise InvalidTerm(f"{where}.segments", 'not a list of periods such as ["S1", "S2"]')
    spans = [dated[_one_of(name, f"{where}.segments", tuple(dated))] for name in names]
    named = (Span(start=span.start, end=span.end, name=name) for name, span in zip(names, spans, strict=True))
    return tuple(sorted(named, key=lambda span: span.start))


def _spans(table: Table, name: str) -> tuple[Span, ...]:
    spans = (_span(item, where, ("date", "name")) for where, item in _items(table, name))
    return tuple(spans)


def _span(value: object, where: str, more: Iterable[str] = ()) -> Span:
    table = _table(value, where, ("start", "end", *more))
    name = _text(table.get("name", ""), f"{where}.name")
    if "date" in table:
        if "start" in table or "end" in table:
            raise InvalidTerm(where, "has a date as well as a start or an end")
        day = _date(table, "date", where)
        return Span(start=day, end=day, name=name)
    return Span(start=_date(table, "start", where), end=_date(table, "end", where), name=name)


def _swap(value: object, where: str) -> Swap:
    table = _table(value, where, ("date", "follows"))
    follows = _one_of(table.get("follows"), f"{where}.follows", WEEKDAYS)
    return Swap(date=_date(table, "date", where), follows=WEEKDAYS.index(follows))


def _inferred(table: Table) -> dict[str, date]:
    inferred = _table(table.get("inferred", {}), "inferred", _INFERRED)
    return {name: _date(inferred, name, "inferred") for name in inferred}


def _items(table: Table, name: str) -> list[tuple[str, object]]:
    value = table.get(name, [])
    if not isinstance(value, list):
        raise InvalidTerm(name, f"not a list: write each entry under [[{name}]]")
    return [(f"{name}[{number}]", item) for number, item in enumerate(value, 1)]


def _table(value: object, where: str, keys: Collection[str]) -> Table:
    if not isinstance(value, dict):
        raise InvalidTerm(where, f"not a table with {', '.join(keys)}")
    _known_keys(value, f"{where}.", keys)
    return value


def _known_keys(table: Table, prefix: str, keys: Collection[str]) -> None:
    for key in table:
        if key not in keys:
            raise InvalidTerm(f"{prefix}{key}", f"unknown key; known here: {', '.join(keys)}")


def _year(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidTerm("year", "missing" if value is None else f"not a year: {value!r}")
    require_year(value)
    return value


def _date(table: Table, key: str, where: str) -> date:
    if key not in table:
        raise InvalidTerm(f"{where}.{key}", "missing")
    value = table[key]
    if isinstance(value, datetime) or not isinstance(value, date):  # a datetime is a date to Python, not to us
        raise InvalidTerm(f"{where}.{key}", f"not a date: {_shown(value)}; write 2026-02-09 without quotes or time")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise InvalidTerm(where, f"not one line of text: {_shown(value)}")
    return value


def _one_of(value: object, where: str, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        wrong = "missing" if value is None else f"{_shown(value)} is not possible"
        raise InvalidTerm(where, f"{wrong}; possible: {', '.join(choices) or 'nothing, no period has dates'}")
    return value


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, date) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


# ---- public holidays


@cache
def public_holidays(year: int) -> Mapping[date, str]:
    """Return the year's public holidays, observed days included, with their English names."""
    found = _holidays(year)
    return {day: found[day] for day in sorted(found)}


def _holidays(year: int) -> Mapping[date, str]:
    """Return what `holidays` says of South Africa, loading its one file: all 250 countries take twice as long."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    import holidays

    spec = PathFinder.find_spec("south_africa", [str(Path(holidays.__file__).parent / "countries")])
    if spec is None or spec.loader is None:  # a later release may keep its countries elsewhere
        return holidays.country_holidays("ZA", years=year)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Mapping[date, str] = module.SouthAfrica(years=year)
    return found


# ---- writing


def dump_term(term: Term) -> bytes:
    """Return the term as a TOML file; reading it back gives the same calendar."""
    import tomli_w

    lists = {name: getattr(term, name) for name in ("recess", "no_lectures", "test_weeks", "exams")}
    document: dict[str, object] = {
        "institution": "UP",
        "year": term.year,
        "completeness": "full" if term.recess_known else "partial",
        "periods": {name: _period(spans) for name, spans in term.periods.items()},
        "swaps": [{"date": swap.date, "follows": WEEKDAYS[swap.follows]} for swap in term.swaps],
    }
    document |= {name: [_entry(span) for span in spans] for name, spans in lists.items()}
    return tomli_w.dumps(document).encode()


def _period(spans: tuple[Span, ...]) -> dict[str, object]:
    if all(span.name for span in spans):
        return {"segments": [span.name for span in spans]}
    return _entry(spans[0])


def _entry(span: Span) -> dict[str, object]:
    named: dict[str, object] = {"name": span.name} if span.name else {}
    return {"start": span.start, "end": span.end, **named}


def write_term(file: Path, data: bytes, *, force: bool = False) -> None:
    """Write the file whole or not at all; NotWritable if it exists and `force` is not given."""
    if not force:
        require_absent(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputOutput(f"The folder {file.parent} cannot be made: {error.strerror}.", file=str(file)) from error
    write_file(file, data)


def require_absent(file: Path) -> None:
    """Raise NotWritable if the file exists."""
    if file.exists():
        raise NotWritable(
            f"There is already a term file {file}.",
            advice="Add --force to replace it, or choose another file with -o.",
            file=str(file),
        )
