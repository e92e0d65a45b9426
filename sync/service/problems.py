"""Problem details (RFC 9457): what went wrong, in the command line's causes, and what to do.

HttpProblem
├── unauthorized 401, forbidden 403, not_found 404, ...   made by the functions below
└── TukscalError of the core                              by its cause, `STATUS`
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from ...core.errors import TukscalError

MEDIA_TYPE = "application/problem+json"
STATUS: Mapping[str, int] = {
    "not_a_timetable": 422,
    "encrypted": 422,
    "damaged": 422,
    "too_large": 413,
    "timeout": 422,
    "memory": 422,
    "crash": 500,
    "bad_rows": 422,
    "no_term": 422,
    "no_such_file": 404,
    "not_writable": 503,
    "io": 503,
}


# Where the errors' own advice speaks of commands and options, which somebody with a browser does not have.
_ADVICE: Mapping[str, str] = {
    "encrypted": "Download the PDF again from the UP Student Portal, or save it without a password, and upload that.",
    "too_large": "A timetable is never this large: check that this is the right file.",
    "timeout": "Check that this is the portal's own PDF.",
    "memory": "Check that this is the portal's own PDF.",
    "crash": "Nothing was changed. Try it once more; if it stays, tell those who run this service.",
    "bad_rows": "Compare the PDF with what the portal shows, and download it again.",
    "no_term": "The PDF is fine, but the service does not know this year's teaching dates yet: tell those who run it.",
    "io": "Try again later.",
    "not_writable": "Try again later.",
}


def advice_of(error: TukscalError) -> str:
    """Return what somebody can do about an error who has a browser and no command line."""
    return _ADVICE.get(error.cause, error.advice)


class HttpProblem(Exception):
    """A request that cannot be done: its status, the named cause, a sentence, what to do, and headers to go along."""

    def __init__(
        self, status: int, cause: str, detail: str, *, advice: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.cause = cause
        self.detail = detail
        self.advice = advice
        self.headers = dict(headers or {})


def of(error: TukscalError) -> HttpProblem:
    """Return the problem an error of the core is."""
    status = STATUS.get(error.cause, 500)
    headers = {"Retry-After": "30"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return HttpProblem(status, error.cause, error.message, advice=advice_of(error), headers=headers)


def body(problem: HttpProblem, instance: str) -> dict[str, Any]:
    """Return the members of the problem's JSON; `instance` is the path without anything secret."""
    return {
        "type": f"urn:tukscal:problem:{problem.cause}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
        "cause": problem.cause,
        "advice": problem.advice,
    }


def instance(path: str) -> str:
    """Return the path of a request for logs and answers: of a path with a secret only its pattern."""
    first = path.split("/")[1] if path.startswith("/") else ""
    return f"/{first}/…" if first in ("feeds", "recover") else path


# ---- the ones of the service


def bad_request(detail: str, *, cause: str = "bad_request", advice: str = "") -> HttpProblem:
    """400: what was sent makes no sense."""
    return HttpProblem(400, cause, detail, advice=advice)


def unauthorized(detail: str = "This needs a token or a sign-in.", *, advice: str = "") -> HttpProblem:
    """401: nobody is known, or no longer."""
    advice = advice or "Give a valid token: Authorization: Bearer TOKEN."
    return HttpProblem(401, "unauthorized", detail, advice=advice, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str, *, advice: str = "") -> HttpProblem:
    """403: known, but not allowed."""
    return HttpProblem(403, "forbidden", detail, advice=advice)


def quota(detail: str, *, advice: str = "Remove some.") -> HttpProblem:
    """403: the account has as much as it may."""
    return HttpProblem(403, "quota", detail, advice=advice)


def not_found(what: str = "page") -> HttpProblem:
    """404: it is not there, or it is somebody else's."""
    return HttpProblem(404, "not_found", f"There is no such {what}.", advice="Check the address.")


def gone(detail: str, *, advice: str = "") -> HttpProblem:
    """410: it was there."""
    return HttpProblem(410, "gone", detail, advice=advice)


def conflict(cause: str, detail: str, *, advice: str = "", retry_after: int | None = None) -> HttpProblem:
    """409: it does not go with what is there."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return HttpProblem(409, cause, detail, advice=advice, headers=headers)


def precondition_failed() -> HttpProblem:
    """412: If-Match or If-None-Match does not hold."""
    advice = "Read it again and decide."
    return HttpProblem(412, "changed", "It is not what you took it for any more.", advice=advice)


def too_large(detail: str) -> HttpProblem:
    """413: more than is taken."""
    return HttpProblem(413, "too_large", detail, advice="Check that this is the right file.")


def unsupported(detail: str) -> HttpProblem:
    """415: not what is taken here."""
    return HttpProblem(415, "unsupported", detail)


def unprocessable(cause: str, detail: str, *, advice: str = "") -> HttpProblem:
    """422: understood, but it cannot be done."""
    return HttpProblem(422, cause, detail, advice=advice)


def too_many(cause: str, detail: str, retry_after: int, headers: Mapping[str, str] | None = None) -> HttpProblem:
    """429: too often; `retry_after` is seconds."""
    advice = f"Try again in {retry_after} s."
    return HttpProblem(429, cause, detail, advice=advice, headers={**(headers or {}), "Retry-After": str(retry_after)})


def unavailable(cause: str, detail: str, retry_after: int) -> HttpProblem:
    """503: not now; `retry_after` is seconds."""
    advice = f"Try again in {retry_after} s."
    return HttpProblem(503, cause, detail, advice=advice, headers={"Retry-After": str(retry_after)})


def full(retry_after: int = 60) -> HttpProblem:
    """507: the disk is full."""
    detail = "The service has no space left to store this."
    return HttpProblem(507, "io", detail, advice="Try again later.", headers={"Retry-After": str(retry_after)})
