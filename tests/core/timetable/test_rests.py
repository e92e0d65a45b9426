"""Whether a row without a module goes on what stands on the page before: what tells, case by case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from tukscal.core.model import Cell, Kind, Line, Row
from tukscal.core.timetable.breaks import Usual, order_key, row_name, why_not_rest
from tukscal.core.timetable.layouts import Header

FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.LECTURES: (
        "module", "offered", "group", "language", "activity", "day", "time", "venue", "campus", "study_programme",
    ),
    Kind.TESTS: ("module", "activity", "day", "date", "time", "campus", "venue"),
    Kind.EXAMS: ("status", "module", "paper", "activity", "date", "start", "module_campus", "campus", "venue"),
}  # fmt: skip
HIGH = 12.0


def header(kind: Kind) -> Header:
    """Return the header of a kind."""
    return Header(kind=kind, fields=FIELDS[kind], names=FIELDS[kind], words=(), missing=(), fault=None)


Cells = Mapping[str, str | Sequence[str]]


def row(kind: Kind, cells: Cells, page: int = 1, down: Mapping[str, float] | None = None) -> Row:
    """Return a row; each cell is one text or several lines, 12 points apart, `down` by so many points."""
    found = []
    for name in FIELDS[kind]:
        texts = cells.get(name, ())
        lines = [texts] if isinstance(texts, str) else texts
        top = 100 + (down or {}).get(name, 0.0)
        found.append(Cell(tuple(Line(text, (), top + HIGH * n, 0, 0, (page, 1)) for n, text in enumerate(lines)), 999))
    return Row(page=page, number=1, cells=tuple(found))


def lecture(
    activities: Sequence[str],
    venues: Sequence[str] | None = None,
    more: Cells | None = None,
    down: Mapping[str, float] | None = None,
) -> Row:
    """Return a row of a lecture timetable, each session an hour later than the one before."""
    times = [f"{8 + n:02}:30 - {9 + n:02}:20" for n, _ in enumerate(activities)]
    cells: Cells = {
        "module": "COS 214", "offered": "S1", "group": "G01", "language": "E LPT", "activity": activities,
        "day": ["Monday"] * len(activities), "time": times, "campus": "HATFIELD",
        "venue": venues if venues is not None else [f"IT 4-{n}" for n, _ in enumerate(activities)],
    }  # fmt: skip
    return row(Kind.LECTURES, {**cells, **(more or {})}, down=down)


def rest(activities: Sequence[str], venues: Sequence[str], more: Cells | None = None) -> Row:
    """Return the rest of a row: without what only a beginning has."""
    empty: Cells = dict.fromkeys(("module", "offered", "group", "language", "campus"), ())
    return lecture(activities, venues, {**empty, **(more or {})})


SORTED = [lecture(["L1", "L1"], ["HB 1-1", "HB 2-2"], {"time": ["1", "1"]}) for _ in range(2)]
UNSORTED = [lecture(["L1", "L1"], ["HB 2-2", "HB 1-1"], {"time": ["1", "1"]}) for _ in range(2)]


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (["L1", "L2"], ["L3"], ""),
        (["L1", "L1", "L2"], ["L2"], ""),
        (["L1", "L2"], ["P1", "P2"], ""),
        (["L2", "P1"], ["P2"], ""),
        (["L 1"], ["L 2"], ""),
        (["Fieldtrip"], ["Fieldtrip"], "its sessions are of another kind than that row's"),
        (["Fieldtrip"], ["Visit"], "its sessions do not come after those of that row"),
        (["L1"], ["L3"], "its sessions do not come after those of that row"),
        (["L2"], ["L1"], "its sessions do not come after those of that row"),
        (["L1", "L2"], ["P2"], "its sessions do not come after those of that row"),
        (["P1"], ["L2"], "its sessions do not come after those of that row"),
        (["P1"], ["L1"], "its sessions do not come after those of that row"),
        (["L1"], ["S1"], "its sessions are of another kind than that row's"),
    ],
)
def test_sessions_count_on(before: Sequence[str], after: Sequence[str], why: str) -> None:
    """Activities ascend and count on without a gap, and are of the kinds that the group has."""
    last = lecture(before)
    more: Cells = {"time": last.cells[6].lines[-1].text} if before[-1] == after[0] else {}
    following = rest(after, [f"IT 5-{n}" for n, _ in enumerate(after)], more)
    assert why_not_rest(header(Kind.LECTURES), [last], following, Usual(header(Kind.LECTURES), [])) == why


@pytest.mark.parametrize(
    ("whole", "venues", "time", "why"),
    [
        (SORTED, ["IT 4-5"], "08:30 - 09:20", ""),
        (SORTED, ["IT 4-3"], "08:30 - 09:20", "its venues do not come after those of that row"),
        (SORTED, ["lab 2"], "08:30 - 09:20", ""),
        (UNSORTED, ["IT 4-3"], "08:30 - 09:20", ""),
        (SORTED[:1], ["IT 4-3"], "08:30 - 09:20", ""),
        (SORTED, ["IT 4-4"], "08:30 - 09:20", "it repeats a venue of that row"),
        (UNSORTED, ["IT 4-4"], "08:30 - 09:20", "it repeats a venue of that row"),
        (SORTED, ["IT 4-5"], "09:30 - 10:20", "its first session is that row's last, at another time"),
    ],
)
def test_venues_of_one_session(whole: Sequence[Row], venues: Sequence[str], time: str, why: str) -> None:
    """A session that goes on keeps its time, and its venues come after those before, where they do so in all rows."""
    last = lecture(["L1", "L1"], ["IT 3-9", "IT 4-4"], {"time": ["08:30 - 09:20"] * 2})
    found = Usual(header(Kind.LECTURES), whole)
    assert why_not_rest(header(Kind.LECTURES), [last], rest(["L1"], venues, {"time": [time]}), found) == why


def test_a_row_over_three_pages() -> None:
    """What goes on is compared with the last of a row's parts, and its venues with those of all."""
    first = lecture(["L1", "L1"], ["HB 1-1", "HB 1-2"], {"time": ["07:30 - 08:20"] * 2})
    middle = rest(["L1", "L2"], ["HB 1-3", "HB 2-1"], {"time": ["07:30 - 08:20", "09:30 - 10:20"]})
    usual = Usual(header(Kind.LECTURES), [])
    for time, venue, why in (
        ("09:30 - 10:20", "HB 2-2", ""),
        ("07:30 - 08:20", "HB 2-2", "its first session is that row's last, at another time"),
        ("09:30 - 10:20", "HB 2-1", "it repeats a venue of that row"),
        ("09:30 - 10:20", "HB 1-3", ""),
    ):
        following = rest(["L2"], [venue], {"time": time})
        assert why_not_rest(header(Kind.LECTURES), [first, middle], following, usual) == why


def test_cells_that_end_above_their_row() -> None:
    """A cell goes on only where it ends as low as its row; a study programme may stand lower."""
    last = lecture(["L1", "L2"], more={"study_programme": ["", "r3"]})
    usual = Usual(header(Kind.LECTURES), [])
    assert why_not_rest(header(Kind.LECTURES), [last], rest(["L3"], ["IT 5-5"]), usual) == ""
    short = lecture(["L1", "L2"], more={"activity": ["L1"]})
    assert why_not_rest(header(Kind.LECTURES), [short], rest(["L2"], ["IT 5-5"]), usual) == "that row ends on its page"
    for by, why in ((8.9, ""), (9.1, "that row ends on its page")):
        low = lecture(["L1"], ["IT 4-4"], down={"campus": by})
        assert why_not_rest(header(Kind.LECTURES), [low], rest(["L2"], ["IT 5-5"]), usual) == why


def test_rows_that_begin_or_have_other_columns() -> None:
    """A rest holds nothing that only the beginning of a row has, and as many cells as that."""
    kind, usual = header(Kind.LECTURES), Usual(header(Kind.LECTURES), [])
    last = lecture(["L1"])
    named = rest(["L2"], ["IT 5-5"], {"campus": "HATFIELD"})
    assert why_not_rest(kind, [last], named, usual) == "it has fields that only the beginning of a row has"
    narrow = Row(page=2, number=1, cells=rest(["L2"], ["IT 5-5"]).cells[:-1])
    assert why_not_rest(kind, [last], narrow, usual) == "it has other columns than that row"
    assert why_not_rest(kind, [narrow], rest(["L2"], ["IT 5-5"]), usual) == "it has other columns than that row"


@pytest.mark.parametrize(
    ("kind", "cells", "following", "why"),
    [
        (Kind.TESTS, {"activity": "Test1", "venue": "IT 4-4"}, {"venue": "IT 4-5"}, ""),
        (Kind.TESTS, {"activity": "Test1", "venue": "IT 4-4"}, {"venue": "IT 4-4"}, "it repeats a venue of that row"),
        (
            Kind.TESTS, {"activity": "Test1", "venue": "IT 4-4"}, {"activity": "2", "venue": "IT 4-5"},
            "the test of that row is complete",
        ),
        (Kind.TESTS, {"activity": "PTest", "venue": "IT 4-4"}, {"activity": "1", "venue": "IT 4-5"}, ""),
        (
            Kind.TESTS, {"activity": "Test1", "venue": "IT 4-4"}, {"venue": "AE 1"},
            "its venues do not come after those of that row",
        ),
        (Kind.EXAMS, {"activity": "Exam", "venue": "IT 4-4"}, {"activity": "Written", "venue": "AE 1"}, ""),
        (
            Kind.EXAMS, {"activity": "Test1", "venue": "IT 4-4"}, {"activity": "2"},
            "the activity of that row is complete",
        ),
    ],
)  # fmt: skip
def test_tests_and_exams(kind: Kind, cells: Mapping[str, str], following: Mapping[str, str], why: str) -> None:
    """The rest of a test or exam completes its activity or goes on with its venues."""
    whole = [row(kind, {"module": "COS 214", "activity": "Test1", "venue": ["AE 1", "HB 2"]}) for _ in range(2)]
    last = row(kind, {"module": "COS 226", **cells})
    found = why_not_rest(header(kind), [last], row(kind, following, 2), Usual(header(kind), whole))
    assert found == why


def test_order_and_names_of_rows() -> None:
    """Lectures ascend by module, period and group, the others by date and start; a row without them says nothing."""
    test = row(Kind.TESTS, {"module": "COS 214", "activity": "Test1", "date": "22 Mar 2025", "time": "08:30 - 09:20"})
    exam = row(Kind.EXAMS, {"module": "COS 214", "paper": "1", "date": "12 NOV 2025", "start": "07:30"})
    assert order_key(header(Kind.LECTURES), lecture(["L1"])) == ("COS 214", "S1", "G01")
    assert order_key(header(Kind.TESTS), test) == ("2025-03-22", "08:30:00")
    assert order_key(header(Kind.EXAMS), exam) == ("2025-11-12", "07:30:00")
    assert order_key(header(Kind.EXAMS), row(Kind.EXAMS, {"module": "COS 214", "date": "soon"})) is None
    assert order_key(header(Kind.LECTURES), rest(["L1"], [])) is None
    narrow = Row(page=1, number=1, cells=exam.cells[:3])
    assert (order_key(header(Kind.EXAMS), narrow), row_name(header(Kind.EXAMS), narrow)) == (None, "COS 214 1")
    assert row_name(header(Kind.LECTURES), lecture(["L1"])) == "COS 214 G01"
    assert row_name(header(Kind.TESTS), test) == "COS 214 Test1"
    assert row_name(header(Kind.EXAMS), exam) == "COS 214 1"
