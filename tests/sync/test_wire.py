"""What client and service agree on: names, hashes, answers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tukscal.core.decode import Unfit
from tukscal.sync import wire
from tukscal.sync.wire import BadKey, fit, names

KEYS = st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5).map("/".join)


@pytest.mark.parametrize("key", ["a", "out/a", "a b/c d", "Tëst/😀", "..a/b..", "a%2Fb", "a?b#c", "x" * 300, "é" * 150])
def test_keys(key: str) -> None:
    """Names of printable characters are taken as they are."""
    assert wire.calendar_key(key) == key


@pytest.mark.parametrize(
    "key", ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "a\nb", "a\0b", "\ud800", "x" * 301, "é" * 151,
            "a\u202eb", "a\x7f"]
)  # fmt: skip
def test_what_is_no_key(key: str) -> None:
    """Empty parts, dots alone, what cannot be printed, and more than 300 bytes are no name."""
    with pytest.raises(BadKey):
        wire.calendar_key(key)


@given(KEYS)
@example("a%2Fb/c?d#e f+g\\h")
def test_a_key_survives_its_url(text: str) -> None:
    """A key is in the URL that httpx sends what it was, and its path cannot lead elsewhere."""
    key = fit(text)
    url = httpx.URL("http://host/base" + wire.calendar_path(key))
    path = url.raw_path.decode()
    assert unquote(path.removeprefix("/base/v1/calendars/")) == key
    assert (url.host, url.query, url.fragment) == ("host", b"", "")


@given(st.text(max_size=400))
def test_any_name_can_be_made_fit(text: str) -> None:
    """Whatever a file is called, there is a name the service takes; a good one stays."""
    found = fit(text)
    assert wire.calendar_key(found) == found
    try:
        wire.calendar_key(text)
    except BadKey:
        assert found.endswith(f"~{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}")
    else:
        assert found == text


def test_long_names_stay_apart() -> None:
    """Two names that are cut at the same place are not the same name."""
    assert fit("x" * 400) != fit("x" * 401)


def test_a_calendar_is_named_by_its_place(tmp_path: Path) -> None:
    """The name is OUT's own, or what stands for it, then the place below OUT, without .ics."""
    name = names(tmp_path / "calendars")
    assert name(tmp_path / "calendars" / "a.ics") == "calendars/a"
    assert name(tmp_path / "calendars" / "first year" / "a.b.ics") == "calendars/first year/a.b"
    assert names(tmp_path / "calendars", "science/2026")(tmp_path / "calendars/a.ics") == "science/2026/a"
    assert names(Path("/"))(Path("/a.ics")) == "calendars/a"


def test_the_idempotency_key_is_that_of_the_agreement() -> None:
    """It is sha256 over account, name, revision and body; nobody may change that alone."""
    head = b"faculty\nout/a\n7\n"
    assert wire.idempotency_key("faculty", "out/a", 7, b"BODY") == hashlib.sha256(head + b"BODY").hexdigest()


Parts = tuple[str, str, int, bytes]
PARTS = st.tuples(
    st.sampled_from(["a", "b", "a b"]),
    st.sampled_from(["k", "k/1", "k 1"]),
    st.integers(1, 99),
    st.binary(max_size=9),
)


@given(PARTS, PARTS)
@example(("a", "k", 1, b"2\nx"), ("a", "k", 12, b"\nx"))
def test_different_requests_have_different_keys(one: Parts, other: Parts) -> None:
    """No two requests that differ in anything share a key."""
    assert (one == other) == (wire.idempotency_key(*one) == wire.idempotency_key(*other))


@pytest.mark.parametrize("value", [0, -1, 2**63, "0", "", "-1", "1_0", " 1", "1.0", "٣", "9" * 30])
def test_what_is_no_revision(value: int | str) -> None:
    """A revision is a positive number of 63 bits, in plain digits."""
    with pytest.raises(ValueError, match="revision"):
        wire.revision_number(value)


@pytest.mark.parametrize("value", [1, "1", wire.MAX_REVISION, str(wire.MAX_REVISION)])
def test_revisions(value: int | str) -> None:
    """The least and the largest are taken, as text too."""
    assert wire.revision_number(value) == int(value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://Example.ac.za", "https://example.ac.za"),
        (" https://example.ac.za:8443/tukscal/ ", "https://example.ac.za:8443/tukscal"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_addresses(text: str, address: str) -> None:
    """An address is kept without what changes nothing."""
    assert wire.server_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "example.ac.za", "ftp://x", "https://", "https://u:p@x", "https://x?q", "https://x#f", "https://x:99999",
             "https://x:0", "file:///etc/passwd", "https://[::1"]
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    """What names no host, or more than a service, is refused."""
    with pytest.raises(ValueError, match=r"."):
        wire.server_address(text)


STORED = wire.StoredCalendar(key="out/a", revision=3, sha256="0" * 64, etag='"x"', state=wire.Written.STORED)


def test_answers_are_read_as_they_were_written() -> None:
    """What the service says is what the client reads, of a calendar, an account and a problem."""
    assert wire.read_stored(json.dumps(STORED.as_json()).encode()) == STORED
    account = wire.TokenAccount(id="faculty", scopes=("calendars", "jobs"))
    assert wire.read_account(json.dumps(account.as_json()).encode()) == account
    problem = wire.ProblemDetails(status=409, cause="superseded", title="t", detail="d", advice="a")
    assert wire.read_problem(json.dumps(problem.as_json()).encode(), 409) == problem


@pytest.mark.parametrize(
    "text", [b"", b"null", b"[]", b"\xff", b"{", b'{"key": 1}', b"[" * 100_000,
             json.dumps({**STORED.as_json(), "revision": True}).encode(),
             json.dumps({**STORED.as_json(), "revision": "3"}).encode(),
             json.dumps({**STORED.as_json(), "state": "lost"}).encode(),
             json.dumps({**STORED.as_json(), "sha256": None}).encode()]
)  # fmt: skip
def test_answers_that_are_none(text: bytes) -> None:
    """Half an answer, or one of another kind, is no answer."""
    with pytest.raises(Unfit):
        wire.read_stored(text)
    with pytest.raises(Unfit):
        wire.read_account(text)


@given(st.binary(max_size=50))
def test_any_refusal_is_read(text: bytes) -> None:
    """Whatever a refusal's body is, its status is known and its words are text."""
    found = wire.read_problem(text, 503)
    assert found.status == 503
    assert isinstance(found.cause + found.title + found.detail + found.advice, str)
