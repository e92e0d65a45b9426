"""/live, /ready and /metrics, for those who start and watch the service.

The first two answer within a second, also while it converts.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from .. import health, problems
from ..access.rates import within
from ..http.auth import The, address_of
from ..metrics import CONTENT_TYPE

router = APIRouter(tags=["health"])

_RETRY = "5"


class Health(BaseModel):
    """How the service is; `faults` is part -> what is wrong."""

    status: str
    faults: dict[str, str]


@router.get("/live", response_model=Health)
async def live() -> Health:
    """Tell that the event loop goes round; a service that does not answer is to be started again."""
    return Health(status="live", faults={})


@router.get("/ready", response_model=Health, responses={503: {"model": Health}})
async def ready(request: Request, the: The, response: Response) -> Health:
    """Tell whether store, pool and disk work; what is wrong is for the networks that may see figures."""
    found = await health.faults(the)
    if not within(address_of(request), the.settings.outside.metrics_addresses):
        found = dict.fromkeys(found, "It does not work.")
    if found:
        response.status_code = 503
        response.headers["Retry-After"] = _RETRY
    return Health(status="not ready" if found else "ready", faults=found)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, the: The) -> Response:
    """Return the figures."""
    if not within(address_of(request), the.settings.outside.metrics_addresses):
        raise problems.not_found()
    server = getattr(request.app.state, "server", None)  # there where http/connections.py serves
    found = await health.figures(the, len(server.server_state.connections) if server else 0)
    text = the.metrics.text(found)
    return Response(text, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})
