"""Made lecture timetables for choosing groups; import as `tukscal.tests.core.selection.made_groups`."""

from __future__ import annotations

import random
from datetime import time
from typing import Any

from hypothesis import strategies as st
from tukscal.core.model import Entry
from tukscal.tests.core.sessions import lecture, semester_test


def session(module: str, group: str, activity: str, day: int, at: tuple[int, int], **changes: Any) -> Entry:
    """Return a weekly session; `at` is its first and last minute of the day."""
    start, end = (time(minute // 60, minute % 60) for minute in at)
    return lecture(module=module, group=group, activity=activity, day=day, start=start, end=end, **changes)


@st.composite
def small_timetables(draw: st.DrawFn) -> list[Entry]:
    """Timetables with few enough decisions to try every combination, crowded enough to clash."""
    entries = []
    for number in range(draw(st.integers(1, 3))):
        module, offered = f"COS {110 + number}", draw(st.sampled_from(["S1", "S2", "S2", "Y", "Q3"]))
        campus = draw(st.sampled_from(["HATFIELD", "GROENKLOOF", None]))
        for kind in draw(st.sampled_from(["G", "GP", "GPT", "PT"])):
            for group in range(1, draw(st.integers(1, 3)) + 1):
                activities = [{"G": "L"}.get(kind, kind) + "1", *draw(st.sampled_from([[], ["P1"], ["T1"]]))]
                for activity in activities if kind == "G" else activities[:1]:
                    start = draw(st.integers(15, 20)) * 30
                    at = (start, start + draw(st.sampled_from([50, 110])))
                    day = draw(st.integers(0, 1))
                    entries.append(
                        session(module, f"{kind}0{group}", activity, day, at, offered=offered, campus=campus)
                    )
    if draw(st.booleans()):
        entries.append(semester_test(module="COS 110", start=time(8, 0), end=time(9, 30)))  # a Monday of S2
    return entries


def first_year(seed: int, kinds: int = 33) -> list[Entry]:
    """Return a timetable as a first-year's: 33 kinds of groups over both semesters, some 200 sessions."""
    chance = random.Random(seed)  # noqa: S311 - content, not a secret
    entries: list[Entry] = []
    made = module = 0
    while made < kinds:
        module += 1
        code, offered = f"MAD {100 + module}", chance.choice(["S1", "S2"])
        campus = chance.choice(["HATFIELD"] * 4 + ["GROENKLOOF"])
        for kind, most, activity in (("G", 3, "L"), ("P", 9, "P"), ("T", 9, "T")):
            if made < kinds and (kind == "G" or chance.random() < 0.75):
                made += 1
                for group in range(1, chance.randint(2, most) + 1 if chance.random() < 0.9 else 2):
                    weekly = chance.choice((2, 3, 4) if kind == "G" else (1, 1, 1, 2))
                    for number, day in enumerate(sorted(chance.sample(range(5), weekly)), 1):
                        start = chance.randint(7, 16) * 60 + 30
                        at = (start, start + (50 if kind == "G" else chance.choice((50, 80, 110))))
                        entries.append(
                            session(
                                code,
                                f"{kind}{group:02}",
                                f"{activity}{number}",
                                day,
                                at,
                                offered=offered,
                                campus=campus,
                            )
                        )
    return entries
