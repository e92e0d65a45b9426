"""/live and /ready: for those who start and watch the service; both within a second, also while it converts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from .. import looking
from ..limits import within
from ..service import Service, service_of
from ..who import address_of

router = APIRouter(tags=["health"])

The = Annotated[Service, Depends(service_of)]
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
    found = await looking.faults(the)
    if not within(address_of(request), the.settings.outside.metrics_addresses):
        found = dict.fromkeys(found, "It does not work.")
    if found:
        response.status_code = 503
        response.headers["Retry-After"] = _RETRY
    return Health(status="not ready" if found else "ready", faults=found)
