"""Random lecture rows: modules with class, practical and tutorial groups."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .facts import CAMPUSES, CONSULT, DAYS, HALLS, LABS, LONG_VENUES, PROGRAMMES, SUBJECTS
from .rows import LectureRow, Session

FEW, ALL = 12, 9 * len(SUBJECTS)  # modules of a short timetable, and as many as there are

_QUARTERS = {"S1": ("Q1", "Q2"), "S2": ("Q3", "Q4")}
_LENGTHS = {"L": (50, 50, 50, 110), "P": (110, 170, 170), "T": (50, 80, 110), "D": (110,)}


@dataclass(frozen=True, kw_only=True)
class _Module:
    code: str
    offered: str
    language: str
    campus: str
    programme: str
    long_venues: bool


def made_lectures(
    chance: random.Random,
    *,
    offered: Sequence[str] = ("S2",),
    year: int = 2026,
    long_venues: bool = False,
    modules: int = FEW,
) -> Iterator[LectureRow]:
    """The lecture rows of so many modules in the portal's order; lectures print no year, so it changes nothing."""
    del year
    for code in module_codes(chance, modules)[:modules]:
        for period in _periods(chance, offered):
            module = _module(chance, code, period, long_venues)
            yield from _groups(chance, module)


def module_codes(chance: random.Random, first: int = FEW) -> list[str]:
    """All module codes, each once: so many of any subject in their order, then the others in theirs."""
    codes = [f"{subject} {number}" for subject in SUBJECTS for number in chance.sample(range(110, 490), 9)]
    chosen = sorted(chance.sample(codes, first))
    return [*chosen, *sorted(set(codes) - set(chosen))]


def with_twin(rows: Sequence[LectureRow]) -> list[LectureRow]:
    """The rows with one group that has one activity at two different times."""
    for place, row in enumerate(rows):
        first = row.sessions[0]
        later = [at for at, session in enumerate(row.sessions) if session.time != first.time]
        if later:
            sessions = list(row.sessions)
            sessions[later[0]] = replace(sessions[later[0]], activity=first.activity)
            sessions.sort(key=lambda session: session.activity)
            return [*rows[:place], replace(row, sessions=tuple(sessions)), *rows[place + 1 :]]
    raise ValueError("no group with two sessions at different times")


def _periods(chance: random.Random, offered: Sequence[str]) -> list[str]:
    semesters = [period for period in offered if period in _QUARTERS]
    draw = chance.random()
    if draw < 0.06:
        return ["Y"]
    if draw < 0.12 and semesters:
        return [chance.choice(_QUARTERS[chance.choice(semesters)])]
    if draw < 0.15:
        return [*sorted(offered), "Y"]  # like COS 301: the same groups in a semester and in the year block
    return sorted(offered) if draw < 0.3 else [chance.choice(list(offered))]


def _module(chance: random.Random, code: str, period: str, long_venues: bool) -> _Module:
    return _Module(
        code=code,
        offered=period,
        language=chance.choices("EAB", (90, 8, 2))[0],
        campus=chance.choices([full for full, _ in CAMPUSES], (80, 12, 8))[0],
        programme=chance.choice(PROGRAMMES) if chance.random() < 0.2 else "",
        long_venues=long_venues,
    )


def _groups(chance: random.Random, module: _Module) -> Iterator[LectureRow]:
    classes = chance.choices((1, 2, 3, 5), (60, 25, 10, 5))[0]
    owned = chance.choices(("", "P", "T", "PT"), (70, 10, 10, 10))[0]
    for group in range(1, classes + 1):
        yield _row(chance, module, f"G{group:02}", "L" + owned)
    for letter, most in (("P", 5), ("T", 6)):
        if letter not in owned and chance.random() < 0.5:
            for group in range(1, chance.randint(1, most) + 1):
                yield _row(chance, module, f"{letter}{group:02}", letter)


def _row(chance: random.Random, module: _Module, group: str, block: str) -> LectureRow:
    days = sorted(chance.sample(DAYS, len(DAYS)), key=lambda _: chance.random())
    sessions: list[Session] = []
    for letter in block:
        weekly = chance.randint(2, 5 - len(block)) if letter == "L" else chance.choices((1, 2), (85, 15))[0]
        mine = sorted((days.pop() for _ in range(min(weekly, len(days)))), key=DAYS.index)
        for ordinal, day in enumerate(mine, 1):
            sessions += _sessions(chance, module, f"{letter}{ordinal}", day)
    return LectureRow(
        module=module.code,
        offered=module.offered,
        group=group,
        language=module.language,
        block=block,
        sessions=tuple(sessions),
        campus=module.campus,
        study_programme=module.programme,
    )


def _sessions(chance: random.Random, module: _Module, activity: str, day: str) -> list[Session]:
    time = _time(chance, chance.choice(_LENGTHS[activity[0]]))
    return [Session(activity=activity, day=day, time=time, venue=venue) for venue in _venues(chance, module, activity)]


def _venues(chance: random.Random, module: _Module, activity: str) -> list[str]:
    if chance.random() < 0.03:
        return [CONSULT]
    if module.long_venues and chance.random() < 0.3:
        return [chance.choice(LONG_VENUES)]
    if activity[0] == "P":
        return chance.sample(LABS, chance.randint(1, 4))
    return chance.sample(HALLS, chance.choices((1, 2), (92, 8))[0])


def _time(chance: random.Random, minutes: int) -> str:
    hour = chance.randint(7, 18 - (minutes + 59) // 60)
    end = hour * 60 + 30 + minutes
    return f"{hour:02}:30 - {end // 60:02}:{end % 60:02}"
