"""Feeds over HTTP: bytes for whoever knows the secret, stored, tagged, and dead when told so."""

from __future__ import annotations

import gzip
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tukscal.core.calendar.event import Status
from tukscal.sync.service.routes.feeds import accepts_gzip
from tukscal.tests.sync.service.routes.people import cause, feed, put
from tukscal.tests.sync.service.samples import calendar, cancelled, lecture, summaries
from tukscal.tests.sync.service.serving import Served

ONE, TWO, THREE = lecture("COS 214", "G01"), lecture("COS 214", "G02", hour=9), lecture("COS 226", hour=10)
DAY = 86_400.0


def read(url: str, **headers: str) -> httpx.Response:
    """Read a feed as a calendar program does, knowing nothing but its address."""
    given = {"Accept-Encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(url, headers=given, timeout=30.0)


def test_a_feed_shows_its_calendars(faculty: httpx.Client) -> None:
    """A feed is one calendar with the events of all it was made of, as text/calendar."""
    put(faculty, "a", 1, calendar(THREE, name="First"))
    put(faculty, "b", 1, calendar(ONE, name="Second"))
    made = feed(faculty, "a", "b")
    got = read(made["url"])
    assert (got.status_code, got.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert summaries(got.content) == ["COS 214 L1", "COS 226 L1"]
    assert b"\r\nX-WR-CALNAME:First\\, Second\r\n" in got.content
    assert got.content.count(b"REFRESH-INTERVAL;VALUE=DURATION:") == got.content.count(b"X-PUBLISHED-TTL:") == 1
    assert made["webcal"] == made["url"].replace("http://", "webcal://")
    assert len(made["url"].rpartition("/")[2]) == len(".ics") + 26


def test_a_feed_is_new_when_its_calendar_is(faculty: httpx.Client) -> None:
    """The next reading after a put shows what was put, under another tag."""
    put(faculty, "a", 1, calendar(ONE))
    url = feed(faculty, "a")["url"]
    before = read(url)
    put(faculty, "a", 2, calendar(ONE, THREE))
    after = read(url, If_None_Match=before.headers["etag"])
    assert (after.status_code, summaries(after.content)) == (200, ["COS 214 L1", "COS 226 L1"])
    assert after.headers["etag"] == f'"{hashlib.sha256(after.content).hexdigest()}"'


def test_unchanged_is_said_only_when_true(faculty: httpx.Client) -> None:
    """304 for the tag that is current, alone, in a list, weak, or for any; 200 for every other."""
    put(faculty, "a", 1, calendar(ONE))
    url = feed(faculty, "a")["url"]
    etag = read(url).headers["etag"]
    for condition in (etag, f"W/{etag}", f'"x", {etag}', "*", f'{etag[:-1]}-gzip"'):
        answer = read(url, If_None_Match=condition)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
        assert answer.headers["cache-control"] == "private, max-age=900"
    for condition in ('"x"', "", etag.strip('"'), 'W/"*"', "garbage"):
        assert read(url, If_None_Match=condition).status_code == 200


def test_gzip_is_another_variant(faculty: httpx.Client) -> None:
    """A reader that takes gzip gets the same bytes packed, under a tag of their own, and caches are told."""
    put(faculty, "a", 1, calendar(ONE))
    url = feed(faculty, "a")["url"]
    plain = read(url)
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip, br"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert gzip.decompress(raw) == plain.content
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert plain.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] == f'{plain.headers["etag"][:-1]}-gzip"'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("*", True),
        ("*, gzip;q=0.000", False),
        ("identity", False),
        ("gzip; q=1.0", True),
    ],
)
def test_who_takes_gzip(header: str, expected: bool) -> None:
    """An Accept-Encoding takes gzip by name or by the star, unless its weight is nought."""
    assert accepts_gzip(header) is expected


def test_a_head_has_no_body(faculty: httpx.Client) -> None:
    """HEAD answers as GET does, without the bytes."""
    put(faculty, "a", 1, calendar(ONE))
    url = feed(faculty, "a")["url"]
    got, head = read(url), httpx.head(url, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    own = {"date": "", "x-request-id": ""}
    assert {**head.headers, **own} == {**got.headers, **own}
    assert head.headers["content-length"] == str(len(got.content))


def test_rotated_and_removed_secrets_are_dead_on_the_next_request(faculty: httpx.Client) -> None:
    """After rotating the old address is 404 and the new one works; after removing none does."""
    put(faculty, "a", 1, calendar(ONE))
    made = feed(faculty, "a")
    assert read(made["url"]).status_code == 200
    again = faculty.post(f"/v1/feeds/{made['id']}/rotate").json()
    assert cause(read(made["url"], If_None_Match="*")) == (404, "not_found")
    assert read(again["url"]).status_code == 200
    assert faculty.delete(f"/v1/feeds/{made['id']}").status_code == 204
    assert cause(read(again["url"])) == (404, "not_found")


def test_anothers_feed_is_not_there(faculty: httpx.Client, other: httpx.Client) -> None:
    """Another's feed is 404 to see, to rotate and to remove, and goes on; another's calendar makes no feed."""
    put(faculty, "a", 1, calendar(ONE))
    made = feed(faculty, "a")
    path = f"/v1/feeds/{made['id']}"
    for answer in (other.get(path), other.post(f"{path}/rotate"), other.delete(path)):
        assert cause(answer) == (404, "not_found")
    assert cause(other.post("/v1/feeds", json={"calendars": ["a"]})) == (404, "not_found")
    assert other.get("/v1/feeds").json()["feeds"] == []
    assert read(made["url"]).status_code == 200


def test_a_selection_chooses_events(faculty: httpx.Client) -> None:
    """A feed shows the groups of its selection, and others from the next request after it was changed."""
    put(faculty, "a", 1, calendar(ONE, TWO, THREE))
    chosen = faculty.post("/v1/selections", json={"groups": {"COS 214": ["G02"]}, "modules": ["COS 214"]}).json()
    url = feed(faculty, "a", selection=chosen["id"])["url"]
    assert [event for event in read(url).content.splitlines() if event.startswith(b"DTSTART;TZID")] == [
        b"DTSTART;TZID=Africa/Johannesburg:20260720T093000"
    ]
    path = f"/v1/selections/{chosen['id']}"
    assert cause(faculty.put(path, json={}, headers={"If-Match": '"older"'})) == (412, "changed")
    changed = faculty.put(path, json={"exclude": ["COS 214"]}, headers={"If-Match": chosen["etag"]})
    assert (changed.status_code, changed.headers["etag"]) == (200, changed.json()["etag"])
    assert summaries(read(url).content) == ["COS 226 L1"]
    assert cause(faculty.delete(path)) == (409, "in_use")
    assert cause(faculty.put(path, json={"programme": "r3"})) == (422, "invalid")


def test_cancelled_events_stay_for_thirty_days(faculty: httpx.Client, served: Served) -> None:
    """A cancelled event is shown as cancelled, also when the next revision does not name it, and goes after 30 days."""
    put(faculty, "a", 1, calendar(ONE, THREE))
    url = feed(faculty, "a")["url"]
    put(faculty, "a", 2, calendar(cancelled(ONE), THREE))
    assert summaries(read(url).content, Status.CANCELLED) == ["COS 214 L1"]
    served.clock.turn(15 * DAY)
    put(faculty, "a", 3, calendar(THREE))
    etag = read(url).headers["etag"]
    served.clock.turn(14.9 * DAY)
    assert read(url, If_None_Match=etag).status_code == 304
    served.clock.turn(0.2 * DAY)
    late = read(url, If_None_Match=etag)
    assert (late.status_code, summaries(late.content, Status.CANCELLED)) == (200, [])
    assert summaries(late.content) == ["COS 226 L1"]


def test_many_readers_make_it_once(faculty: httpx.Client, served: Served) -> None:
    """Forty who read a new feed at one moment get the same bytes; hits and unchanged ones are counted."""
    put(faculty, "a", 1, calendar(*(lecture(f"COS {number}") for number in range(100, 160))))
    made = feed(faculty, "a")
    with ThreadPoolExecutor(40) as threads:
        bodies = {answer.content for answer in threads.map(lambda _: read(made["url"]), range(40))}
    assert len(bodies) == 1


def test_secrets_are_in_no_file(faculty: httpx.Client, served: Served) -> None:
    """Neither a feed's secret nor a token is in the store's files."""
    put(faculty, "a", 1, calendar(ONE))
    url = feed(faculty, "a")["url"]
    read(url)
    secrets = [url.rpartition("/")[2].removesuffix(".ics"), faculty.headers["authorization"].rpartition(" ")[2]]
    files = [Path(f"{served.settings.store}{end}") for end in ("", "-wal")]
    data = b"".join(file.read_bytes() for file in files if file.exists())
    assert b"COS 214" in data or len(data) > 100_000
    assert [secret for secret in secrets if secret.encode() in data] == []


def test_problems_do_not_name_the_secret(faculty: httpx.Client) -> None:
    """An answer about a feed that is not there does not repeat its address, and no referrer goes out."""
    answer = read(f"{faculty.base_url}/feeds/{'a' * 26}.ics")
    assert cause(answer) == (404, "not_found")
    assert "aaaa" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
