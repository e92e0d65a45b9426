"""Calendar values to bytes and back, and text that tries to break out; occurrences are counted in test_readback."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar.parser import Contentline
from tukscal.core.calendar import ics
from tukscal.core.calendar.event import Calendar, Event, Status
from tukscal.core.model import Entry
from tukscal.core.wording import clean
from tukscal.tests.core.sessions import converted, exam, lecture, semester_test
from tukscal.tests.js import icaljs

# ---- there and back

DATES = st.dates(date(2000, 1, 3), date(2098, 12, 31))
TIMES = st.times().map(lambda moment: moment.replace(microsecond=0))
SPECIAL = st.sampled_from(
    [",", ";", "\\", "\\n", "\\N", "\\,", ":", '"', "^", "=", "é", "\U0001f600", " ", "%2C", "&amp;"]
)
TEXTS = st.lists(SPECIAL | st.text(max_size=8), max_size=12).map("".join).map(clean)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=40)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Make any event that a plan could hold."""
    start = datetime.combine(draw(DATES), draw(TIMES))
    weeks = draw(st.none() | st.integers(1, 40))
    excepted = draw(st.lists(st.integers(1, weeks - 1), unique=True)) if weeks and weeks > 1 else []
    kind, period = draw(st.sampled_from(["lectures", "tests", "exams"])), draw(st.sampled_from(["S1", "Q4", "Y"]))
    return Event(
        uid=f"{draw(NAMES)}@tukscal",
        identity=clean(f"UP/{kind}/{draw(st.integers(2000, 2098))}/{period}/COS 214/{draw(TEXTS)}"),
        summary=draw(TEXTS),
        start=start,
        end=start + draw(st.timedeltas(timedelta(0), timedelta(hours=20)).map(_whole_seconds)),
        location=draw(TEXTS),
        description="\n".join(text for text in draw(st.lists(TEXTS, max_size=4)) if text),
        category=draw(TEXTS),
        color=draw(st.sampled_from(["teal", "olive"])),
        status=draw(st.sampled_from(Status)),
        last=start.date() + timedelta(weeks=weeks) if weeks else None,
        except_on=tuple(start.date() + timedelta(weeks=week) for week in sorted(excepted)),
        alarm=draw(st.none() | st.timedeltas(timedelta(0), timedelta(days=30)).map(_whole_seconds)),
        sequence=draw(st.integers(0, 999_998)),
    )


def _whole_seconds(length: timedelta) -> timedelta:
    return timedelta(seconds=int(length.total_seconds()))


CALENDARS = st.builds(
    Calendar,
    name=TEXTS,
    year=st.integers(2000, 2098),
    term=TEXTS,
    sources=st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), min_size=1, max_size=3, unique=True).map(
        lambda found: tuple(sorted(found))
    ),
    events=st.lists(events(), max_size=5, unique_by=lambda event: event.uid).map(tuple),
    gone=st.dictionaries(NAMES.map(lambda name: f"{name}@tukscal"), st.integers(0, 999_998), max_size=3),
    version=st.just("1.2.3"),
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(calendar=CALENDARS)
def test_what_is_written_is_read(calendar: Calendar) -> None:
    """Reading what was written gives the same calendar, whatever its texts, and writing that the same bytes."""
    data = ics.write(calendar)
    assert ics.read(data) == calendar
    assert ics.write(ics.read(data)) == data


@settings(derandomize=True, deadline=None, max_examples=100)
@given(calendar=CALENDARS)
def test_the_file_keeps_its_form(calendar: Calendar) -> None:
    """Whatever the texts: lines of at most 75 octets that end with CRLF, whole characters, no stray controls."""
    data = ics.write(calendar)
    lines = data.split(b"\r\n")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 75
    assert not re.search(rb"[\x00-\x1f\x7f]", b"".join(lines))
    assert all(line.decode() is not None for line in lines)
    unfolded = data.decode().replace("\r\n ", "").split("\r\n")
    assert unfolded.count("BEGIN:VEVENT") == unfolded.count("END:VEVENT") == len(calendar.events)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(event=events())
def test_days_are_the_weekly_ones_less_the_excepted(event: Event) -> None:
    """An event takes place every week from its start to its last day, but not on excepted days."""
    days = event.days()
    assert days[0] == event.start.date()
    assert days[-1] == (event.last or event.start.date())
    assert {day.weekday() for day in days} == {event.start.weekday()}
    weeks = ((event.last or event.start.date()) - event.start.date()).days // 7 + 1
    assert sorted({*days, *event.except_on}) == [event.start.date() + timedelta(weeks=week) for week in range(weeks)]


def test_stamps_count_revisions() -> None:
    """An event is stamped on the first of January of its timetable's year, a minute later with each revision."""
    (event,) = converted([lecture()]).calendar.events
    stamps = [f"{replace(event, sequence=number).stamp:%Y-%m-%d %H:%M:%S %Z}" for number in (0, 61)]
    assert stamps == ["2026-01-01 00:00:00 UTC", "2026-01-01 01:01:00 UTC"]


def test_a_method_is_written_only_on_request() -> None:
    """METHOD stands in a file of cancellations only, before any event."""
    calendar = converted([lecture()]).calendar
    assert b"METHOD" not in ics.write(calendar)
    text = ics.write(calendar, method="CANCEL").decode()
    assert text.index("METHOD:CANCEL\r\n") < text.index("BEGIN:VEVENT")


def test_how_a_file_begins() -> None:
    """A file says who wrote it, its name and year, to look again every 12 hours, and the one offset of its zone."""
    calendar = Calendar(name="UP", year=2026, term="", sources=("0" * 64,), events=(), version="1.2.3")
    assert ics.write(calendar).decode().replace("\r\n ", "").splitlines() == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tukscal//University of Pretoria timetables//EN",
        "CALSCALE:GREGORIAN", "NAME:UP", "X-WR-CALNAME:UP", "REFRESH-INTERVAL;VALUE=DURATION:PT12H",
        "X-PUBLISHED-TTL:PT12H", f"X-TUKSCAL-SOURCE:{'0' * 64}", "X-TUKSCAL-VERSION:1.2.3", "X-TUKSCAL-YEAR:2026",
        "X-WR-TIMEZONE:Africa/Johannesburg", "BEGIN:VTIMEZONE", "TZID:Africa/Johannesburg", "BEGIN:STANDARD",
        "DTSTART:19700101T000000", "TZNAME:SAST", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0200", "END:STANDARD",
        "END:VTIMEZONE", "END:VCALENDAR",
    ]  # fmt: skip


@pytest.mark.parametrize("letter", ["x", "é"])
def test_lines_are_folded_as_icalendar_folds_them(letter: str) -> None:
    """The short way that most lines take gives what icalendar's own way gives, whatever the length."""
    (event,) = converted([lecture()]).calendar.events
    for length in range(90):
        text = letter * length
        data = ics.write(Calendar(name="", year=2026, term="", sources=("",), events=(replace(event, summary=text),)))
        line = Contentline(f"SUMMARY:{text}").to_ical()  # type: ignore[no-untyped-call]
        assert b"\r\n" + line + b"\r\n" in data


def test_writing_twice_gives_the_same_bytes() -> None:
    """What one calendar remembers of shared values does not show in the next."""
    one, other = (
        converted([lecture()]).calendar,
        converted([lecture(venues=()), exam()], alarm=timedelta(hours=1)).calendar,
    )
    first = ics.write(one)
    ics.write(other)
    assert ics.write(one) == first


# ---- text that tries to break out

HOSTILE = {
    "CR": "a\rb",
    "LF": "a\nb",
    "CRLF": "a\r\nb",
    "line separator": "a\u2028b\u2029c",
    "next line": "a\x85b",
    "NUL": "a\x00b",
    "ESC": "a\x1b[2Jb",
    "vertical tab": "a\x0bb\x0cc\x1cd",
    "escapes": "a;b,c\\d\\ne\\Nf\\;g\\\\",
    "parameters": 'a":b;c=d:e^n',
    "end of event": "a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\r\nSUMMARY:owned",
    "end of event after LF": "a\nEND:VEVENT\nEND:VCALENDAR",
    "end of event after CR": "a\rEND:VEVENT\rBEGIN:VEVENT",
    "end of event, escaped": "a\\nEND:VEVENT\\nBEGIN:VEVENT",
    "end of event after U+2028": "a\u2028END:VEVENT\u2028BEGIN:VEVENT",
    "alarm": "a\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\nEND:VALARM",
    "bare alarm": "BEGIN:VALARM",
    "bare end": "END:VEVENT",
    "folded": "a\r\n END:VEVENT\r\n\tb",
    "emoji": "\U0001f469\u200d\U0001f3eb \U0001f1ff\U0001f1e6" * 20,
    "right to left": "a\u202etxt.exe\u2066b",
    "10 KB": "Zürich, " * 1280,
    "10 KB of one word": "\u4e00" * 3500,
    "lone surrogate": "a\ud800b\udfffc",
    "noncharacter": "a\ufffeb\uffff",
    "template": "{module.__class__} {0} {}",
}


def in_venue(text: str) -> tuple[list[Entry], dict[str, Any]]:
    """Put text into a venue and a campus."""
    return [lecture(venues=("IT 1", text), campus=text)], {}


def in_module(text: str) -> tuple[list[Entry], dict[str, Any]]:
    """Put text into a module code."""
    return [lecture(module=text)], {}


def in_activity(text: str) -> tuple[list[Entry], dict[str, Any]]:
    """Put text into an activity."""
    return [semester_test(activity=text), exam(activity=text, paper=text)], {}


def in_comments(text: str) -> tuple[list[Entry], dict[str, Any]]:
    """Put text into everything that a description holds."""
    entries = [lecture(comments=text, study_programme=text, language=text), exam(comments=text, module_campus=text)]
    return entries, {}


def in_title(text: str) -> tuple[list[Entry], dict[str, Any]]:
    """Put text into the template of the title, and so into the alarm's text."""
    return [lecture()], {
        "title": text.replace("{", "{{").replace("}", "}}") + " {module}",
        "alarm": timedelta(minutes=5),
    }


Place = Callable[[str], tuple[list[Entry], dict[str, Any]]]
PLACES: list[Place] = [in_venue, in_module, in_activity, in_comments, in_title]
ATTEMPTS = [(place, name) for place in PLACES for name in HOSTILE]
IDS = [f"{name} {place.__name__}" for place, name in ATTEMPTS]


def attempt(place: Place, name: str) -> tuple[Calendar, bytes]:
    """Return a calendar with hostile text in a place, and its file."""
    entries, plan = place(HOSTILE[name])
    conversion = converted(entries, **plan)
    return conversion.calendar, conversion.ics


@pytest.fixture(scope="module")
def thunderbird() -> dict[str, icaljs.Calendar]:
    """Return what ical.js finds in each of the files."""
    return dict(zip(IDS, icaljs.read_all([attempt(*each)[1] for each in ATTEMPTS]), strict=True))


@pytest.mark.parametrize(("place", "name"), ATTEMPTS, ids=IDS)
def test_text_cannot_break_out(place: Place, name: str, thunderbird: dict[str, icaljs.Calendar]) -> None:
    """Both readers find the events of the plan and no other, with the texts as they were after cleaning."""
    calendar, data = attempt(place, name)
    planned = [
        (
            event.uid, event.summary, event.location, event.description,
            event.category, event.sequence, int(event.alarm is not None),
        )
        for event in calendar.events
    ]  # fmt: skip
    ours = [
        (
            str(event["UID"]), str(event["SUMMARY"]), str(event.get("LOCATION", "")), str(event.get("DESCRIPTION", "")),
            str(event.categories[0]), event.sequence, len(event.walk("VALARM")),
        )
        for event in icalendar.Calendar.from_ical(data).events
    ]  # fmt: skip
    theirs = [
        (
            event["uid"], event["summary"], event["location"] or "", event["description"] or "",
            event["categories"][0], event["sequence"], len(event["alarms"]),
        )
        for event in thunderbird[f"{name} {place.__name__}"]["events"]
    ]  # fmt: skip
    assert ours == planned
    assert theirs == planned
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", str(planned))


@pytest.mark.parametrize(("place", "name"), ATTEMPTS, ids=IDS)
def test_hostile_text_leaves_the_file_in_form(place: Place, name: str) -> None:
    """No control character but CRLF, lines of 75 octets, and the file is continued byte for byte."""
    calendar, data = attempt(place, name)
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not re.search(rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9\xaa-\xae]", b"".join(lines))
    assert ics.read(data) == calendar
    entries, plan = place(HOSTILE[name])
    assert converted(entries, ics.read(data), **plan).ics == data


@pytest.mark.parametrize("name", HOSTILE)
def test_the_text_is_still_there(name: str) -> None:
    """Cleaning takes away what is unfit and nothing else: the venue can be read in the file."""
    _, data = attempt(in_venue, name)
    (event, *_) = icalendar.Calendar.from_ical(data).events
    text = clean(HOSTILE[name])
    assert str(event["LOCATION"]) == f"IT 1; {text} ({text})"


# ---- files that are not ours

GOOD = converted([lecture(), semester_test()], alarm=timedelta(minutes=5)).ics.decode()


def changed(old: str, new: str) -> bytes:
    """Return our file with every occurrence of a text changed."""
    assert old in GOOD
    return GOOD.replace(old, new).encode()


def test_the_file_to_be_damaged_is_ours() -> None:
    """The file that the next test damages can be read."""
    assert len(ics.read(GOOD.encode()).events) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff",
        b"hello",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\n" * 3000,
        GOOD[: len(GOOD) // 2].encode(),
        changed("X-TUKSCAL-SOURCE", "X-OTHER-SOURCE"),
        changed("X-TUKSCAL-YEAR:2026", "X-TUKSCAL-YEAR:soon"),
        changed("X-TUKSCAL-SESSION:UP/", "X-TUKSCAL-SESSION:"),
        changed("X-TUKSCAL-SESSION:UP/lectures/2026", "X-TUKSCAL-SESSION:UP/lectures/0000"),
        changed("X-TUKSCAL-SESSION:UP/tests", "X-TUKSCAL-SESSION:UP/parties"),
        changed("UID:", "X-UID:"),
        changed("SEQUENCE:0", "SEQUENCE:-1"),
        changed("SEQUENCE:0", "SEQUENCE:many"),
        changed("SEQUENCE:0", "SEQUENCE:99999999999999999999"),
        changed("STATUS:CONFIRMED", "STATUS:PARTY"),
        changed("FREQ=WEEKLY;UNTIL=20261102T215959Z", "FREQ=WEEKLY;COUNT=5"),
        changed("FREQ=WEEKLY;UNTIL=20261102T215959Z", "FREQ=WEEKLY;UNTIL=99991231T235959Z"),
        changed("DTSTART;TZID=Africa/Johannesburg:20260720T083000", "DTSTART;VALUE=DATE:20260720"),
        changed("DTSTART;TZID=Africa/Johannesburg:20260720T083000", "DTSTART:never"),
        changed("TRIGGER:-PT5M", "TRIGGER:soon"),
        changed("X-TUKSCAL-YEAR:2026", "X-TUKSCAL-YEAR:2026\r\nX-TUKSCAL-GONE:nobody"),
        changed("X-TUKSCAL-YEAR:2026", "X-TUKSCAL-YEAR:2026\r\nX-TUKSCAL-GONE:a@tukscal 99999999999"),
    ],
)
def test_what_we_did_not_write_is_refused(data: bytes) -> None:
    """A file of others, or one of ours that was damaged, is refused by name, never half read."""
    with pytest.raises(ics.NotOurs):
        ics.read(data)


def test_most_revisions() -> None:
    """A file may be in its 999,999th revision; one more was not written by us."""
    revised = ics.read(changed("SEQUENCE:0", "SEQUENCE:999999"))
    assert {event.sequence for event in revised.events} == {999_999}
    with pytest.raises(ics.NotOurs):
        ics.read(changed("SEQUENCE:0", "SEQUENCE:1000000"))


def test_what_other_programs_made_of_our_file() -> None:
    """The first of two alarms counts, an end between two weeks is the week's before, and line breaks are blanks."""
    alarm = GOOD[GOOD.index("BEGIN:VALARM") : GOOD.index("END:VALARM")] + "END:VALARM\r\n"
    two = ics.read(changed(alarm, alarm + alarm.replace("-PT5M", "-PT9M")))
    assert {event.alarm for event in two.events} == {timedelta(minutes=5)}
    late = ics.read(changed("UNTIL=20261102T215959Z", "UNTIL=20261105T215959Z"))
    assert [event.last for event in late.events] == [date(2026, 11, 2), None]
    assert ics.read(changed("X-WR-CALNAME:", "X-WR-CALNAME:a\\nb\\Nc\\,d ")).name.startswith("a b c,d ")


@pytest.mark.parametrize("name", ["SUMMARY", "LOCATION", "DESCRIPTION", "X-TUKSCAL-SESSION", "COLOR", "X-WR-CALNAME"])
@pytest.mark.parametrize("text", ["a\rb", "a\x00b", "a\x1b[2Jb", "a\u2028b", "a\x85b", "a\u202eb"])
def test_text_of_an_earlier_file_is_cleaned(name: str, text: str) -> None:
    """What somebody wrote into our file cannot break out of the next one either."""
    data = GOOD.replace("\r\n ", "").replace(f"\r\n{name}:", f"\r\n{name}:{text}").encode()
    calendar = ics.read(data)
    assert clean(text) in str(calendar)
    written = ics.write(calendar)
    assert not re.search(rb"[\x00-\x1f]|\xc2\x85|\xe2\x80[\xa8\xae]", written.replace(b"\r\n", b""))
    assert ics.read(written) == calendar
