"""Pages for people: templates filled, and problems as a page where a browser asked for one."""

from __future__ import annotations

import json

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response

from .. import problems
from ..problems import HttpProblem

_PAGES = Environment(
    loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_PROGRAMS = ("v1", "feeds", "static", "openapi.json", "metrics", "live", "ready")  # first parts of programs' paths


def page(template: str, status: int = 200, **values: object) -> Response:
    """Return a page, which nobody keeps."""
    text = _PAGES.get_template(template).render(**values)
    # Our own forms shall say where they come from, which old browsers do with the referrer only.
    return HTMLResponse(text, status, {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"})


def problem(met: HttpProblem, path: str, headers: Headers) -> Response:
    """Return the answer to a request that met a problem: a page for a person, else as RFC 9457 says."""
    first = path.split("/")[1] if path.startswith("/") else ""
    if first in _PROGRAMS or "text/html" not in headers.get("accept", ""):
        return response(met, problems.instance(path))
    answer = page("problem.html", met.status, problem=met)
    answer.headers.update(met.headers)
    return answer


def response(met: HttpProblem, instance: str) -> Response:
    """Return the answer to a program's request that met a problem; `instance` is the path without anything secret."""
    headers = {"Cache-Control": "no-store", **met.headers}
    text = json.dumps(problems.body(met, instance), ensure_ascii=True)
    return Response(text, met.status, headers, problems.MEDIA_TYPE)
