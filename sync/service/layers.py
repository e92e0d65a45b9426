"""The layers around the routes, from the outside in: observe, gate, intake."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import Scope

from .gate import Gate
from .intake import Intake
from .observe import Observe
from .service import Service
from .settings import Settings, Sizes

_FORM = 64 * 1024  # bytes a form may have around its file
_CALENDARS, _JOBS = "/v1/calendars/", "/v1/jobs"


def install(app: FastAPI, settings: Settings) -> None:
    """Put the layers around an app; the last one added is the outermost."""
    app.add_middleware(
        Intake, rules=settings.intake, most=lambda method, path: most(settings.sizes, method, path), refused=_refused
    )
    app.add_middleware(Gate)
    app.add_middleware(Observe)


def most(sizes: Sizes, method: str, path: str) -> int:
    """Return how many bytes a body may have."""
    if method == "PUT" and path.startswith(_CALENDARS):
        return sizes.calendar
    if method == "POST" and path == _JOBS:
        return sizes.pdf + _FORM
    return sizes.json


def _refused(scope: Scope, cause: str) -> None:
    service: Service = scope["app"].state.service
    if service.engine is not None:
        service.engine.metrics.refused(cause)
