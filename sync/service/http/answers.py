"""Answers: pages for people, problems as RFC 9457 says, and the headers that keep pages from harm."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ....core.errors import TukscalError, own_fault
from ....core.system.sqlite import DiskFailed
from .. import problems
from ..problems import HttpProblem
from ..settings import Settings

_PAGES = Environment(
    loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_PROGRAMS = ("v1", "feeds", "static", "openapi.json", "metrics", "live", "ready")  # first parts of programs' paths


def page(template: str, status: int = 200, **values: object) -> Response:
    """Return a page, which nobody keeps."""
    text = _PAGES.get_template(template).render(**values)
    # Our own forms shall say where they come from, which old browsers do with the referrer only.
    return HTMLResponse(text, status, {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"})


def problem_answer(met: HttpProblem, path: str, headers: Headers) -> Response:
    """Return the answer to a request that met a problem: a page for a person, else as RFC 9457 says."""
    first = path.split("/")[1] if path.startswith("/") else ""
    if first in _PROGRAMS or "text/html" not in headers.get("accept", ""):
        return problem_json(met, problems.instance(path))
    answer = page("problem.html", met.status, problem=met)
    answer.headers.update(met.headers)
    return answer


def problem_json(met: HttpProblem, instance: str) -> Response:
    """Return the answer to a program's request that met a problem; `instance` is the path without anything secret."""
    headers = {"Cache-Control": "no-store", **met.headers}
    text = json.dumps(problems.body(met, instance), ensure_ascii=True)
    return Response(text, met.status, headers, problems.MEDIA_TYPE)


_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HTTPS = "max-age=31536000"
_CAUSES: Mapping[int, str] = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported"}

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem, as RFC 9457 says",
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "cause", "advice"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "instance", "cause", "advice")},
        "status": {"type": "integer"},
    },
}


def install(app: FastAPI, settings: Settings) -> None:
    """Give an app the handlers of errors, the headers, and the problem's schema in its OpenAPI document."""
    app.add_exception_handler(problems.HttpProblem, _problem)
    app.add_exception_handler(TukscalError, _core)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)
    app.add_middleware(SafeHeaders, https=settings.https)
    app.openapi = _documented(app.openapi)  # type: ignore[method-assign]  # FastAPI's own way to extend it


class SafeHeaders:
    """ASGI middleware: headers against foreign scripts, frames and guesses of types on every answer."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = {**_HEADERS, **({"Strict-Transport-Security": _HTTPS} if https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add to its answer what it does not have."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, problems.HttpProblem)
    return problem_answer(error, request.url.path, request.headers)


async def _core(request: Request, error: Exception) -> Response:
    assert isinstance(error, TukscalError)
    problem = problems.full() if isinstance(error, DiskFailed) else problems.of(error)
    return problem_answer(problem, request.url.path, request.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    status = HTTPStatus.BAD_REQUEST if first["type"] == "json_invalid" else HTTPStatus.UNPROCESSABLE_ENTITY
    problem = problems.HttpProblem(status, "invalid", f"{where}: {first['msg']}.", advice="See /openapi.json.")
    return problem_answer(problem, request.url.path, request.headers)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    cause = _CAUSES.get(error.status_code, "bad_request")
    problem = problems.HttpProblem(error.status_code, cause, f"{error.detail}.", headers=error.headers)
    return problem_answer(problem, request.url.path, request.headers)


async def _fault(request: Request, error: Exception) -> Response:
    problem = problems.of(own_fault(error))
    problem.advice = "Try again later; if it stays, tell those who run this service."
    return problem_answer(problem, request.url.path, request.headers)


def _documented(openapi: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    def extended() -> dict[str, Any]:
        document = openapi()
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _SCHEMA
        return document

    return extended
