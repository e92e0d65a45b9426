"""Calendars over HTTP: a put is taken whole and once, or refused with a named cause."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tukscal.sync import wire
from tukscal.tests.sync.service.routes.people import account_of, cause, put
from tukscal.tests.sync.service.samples import calendar, lecture

A, B = calendar(lecture("COS 214")), calendar(lecture("COS 226"))


def test_a_calendar_is_put_and_got(faculty: httpx.Client) -> None:
    """A new calendar is 201, its next revision 200, and what is got is byte for byte what was put."""
    key = "ems/2026/Müller, A.; 50% &c"
    first, second = put(faculty, key, 1, A), put(faculty, key, 2, B, zipped=True)
    assert (first.status_code, second.status_code) == (201, 200)
    stored = wire.read_stored(second.content)
    assert (stored.key, stored.revision, stored.sha256) == (key, 2, wire.content_sha256(B))
    got = faculty.get(wire.calendar_path(key))
    assert (got.content, got.headers["etag"], got.headers[wire.REVISION]) == (B, stored.etag, "2")
    assert got.headers["content-type"] == "text/calendar; charset=utf-8"
    assert faculty.get(wire.calendar_path(key), headers={"If-None-Match": stored.etag}).status_code == 304
    assert [item["key"] for item in faculty.get("/v1/calendars").json()["calendars"]] == [key]


def test_a_repeat_gets_the_same_answer(faculty: httpx.Client) -> None:
    """The same put again is byte for byte the same answer, marked as a replay, also after the next revision."""
    first = put(faculty, "a", 1, A)
    again = put(faculty, "a", 1, A, zipped=True)
    assert (again.status_code, again.content, again.headers[wire.REPLAYED]) == (200, first.content, "true")
    assert wire.REPLAYED not in first.headers
    put(faculty, "a", 2, B)
    assert put(faculty, "a", 1, A).content == first.content
    assert faculty.get("/v1/calendars/a").content == B
    assert put(faculty, "a", 3, A).status_code == 200
    assert faculty.get("/v1/calendars/a").content == A


def test_fifty_at_one_moment(faculty: httpx.Client) -> None:
    """The same put fifty times in parallel is one revision and one answer."""
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda _: put(faculty, "a", 1, A), range(50)))
    assert len({answer.content for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len([answer for answer in answers if wire.REPLAYED in answer.headers]) == 49


def test_an_older_revision_is_refused(faculty: httpx.Client) -> None:
    """A revision that is not newer is 409 superseded, and the calendar stays what it is."""
    put(faculty, "a", 5, B)
    assert cause(put(faculty, "a", 4, A)) == (409, "superseded")
    assert cause(put(faculty, "a", 5, A)) == (409, "superseded")
    assert faculty.get("/v1/calendars/a").content == B


def test_a_key_is_for_one_body(faculty: httpx.Client) -> None:
    """An idempotency key that is not the hash of what is put is 422."""
    used = wire.idempotency_key(account_of(faculty), "a", 1, A)
    assert cause(put(faculty, "a", 1, B, Idempotency_Key=used)) == (422, "idempotency_mismatch")
    assert cause(put(faculty, "b", 1, A, Idempotency_Key=used)) == (422, "idempotency_mismatch")
    assert cause(put(faculty, "a", 1, A, Idempotency_Key="x")) == (422, "idempotency_mismatch")


def test_conditions(faculty: httpx.Client) -> None:
    """If-None-Match: * makes and never replaces; If-Match replaces and removes only what was meant."""
    etag = put(faculty, "a", 1, A, If_None_Match="*").headers["etag"]
    assert cause(put(faculty, "a", 2, B, If_None_Match="*")) == (412, "changed")
    assert cause(put(faculty, "a", 2, B, If_Match=f"W/{etag}")) == (412, "changed")
    assert put(faculty, "a", 2, B, If_Match=f'"other", {etag}').status_code == 200
    assert cause(faculty.delete("/v1/calendars/a", headers={"If-Match": etag})) == (412, "changed")
    assert faculty.delete("/v1/calendars/a", headers={"If-Match": "*"}).status_code == 204
    assert cause(faculty.get("/v1/calendars/a")) == (404, "not_found")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({wire.REVISION: "0"}, (400, "bad_revision")),
        ({wire.REVISION: str(2**63)}, (400, "bad_revision")),
        ({wire.REVISION: "1.5"}, (400, "bad_revision")),
        ({wire.CONTENT_SHA256: "0" * 64}, (400, "damaged")),
        ({"Content-Type": "text/plain"}, (415, "unsupported")),
        ({"Content-Encoding": "br"}, (415, "unsupported")),
        ({"Content-Encoding": "gzip"}, (400, "bad_request")),
    ],
)
def test_what_makes_no_sense(faculty: httpx.Client, headers: dict[str, str], expected: tuple[int, str]) -> None:
    """Headers that do not fit the body or each other are refused by name."""
    assert cause(put(faculty, "a", 1, A, given=headers)) == expected
    assert faculty.get("/v1/calendars").json()["calendars"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not a calendar",
        A.replace(b"X-TUKSCAL-SOURCE", b"X-SOMEBODY-ELSES"),
        A.replace(b"X-TUKSCAL-SESSION", b"X-CHANGED"),
        A.replace(b"DTSTART;TZID=Africa/Johannesburg:2026", b"DTSTART:never"),
        A[: len(A) // 2],
        A + A,
        A + b"more\r\n",
    ],
)
def test_what_is_no_calendar_of_ours(faculty: httpx.Client, body: bytes) -> None:
    """Only a whole calendar that tukscal wrote is taken."""
    assert cause(put(faculty, "a", 1, body)) == (422, "damaged")


@pytest.mark.parametrize("path", ["a//b", "/a", "a/", "a%00b", "a%09b", "%E2%80%AE", "x" * 301, "a%2F..%2Fb"])
def test_what_is_no_name(faculty: httpx.Client, path: str) -> None:
    """A name with empty parts, dots only, controls or too many bytes is refused."""
    headers = {wire.REVISION: "1", "Content-Type": "text/calendar"}
    assert cause(faculty.put(f"/v1/calendars/{path}", content=A, headers=headers)) == (400, "bad_key")


def test_anothers_calendar_is_not_there(faculty: httpx.Client, other: httpx.Client) -> None:
    """Another account's calendar is 404 to read and to remove, and a list holds one's own only."""
    put(faculty, "a", 1, A)
    assert cause(other.get("/v1/calendars/a")) == (404, "not_found")
    assert cause(other.delete("/v1/calendars/a")) == (404, "not_found")
    assert other.get("/v1/calendars").json() == {"calendars": [], "next": None}
    assert put(other, "a", 1, B).status_code == 201
    assert faculty.get("/v1/calendars/a").content == A


def test_pages(faculty: httpx.Client) -> None:
    """A list is read page by page until there is no next."""
    for name in "cab":
        put(faculty, name, 1, A)
    first = faculty.get("/v1/calendars", params={"limit": 2}).json()
    rest = faculty.get("/v1/calendars", params={"limit": 2, "after": first["next"]}).json()
    assert [item["key"] for item in (*first["calendars"], *rest["calendars"])] == ["a", "b", "c"]
    assert rest["next"] is None
    assert cause(faculty.get("/v1/calendars", params={"limit": 0})) == (422, "invalid")
