"""Random semester tests and exams: rows with dates that never go back; within one date any start follows any other."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from .facts import CAMPUSES, COMMENTS, CONSULT, EXAM_HALLS, HALLS, LABS, LONG_VENUES, WEEK
from .make_lectures import module_codes
from .rows import MONTHS, ExamRow, TestRow

_TEST_SEASONS = {"S1": (3, 1), "S2": (8, 15)}
_EXAM_SEASONS = {"S1": (5, 28), "S2": (11, 3)}
_TEST_TIMES = ("07:30", "10:00", "12:30", "15:00")
_EXAM_TIMES = ("07:30", "11:15", "15:00")


def made_tests(
    chance: random.Random, *, offered: Sequence[str] = ("S2",), year: int = 2026, long_venues: bool = False
) -> Iterator[TestRow]:
    """Semester tests without end; the weekday agrees with the date."""
    dates = _dates(chance, _first_days(_TEST_SEASONS, offered, year), steps=(0, 0, 0, 1, 1, 2))
    pairs = _in_any_order(chance, [(code, kind) for code in module_codes(chance) for kind in _test_names(chance)])
    for (code, name), day in zip(pairs, dates, strict=False):
        yield TestRow(
            module=code,
            test=name,
            day=WEEK[day.weekday()],
            date=f"{day.day:02} {MONTHS[day.month - 1]} {day.year}",
            time=_test_time(chance),
            campus=chance.choices([full for full, _ in CAMPUSES], (80, 12, 8))[0],
            venues=_test_venues(chance, long_venues),
        )


def made_exams(
    chance: random.Random, *, offered: Sequence[str] = ("S2",), year: int = 2026, long_venues: bool = True
) -> Iterator[ExamRow]:
    """Exams without end: most FINAL, some PRELIM without venue and campus, some at the department."""
    del long_venues  # an exam venue always may wrap
    dates = _dates(chance, _first_days(_EXAM_SEASONS, offered, year), steps=(0, 0, 0, 0, 1))
    pairs = _in_any_order(chance, [(code, paper) for code in module_codes(chance) for paper in _papers(chance)])
    for (code, paper), day in zip(pairs, dates, strict=False):
        yield _exam(chance, code, paper, f"{day.day:02} {MONTHS[day.month - 1].upper()} {day.year}")


def _exam(chance: random.Random, code: str, paper: str, day: str) -> ExamRow:
    full, short = chance.choices(CAMPUSES, (80, 12, 8))[0]
    form = chance.choices(("hall", "prelim", "consult"), (80, 14, 6))[0]
    return ExamRow(
        status="PRELIM" if form == "prelim" else "FINAL",
        module=code,
        paper=paper,
        activity=chance.choices(("Exam Written", "Exam Oral", "Exam Practical"), (94, 2, 4))[0],
        date=day,
        start=chance.choice(_EXAM_TIMES),
        module_campus=short,
        exam_campus=full if form == "hall" else "",
        venues={"hall": (chance.choice(EXAM_HALLS),), "prelim": (), "consult": (CONSULT,)}[form],
        comments=chance.choice(COMMENTS) if chance.random() < 0.05 else "",
    )


def _first_days(seasons: dict[str, tuple[int, int]], offered: Sequence[str], year: int) -> list[date]:
    chosen = sorted(seasons[period] for period in set(offered) if period in seasons) or [seasons["S2"]]
    return [date(year, month, day) for month, day in chosen]


def _dates(chance: random.Random, first_days: Sequence[date], *, steps: Sequence[int]) -> Iterator[date]:
    """Dates that never go back, no Sundays; from one season to the next about once in ten."""
    seasons = list(first_days)
    day = seasons.pop(0)
    while True:
        day += timedelta(days=chance.choice(steps))
        if day.weekday() == 6:
            day += timedelta(days=1)
        if seasons and chance.random() < 0.1:
            day = max(day, seasons.pop(0))
        if day.weekday() != 6:
            yield day


def _in_any_order(chance: random.Random, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return chance.sample(pairs, len(pairs))


def _test_names(chance: random.Random) -> list[str]:
    return ["Test1", "Test2", "PTest 1", "PTest 2"][: chance.randint(1, 4)]


def _papers(chance: random.Random) -> list[str]:
    return ["1", "2"][: chance.choices((1, 2), (85, 15))[0]]


def _test_time(chance: random.Random) -> str:
    start = chance.choice(_TEST_TIMES)
    end = int(start[:2]) * 60 + int(start[3:]) + chance.choice((90, 90, 120))
    return f"{start} - {end // 60:02}:{end % 60:02}"


def _test_venues(chance: random.Random, long_venues: bool) -> tuple[str, ...]:
    if long_venues and chance.random() < 0.3:
        return (chance.choice(LONG_VENUES),)
    if chance.random() < 0.04:
        return (CONSULT,)
    if chance.random() < 0.5:
        return tuple(chance.sample(HALLS, chance.randint(1, 3)))
    return tuple(chance.sample(LABS, chance.randint(1, 13)))
