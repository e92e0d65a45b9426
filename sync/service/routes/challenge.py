"""/v1/challenge: the proof of work for addresses that upload very much."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from ..http.admission import CHALLENGE
from ..http.auth import The

router = APIRouter(tags=["jobs"])


@router.get(CHALLENGE)
async def challenge(the: The, response: Response) -> dict[str, Any]:
    """Return a challenge as altcha's clients solve it; the answer goes along with the upload."""
    response.headers["Cache-Control"] = "no-store"
    return the.challenges.new()
