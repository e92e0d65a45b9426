"""Who asks the service in tests, and how; import as `tukscal.tests.sync.service.routes.people`."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any

import httpx
from tukscal.sync import wire

ADMIN, PASSWORD = "Ada", "correct horse battery"


def token_for(admin: httpx.Client, faculty: str, *scopes: str, days: float | None = None) -> str:
    """Return a new token of a faculty."""
    wanted = {"faculty": faculty, "name": "test", "scopes": list(scopes), "days": days}
    answer = admin.post("/v1/tokens", json=wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def account_of(client: httpx.Client) -> str:
    """Return whom a client speaks for."""
    return str(client.get("/v1/account").json()["id"])


def put(
    client: httpx.Client,
    key: str,
    revision: int,
    body: bytes,
    *,
    zipped: bool = False,
    given: Mapping[str, str] | None = None,
    **headers: str,
) -> httpx.Response:
    """Put a calendar as the client does."""
    sent = {
        "Content-Type": "text/calendar",
        wire.REVISION: str(revision),
        wire.CONTENT_SHA256: wire.content_sha256(body),
        wire.IDEMPOTENCY_KEY: wire.idempotency_key(account_of(client), key, revision, body),
        **({"Content-Encoding": "gzip"} if zipped else {}),
        **{name.replace("_", "-"): value for name, value in headers.items()},
        **(given or {}),
    }
    return client.put(wire.calendar_path(key), content=gzip.compress(body) if zipped else body, headers=sent)


def feed(client: httpx.Client, *keys: str, **given: Any) -> dict[str, Any]:
    """Make a feed; return it with its address."""
    answer = client.post("/v1/feeds", json={"calendars": list(keys), **given})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def cause(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the named cause of a problem, which has all members RFC 9457 and we ask for."""
    assert answer.headers["content-type"] == wire.PROBLEM_TYPE
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance", "cause", "advice"}
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["cause"]
