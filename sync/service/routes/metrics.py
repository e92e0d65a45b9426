"""/metrics: figures for Prometheus, for the networks that may see them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from .. import looking, problems
from ..engine import engine_of
from ..limits import within
from ..metrics import CONTENT_TYPE
from ..service import Service, service_of
from ..who import address_of

router = APIRouter(tags=["health"])

The = Annotated[Service, Depends(service_of)]


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, the: The) -> Response:
    """Return the figures."""
    if not within(address_of(request), the.settings.outside.metrics_addresses):
        raise problems.not_found()
    server = getattr(request.app.state, "server", None)  # there where server.py serves
    found = await looking.figures(the, len(server.server_state.connections) if server else 0)
    text = engine_of(the).metrics.text(found)
    return Response(text, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})
