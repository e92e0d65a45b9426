"""Calendars read back with two other programs' libraries, and compared with days counted by hand."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import icalendar
import pytest
import recurring_ical_events
from tukscal.core.calendar.convert import CalendarOptions, make_calendar, read_pdf
from tukscal.core.calendar.schedule import PlanOptions
from tukscal.core.model import Entry
from tukscal.examples.generator import content
from tukscal.tests.core.sessions import TODAY, converted, exam, lecture, semester_test
from tukscal.tests.js import icaljs

# ---- 2026, typed from UP's calendar: this test must not believe core.terms

PERIODS = {
    "S1": [("2026-02-09", "2026-05-27")],
    "S2": [("2026-07-20", "2026-11-06")],
    "Q1": [("2026-02-09", "2026-03-27")],
    "Q2": [("2026-04-07", "2026-05-27")],
    "Q3": [("2026-07-20", "2026-09-07")],
    "Q4": [("2026-09-08", "2026-11-06")],
    "Y": [("2026-02-09", "2026-05-27"), ("2026-07-20", "2026-11-06")],
}
RECESS = [("2026-03-29", "2026-04-06"), ("2026-06-28", "2026-07-19"), ("2026-09-17", "2026-09-27")]
NO_LECTURES = ["2026-09-16"]
HOLIDAYS = [
    "2026-01-01",  # New Year's Day
    "2026-03-21",  # Human Rights Day
    "2026-04-03",  # Good Friday
    "2026-04-06",  # Family Day
    "2026-04-27",  # Freedom Day
    "2026-05-01",  # Workers' Day
    "2026-06-16",  # Youth Day
    "2026-08-09",  # National Women's Day, a Sunday,
    "2026-08-10",  # and the Monday in its stead
    "2026-09-24",  # Heritage Day
    "2026-11-04",  # local government elections
    "2026-12-16",  # Day of Reconciliation
    "2026-12-25",
    "2026-12-26",
]
SWAPS = {"2026-04-07": "Monday", "2026-04-08": "Friday", "2026-09-15": "Friday", "2026-11-06": "Wednesday"}
TEST_WEEKS = [
    ("2026-03-14", "2026-03-20"),
    ("2026-05-02", "2026-05-09"),
    ("2026-08-22", "2026-08-29"),
    ("2026-10-10", "2026-10-17"),
]
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Taught(NamedTuple):
    """A day on which a lecture is given, and whether it is given instead of another weekday's."""

    day: date
    swapped: bool


def by_hand(period: str, weekday: str, *, skip: bool) -> Iterator[Taught]:
    """Walk through the year day by day."""
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        text = day.isoformat()
        closed = [*RECESS, *(TEST_WEEKS if skip else [])]
        if text in HOLIDAYS or text in NO_LECTURES or any(first <= text <= last for first, last in closed):
            continue
        if any(first <= text <= last for first, last in PERIODS[period]):
            followed = SWAPS.get(text, DAYS[day.weekday()])
            if followed == weekday:
                yield Taught(day, text in SWAPS)


class Occurrence(NamedTuple):
    """One time a session takes place, in words that do not depend on who read it."""

    title: str
    start: str
    """Local time, ISO 8601."""
    end: str
    utc: str
    place: str


def occurrence(title: str, day: date, start: time, end: time, place: str) -> Occurrence:
    """Return an occurrence, two hours ahead of UTC as South Africa always is."""
    begin, finish = datetime.combine(day, start), datetime.combine(day, end)
    return Occurrence(title, begin.isoformat(), finish.isoformat(), (begin - timedelta(hours=2)).isoformat(), place)


# ---- the calendars


@dataclass(frozen=True, kw_only=True)
class Case:
    """A calendar and what must take place according to it."""

    data: bytes
    expected: list[Occurrence]

    @property
    def text(self) -> str:
        """The file as text, folded lines put together."""
        return self.data.decode().replace("\r\n ", "")

    def events(self) -> list[Any]:
        """Every VEVENT as the icalendar library reads it."""
        return icalendar.Calendar.from_ical(self.data).events


TITLE = "{module} {group} {activity} {offered} {language}"


def every_weekday(period: str) -> list[Entry]:
    """Return a session for each day from Monday to Saturday, at six times."""
    return [
        lecture(offered=period, day=day, activity=f"L{day + 1}", start=time(7 + day, 30), end=time(8 + day, 20 + day))
        for day in range(6)
    ]


def expected_of(entries: Sequence[dict[str, Any]], *, skip: bool) -> list[Occurrence]:
    """Work out the occurrences of entries as the JSON interface has them."""
    return sorted(
        occurrence(
            TITLE.format(**entry),
            taught.day,
            time.fromisoformat(entry["start"]),
            time.fromisoformat(entry["end"]),
            f"{'; '.join(entry['venues'])} ({entry['campus']})" if entry["venues"] else entry["campus"],
        )
        for entry in entries
        for taught in by_hand(entry["offered"], entry["day"], skip=skip)
    )


def plain(entry: Entry) -> dict[str, Any]:
    """Return a lecture in the words of the JSON interface."""
    assert entry.end is not None
    return {
        "module": entry.module, "group": entry.group, "activity": entry.activity, "offered": entry.offered,
        "language": entry.language, "day": DAYS[entry.day or 0], "start": f"{entry.start:%H:%M}",
        "end": f"{entry.end:%H:%M}", "venues": list(entry.venues), "campus": entry.campus,
    }  # fmt: skip


NAMES = [
    f"{what} {period} {'skip' if skip else 'keep'}{' expanded' if expand else ''}"
    for what in ("weekdays", "pdf")
    for period in PERIODS
    for skip in (False, True)
    for expand in (False, True)
]


@cache
def case(name: str) -> Case:
    """Return the calendar a name stands for."""
    what, period, weeks, *expanded = name.split()
    skip, options = weeks == "skip", PlanOptions(skip_test_weeks=weeks == "skip", expand=bool(expanded), title=TITLE)
    if what == "weekdays":
        entries = every_weekday(period)
        data = converted(entries, skip_test_weeks=skip, expand=options.expand, title=TITLE).ics
        return Case(data=data, expected=expected_of([plain(entry) for entry in entries], skip=skip))
    made = content.made("lectures", 7, offered=(period,), twins=True)
    conversion = make_calendar([read_pdf(made.pdf)], CalendarOptions(today=TODAY, plan=options))
    return Case(data=conversion.ics, expected=expected_of(made.expected, skip=skip))


@pytest.fixture(scope="module")
def thunderbird() -> dict[str, icaljs.Calendar]:
    """Return what ical.js finds in every calendar."""
    return dict(zip(NAMES, icaljs.read_all([case(name).data for name in NAMES]), strict=True))


def read_by_icalendar(data: bytes) -> list[Occurrence]:
    """Return every occurrence that icalendar and recurring-ical-events find."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(data)).between(date(2025, 12, 1), date(2027, 2, 1))
    return sorted(
        Occurrence(
            str(event["SUMMARY"]),
            event.start.replace(tzinfo=None).isoformat(),
            event.end.replace(tzinfo=None).isoformat(),
            event.start.astimezone(UTC).replace(tzinfo=None).isoformat(),
            str(event.get("LOCATION", "")),
        )
        for event in found
    )


def read_by_icaljs(calendar: icaljs.Calendar) -> list[Occurrence]:
    """Return every occurrence that ical.js finds."""
    return sorted(
        Occurrence(
            event["summary"],
            found["start"]["local"],
            found["end"]["local"],
            found["start"]["utc"].removesuffix(".000Z"),
            event["location"] or "",
        )
        for event in calendar["events"]
        for found in event["occurrences"]
    )


# ---- what takes place


def test_the_hand_count_is_that_of_up() -> None:
    """With test weeks skipped every weekday is taught 12 times a semester and 6 times a quarter."""
    for period in PERIODS:
        counts = {len(list(by_hand(period, weekday, skip=True))) for weekday in DAYS[:5]}
        assert counts == {{"S": 12, "Q": 6, "Y": 24}[period[0]]}


@pytest.mark.parametrize("name", NAMES)
def test_icalendar_finds_the_occurrences_counted_by_hand(name: str) -> None:
    """Every occurrence of the year, and no other, is found by icalendar and recurring-ical-events."""
    assert case(name).expected
    assert read_by_icalendar(case(name).data) == case(name).expected


@pytest.mark.parametrize("name", NAMES)
def test_icaljs_finds_the_occurrences_counted_by_hand(name: str, thunderbird: dict[str, icaljs.Calendar]) -> None:
    """Every occurrence of the year, and no other, is found by ical.js."""
    assert read_by_icaljs(thunderbird[name]) == case(name).expected


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_both_readers_agree_about_every_event(name: str, thunderbird: dict[str, icaljs.Calendar]) -> None:
    """Event for event, icalendar and ical.js read the same texts, numbers and names."""
    ours = [
        (
            str(event["UID"]), str(event["SUMMARY"]), str(event.get("LOCATION", "")), str(event["DESCRIPTION"]),
            str(event["STATUS"]), int(event["SEQUENCE"]), event.categories, str(event["COLOR"]),
        )
        for event in case(name).events()
    ]  # fmt: skip
    theirs = [
        (
            event["uid"], event["summary"], event["location"] or "", event["description"],
            event["status"], event["sequence"], event["categories"], event["color"],
        )
        for event in thunderbird[name]["events"]
    ]  # fmt: skip
    assert ours == theirs
    assert thunderbird[name]["zones"] == ["Africa/Johannesburg"]
    assert {found["start"]["zone"] for event in thunderbird[name]["events"] for found in event["occurrences"]} == {
        "Africa/Johannesburg"
    }


# ---- how it is written


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_weekly_event_is_exact(name: str) -> None:
    """DTSTART takes place, each EXDATE hits an instance, and UNTIL is the end of the last local day in UTC."""
    taking_place = {(found.title, found.start) for found in case(name).expected}
    for event in case(name).events():
        start = event.start.replace(tzinfo=None)
        title = str(event["SUMMARY"])
        assert (title, start.isoformat()) in taking_place
        if "RRULE" not in event:
            assert "EXDATE" not in event
            continue
        assert event["RRULE"]["FREQ"] == ["WEEKLY"]
        assert set(event["RRULE"]) == {"FREQ", "UNTIL"}
        (until,) = event["RRULE"]["UNTIL"]
        assert until.tzinfo is UTC or until.utcoffset() == timedelta(0)
        assert f"{until:%H:%M:%S}" == "21:59:59"
        weekly = [
            start + timedelta(weeks=week) for week in range(60) if (start + timedelta(weeks=week)) <= _local(until)
        ]
        assert weekly[-1].date() == _local(until).date()
        assert (title, weekly[-1].isoformat()) in taking_place
        excepted = [_exact(item.dt) for item in event["EXDATE"].dts] if "EXDATE" in event else []
        assert len(excepted) == len(set(excepted))
        assert set(excepted) == {moment for moment in weekly if (title, moment.isoformat()) not in taking_place}


def _local(moment: datetime) -> datetime:
    return (moment + timedelta(hours=2)).replace(tzinfo=None)


def _exact(moment: datetime) -> datetime:
    assert str(moment.tzinfo) == "Africa/Johannesburg"
    return moment.replace(tzinfo=None)


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_short_and_end_with_crlf(name: str) -> None:
    """No line is longer than 75 octets, every one ends with CRLF, and there is no other control character."""
    data = case(name).data
    assert data.endswith(b"\r\n")
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not re.search(rb"[\x00-\x1f\x7f]", b"".join(lines))


@pytest.mark.parametrize("name", NAMES)
def test_there_is_one_time_zone_before_the_events(name: str) -> None:
    """One VTIMEZONE with one STANDARD of +0200 precedes every VEVENT, and every local time refers to it."""
    text = case(name).text
    zones = re.findall(r"BEGIN:VTIMEZONE\r\n.*?END:VTIMEZONE\r\n", text, re.DOTALL)
    assert len(zones) == 1
    assert text.index("BEGIN:VTIMEZONE") < text.index("BEGIN:VEVENT")
    assert sorted(re.findall(r"BEGIN:(\w+)", zones[0])) == ["STANDARD", "VTIMEZONE"]
    assert re.findall(r"TZOFFSET\w+:(\S+)", zones[0]) == ["+0200", "+0200"]
    zoned = re.findall(r"^(DTSTART|DTEND|EXDATE)(.*?):", text.partition("BEGIN:VEVENT")[2], re.MULTILINE)
    assert {parameters for _, parameters in zoned} == {";TZID=Africa/Johannesburg"}


@pytest.mark.parametrize("name", NAMES)
def test_a_calendar_says_what_it_is(name: str, thunderbird: dict[str, icaljs.Calendar]) -> None:
    """A calendar has its name twice and when to look again twice, no METHOD, and nowhere the word None."""
    text, period = case(name).text, name.split()[1]
    head = dict(line.split(":", 1) for line in text.partition("BEGIN:VTIMEZONE")[0].splitlines() if ":" in line)
    assert head["NAME"] == head["X-WR-CALNAME"] == f"UP lectures 2026 {period}"
    assert head["REFRESH-INTERVAL;VALUE=DURATION"] == head["X-PUBLISHED-TTL"] == "PT12H"
    assert head["X-TUKSCAL-YEAR"] == "2026"
    assert re.fullmatch("[0-9a-f]{64}", head["X-TUKSCAL-SOURCE"])
    assert re.fullmatch("up-2026 [0-9a-f]{64}", head["X-TUKSCAL-TERM"])
    assert "METHOD" not in text
    assert "None" not in text
    assert "VALARM" not in text
    assert (thunderbird[name]["name"], thunderbird[name]["wrName"]) == (head["NAME"], head["NAME"])
    assert (thunderbird[name]["method"], thunderbird[name]["refresh"]) == (None, "PT12H")


CSS3 = {
    "steelblue", "darkorange", "seagreen", "orchid", "sienna", "darkcyan", "crimson", "slateblue", "olive", "deeppink",
    "teal", "goldenrod",
}  # fmt: skip
"""The names in use, each looked up in CSS Color Module Level 3, 4.3."""


def test_every_module_has_its_category_and_colour() -> None:
    """CATEGORIES and COLOR go by module: all events of a module share them, and COLOR is a CSS3 name."""
    events = case("pdf Y keep").events()
    modules = {str(event["SUMMARY"])[:7] for event in events}
    pairs = {(*event.categories, str(event["COLOR"])) for event in events}
    assert {category for category, _ in pairs} == modules
    assert len(pairs) == len(modules) > 1
    assert {color for _, color in pairs} <= CSS3


@pytest.mark.parametrize("name", [name for name in NAMES if "weekdays" in name])
def test_a_swap_day_is_an_event_of_its_own(name: str) -> None:
    """A swapped session is a single event whose UID is the session's with the date; the rest has none of its days."""
    period, skip = name.split()[1], "skip" in name
    singles = {}
    for event in case(name).events():
        if found := re.fullmatch(r"([0-9a-f]{32})-([0-9]{8})@tukscal", str(event["UID"])):
            assert "RRULE" not in event
            singles[found[2], str(event["SUMMARY"])] = found[1]
    swapped = {
        (f"{taught.day:%Y%m%d}", TITLE.format(**plain(entry)))
        for entry in every_weekday(period)
        for taught in by_hand(period, DAYS[entry.day or 0], skip=skip)
        if taught.swapped
    }
    assert set(singles) == swapped
    if "expanded" not in name:
        bare = {
            str(event["SUMMARY"]): str(event["UID"]).partition("@")[0]
            for event in case(name).events()
            if "RRULE" in event
        }
        assert {bare[title]: digest for (_, title), digest in singles.items()} == {
            digest: digest for digest in singles.values()
        }


@pytest.mark.parametrize("period", PERIODS)
def test_expanded_events_are_known_by_their_iso_week(period: str) -> None:
    """With --expand no event repeats, and a date's UID is the session's with the ISO week of that date."""
    expanded = case(f"weekdays {period} keep expanded").events()
    assert not [event for event in expanded if "RRULE" in event or "EXDATE" in event]
    weekly = {
        str(event["SUMMARY"]): str(event["UID"])
        for event in case(f"weekdays {period} keep").events()
        if "RRULE" in event
    }
    for event in expanded:
        if re.search(r"-[0-9]{8}@", str(event["UID"])):
            continue
        digest = weekly[str(event["SUMMARY"])].partition("@")[0]
        assert str(event["UID"]) == f"{digest}-{event.start:%G}W{event.start:%V}@tukscal"


# ---- tests, exams and what else an event can be


@pytest.fixture(scope="module")
def dated() -> tuple[bytes, list[Any], icaljs.Calendar]:
    """Return a calendar of tests and exams, its events by icalendar and by ical.js."""
    data = converted(
        [
            semester_test(),
            semester_test(module="STK 110", venues=(), campus=None),
            exam(),
            exam(module="STK 110", status="PRELIM", venues=(), campus=None, module_campus=None),
            exam(module="WTW 114", start=time(22, 30), comments="Bring; a, calculator\\"),
        ]
    ).ics
    return data, icalendar.Calendar.from_ical(data).events, icaljs.read_all([data])[0]


def test_tests_and_exams_take_place_once(dated: tuple[bytes, list[Any], icaljs.Calendar]) -> None:
    """A test ends when the timetable says, an exam after three hours and never past midnight, says each reader."""
    hall = "IT Building CBT Labs 1,2,3 (HATFIELD)"
    expected = [
        occurrence("COS 214 Test1", date(2026, 8, 24), time(15), time(16, 30), "Thuto 1-1; Thuto 1-2 (HATFIELD)"),
        occurrence("STK 110 Test1", date(2026, 8, 24), time(15), time(16, 30), ""),
        occurrence("COS 214 Exam Written", date(2026, 11, 12), time(7, 30), time(10, 30), hall),
        occurrence("STK 110 Exam Written", date(2026, 11, 12), time(7, 30), time(10, 30), ""),
        occurrence("WTW 114 Exam Written", date(2026, 11, 12), time(22, 30), time(23, 59), hall),
    ]
    assert read_by_icalendar(dated[0]) == sorted(expected)
    assert read_by_icaljs(dated[2]) == sorted(expected)


def test_no_place_means_no_location(dated: tuple[bytes, list[Any], icaljs.Calendar]) -> None:
    """An event without venue and campus has no LOCATION line at all, and nothing says None."""
    assert [str(event["SUMMARY"]) for event in dated[1] if "LOCATION" not in event] == [
        str(event["SUMMARY"]) for event in dated[1] if str(event["SUMMARY"]).startswith("STK")
    ]
    assert b"LOCATION:\r\n" not in dated[0]
    assert b"None" not in dated[0]


def test_a_preliminary_exam_is_tentative(dated: tuple[bytes, list[Any], icaljs.Calendar]) -> None:
    """PRELIM is TENTATIVE and says so; everything else is CONFIRMED."""
    statuses = {str(event["SUMMARY"]): str(event["STATUS"]) for event in dated[1]}
    assert {title for title, status in statuses.items() if status == "TENTATIVE"} == {"STK 110 Exam Written"}
    assert set(statuses.values()) == {"TENTATIVE", "CONFIRMED"}
    assert {event["summary"]: event["status"] for event in dated[2]["events"]} == statuses
    tentative = next(event for event in dated[1] if str(event["STATUS"]) == "TENTATIVE")
    assert "Preliminary: date, time and venue may still change." in str(tentative["DESCRIPTION"])


def test_an_exam_says_that_its_end_is_an_estimate(dated: tuple[bytes, list[Any], icaljs.Calendar]) -> None:
    """The description of every exam, and of nothing else, says that the end is assumed, and how."""
    sentence = "The end is an estimate: the timetable gives no duration, 3 h is assumed."
    for event in dated[1]:
        assert (sentence in str(event["DESCRIPTION"])) == ("Exam" in str(event["SUMMARY"]))


def test_the_exam_length_can_be_chosen() -> None:
    """Another exam length moves the end and is named in the description."""
    (event,) = icalendar.Calendar.from_ical(converted([exam()], exam_length=timedelta(minutes=135)).ics).events
    assert f"{event.end:%H:%M}" == "09:45"
    assert "2 h 15 min is assumed" in str(event["DESCRIPTION"])


def test_alarms_are_there_on_request_only() -> None:
    """With an alarm every event has one DISPLAY alarm that long before, without none has any."""
    entries = [lecture(), lecture(day=2, activity="L2")]
    assert b"VALARM" not in converted(entries).ics
    data = converted(entries, alarm=timedelta(minutes=15)).ics
    events: list[Any] = icalendar.Calendar.from_ical(data).events
    assert len(events) == 3  # a Monday, a Wednesday and, on 6 November, a swap day with Wednesday's timetable
    for event in events:
        (alarm,) = event.walk("VALARM")
        assert (str(alarm["ACTION"]), alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(minutes=-15))
    assert {tuple(event["alarms"]) for event in icaljs.read_all([data])[0]["events"]} == {("-PT15M",)}


def test_one_session_in_many_venues_is_one_event() -> None:
    """A test in thirteen venues is one event that names them all, in order."""
    venues = tuple(f"Hall {number}" for number in range(1, 14))
    (event,) = icalendar.Calendar.from_ical(converted([semester_test(venues=venues)]).ics).events
    assert str(event["LOCATION"]) == "; ".join(venues) + " (HATFIELD)"


def test_a_session_that_lacks_everything_it_may_says_nothing_of_it() -> None:
    """A lecture without group, language, programme, venue and campus has no word for what it lacks."""
    entry = lecture(group=None, language=None, study_programme=None, venues=(), campus=None)
    text = converted([entry, replace(entry, activity="L2", day=1)]).ics.decode()
    assert "DESCRIPTION:S2\r\n" in text
    assert "None" not in text
    assert "?" not in text


def test_the_harness_reads_files_by_name(tmp_path: Path) -> None:
    """The script says of files on its command line what it says of the same texts on standard input."""
    data = converted([semester_test()]).ics
    first = icaljs.read_all([data, data])
    (tmp_path / "a.ics").write_bytes(data)
    done = subprocess.run(
        ["node", str(icaljs.SCRIPT), str(tmp_path / "a.ics"), str(tmp_path / "a.ics")], capture_output=True, check=True
    )
    assert json.loads(done.stdout) == first
