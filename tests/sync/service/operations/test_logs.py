"""The log: one JSON object a line, without secrets."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tukscal.sync.service import logs
from tukscal.sync.service.access.secrets import new_secret
from tukscal.tests.sync.service.serving import converted, serving, settings, upload


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Collect the log, and give it back as it was."""
    root, stream = logging.getLogger(), io.StringIO()
    before = (list(root.handlers), root.level)
    logs.set_up("info", stream)
    logging.getLogger("httpx").setLevel("WARNING")  # the client of these tests is no part of the service
    yield stream
    root.handlers[:], level = before
    root.setLevel(level)
    logging.getLogger("httpx").setLevel("NOTSET")


def read(stream: io.StringIO) -> list[dict[str, object]]:
    """Return the lines."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_request_leaves_a_line(tmp_path: Path, lines: io.StringIO) -> None:
    """A request's line has its id, which its answer has too, its route's pattern, its status and its time."""
    with serving(settings(tmp_path)) as here, here.person(**{"X-Request-Id": "given-by-proxy"}) as student:
        answer = upload(student)
        job = student.get(answer.headers["Location"])
        bad = student.get("/v1/jobs/none", headers={"X-Request-Id": "bad id\x7f"})
    assert answer.headers["X-Request-Id"] == "given-by-proxy"
    assert len(bad.headers["X-Request-Id"]) == 32
    found = [line for line in read(lines) if line["event"] == "request"]
    assert [line["route"] for line in found] == ["/v1/jobs", "/v1/jobs/{job}", "/v1/jobs/{job}"]
    assert (found[0]["request_id"], found[0]["status"], found[0]["method"]) == ("given-by-proxy", 202, "POST")
    assert isinstance(found[0]["ms"], float)
    assert list(found[0])[:5] == ["time", "level", "logger", "event", "request_id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(found[0]["time"]))
    assert job.json()["id"] not in lines.getvalue()


def test_no_secret_is_in_the_log(tmp_path: Path, lines: io.StringIO) -> None:
    """Neither a feed's secret, a cookie, a token nor a recovery link is in any line, whatever is asked."""
    with serving(settings(tmp_path)) as here, here.person() as student:
        converted(student)
        feed = student.post("/v1/feeds", json={"calendars": ["uploads/lectures-2026-S2"]})
        secrets = [
            value.rpartition("/")[2].removesuffix(".ics") for value in feed.json().values() if ".ics" in str(value)
        ]
        student.get(f"/feeds/{secrets[0]}.ics")
        student.get(f"/feeds/{secrets[0]}.ics?x={secrets[0]}")
        student.get(f"/nowhere/{secrets[0]}")
        token = new_secret()
        student.get("/v1/jobs", headers={"Authorization": f"Bearer {token}"})
        secrets += [token, *(value for _, value in student.cookies.items())]
    assert len(set(secrets)) == 3
    for secret in secrets:
        assert secret not in lines.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "GET /feeds/{secret}.ics HTTP/1.1",
        "/recover/{secret}",
        "Authorization: Bearer {secret}",
        "authorization='bearer {secret}'",
        "{{'Cookie': 'tukscal={secret}'}}",
        '{{"password": "{secret}"}}',
        "token={secret}",
        "the token tuks_{secret}, revoked",
        "somewhere {secret} in a sentence",
    ],
)
def test_texts_are_scrubbed(text: str) -> None:
    """A secret is taken out of a text however it stands there."""
    secret = new_secret()
    assert secret not in logs.scrubbed(text.format(secret=secret))


def test_faults_are_scrubbed(lines: io.StringIO) -> None:
    """What a traceback says is scrubbed too, and stands in one line."""
    secret = new_secret()
    try:
        raise ValueError(f"Bearer {secret}\nsecond line")
    except ValueError:
        logging.getLogger("tukscal").exception("went wrong")
    (line,) = read(lines)
    assert "ValueError" in str(line["error"])
    assert secret not in lines.getvalue()


def test_sentry_hears_of_the_fault_alone() -> None:
    """An event for Sentry has no request, no person, no breadcrumbs, and no secret in its texts."""
    secret = new_secret()
    sent: Any = {
        "request": {"url": f"/feeds/{secret}"},
        "user": {"ip_address": "10.0.0.1"},
        "breadcrumbs": [{"message": secret}],
        "exception": {"values": [{"type": "ValueError", "value": f"Bearer {secret}"}]},
    }
    event = logs.without_secrets(sent, {})
    assert set(event) == {"exception"}
    assert secret not in json.dumps(event)
    assert "ValueError" in json.dumps(event)
