"""/v1/challenge: the proof of work for addresses that upload very much."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from ..engine import engine_of
from ..service import Service, service_of
from ..uploading import CHALLENGE

router = APIRouter(tags=["jobs"])

The = Annotated[Service, Depends(service_of)]


@router.get(CHALLENGE)
async def challenge(the: The, response: Response) -> dict[str, Any]:
    """Return a challenge as altcha's clients solve it; the answer goes along with the upload."""
    response.headers["Cache-Control"] = "no-store"
    return engine_of(the).challenges.new()
