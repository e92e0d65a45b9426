"""/v1/admin/deadletters: jobs that failed for no fault of their PDFs, for admins."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from ..http.answers import PROBLEMS
from ..http.auth import Admin, Limit, The
from ..store.model import JobRecord

router = APIRouter(prefix="/v1/admin/deadletters", tags=["admin"], responses=PROBLEMS)


class Letter(BaseModel):
    """A job a person decides about; `pdf` says whether it can be tried again."""

    id: str
    account: str
    created: float
    completed: float | None
    attempts: int
    deaths: int
    cause: str | None
    message: str | None
    pdf: bool


@router.get("", response_model=list[Letter])
async def list_letters(admin: Admin, the: The, limit: Limit = 100) -> list[Letter]:
    """List dead letters, the newest first."""
    return [_described(job) for job in await the.store.jobs.letters(limit)]


def _described(job: JobRecord) -> Letter:
    return Letter(
        id=job.id,
        account=job.account,
        created=job.created,
        completed=job.completed,
        attempts=job.attempts,
        deaths=job.deaths,
        cause=job.cause,
        message=job.message,
        pdf=job.pdf,
    )
