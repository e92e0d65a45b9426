"""/v1/jobs: a PDF is sent, converted beside, and its calendar fetched; /v1/challenge: the proof of work."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from ....core.pdf.limits import Limits, screen_file
from ....core.system.files import sha256
from ... import wire
from .. import problems
from ..access import secrets
from ..access.secrets import Scope
from ..context import Context
from ..conversion import unpack
from ..http import admission as uploading
from ..http import bodies
from ..http.answers import PROBLEMS
from ..http.auth import Principal, The, known, limited, newcomer, scoped
from ..store.model import Account, JobRecord, JobState, Newcomer, Refusal, Replay, Rule, SealedUpload
from . import AnswerBody

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=PROBLEMS)
challenges = APIRouter(tags=["jobs"])

Owner = Annotated[Principal, Depends(scoped(Scope.JOBS))]

_LARGE = 2**20  # bytes from which encrypting is left to a thread
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["pdf"],
                    "properties": {"pdf": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


class JobAnswer(AnswerBody):
    """A job; times are unix seconds, `place` is that in the queue, `calendar` the key of its calendar."""

    id: str
    state: str
    place: int | None
    name: str
    size: int
    created: float
    completed: float | None
    attempts: int
    kind: str | None
    calendar: str | None
    revision: int | None
    entries: int | None
    events: int | None
    problems: list[str]
    cause: str | None
    message: str | None
    advice: str | None
    pdf: bool
    """Whether the PDF is still kept."""


class JobPage(AnswerBody):
    """Some jobs, the newest first; `next` is what to ask `before` for the rest."""

    jobs: list[JobAnswer]
    next: float | None


@router.post("", status_code=202, response_model=JobAnswer, openapi_extra=_BODY)
async def upload(
    request: Request,
    response: Response,
    the: The,
    calendar: Annotated[str | None, Query(description="Key of the calendar; else `uploads/` and its kind.")] = None,
) -> JobAnswer:
    """Take a PDF; what is answered with 202 is on the disk and will be converted."""
    who = await known(request)
    if who is not None and not who.may(Scope.JOBS):
        raise problems.forbidden(f"This needs the scope {Scope.JOBS}.", advice="Ask an admin for a token with it.")
    begun = await uploading.begin(request, the, who)
    key = _key(calendar)
    sent = await _read(request, the)
    fresh: Newcomer | None = None
    if who is None:
        fresh = newcomer(request, response)
        account = fresh.account
    else:
        account = who.account
    new, now = await _sealed(the, account, sent, key), the.clock.now()
    admission = await the.store.jobs.admit(new, begun.sender, begun.quotas, now, fresh)
    if admission.refusal is not None:
        if admission.refusal is Refusal.RATE:
            await the.blocks.refused(account.id)
        raise uploading.refused(the, admission, begun)
    the.metrics.uploaded()
    the.conveyor.wake()
    response.headers["Location"] = f"{router.prefix}/{new.id}"
    response.headers.update(uploading.rate_headers(admission.standings))
    return _taken(new, admission.place, now)


@router.get("", response_model=JobPage)
async def list_jobs(
    me: Owner,
    the: The,
    response: Response,
    before: Annotated[float, Query(allow_inf_nan=False)] = 1e12,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobPage:
    """List your jobs."""
    await _polled(me, the, response, Rule(name="lists", amount=the.settings.rates.lists_minute, seconds=60))
    page = await the.store.jobs.page(me.account.id, before, limit)
    return JobPage(
        jobs=list(map(JobAnswer.model_validate, page)), next=page[-1].created if len(page) == limit else None
    )


@router.get("/{job}", response_model=JobAnswer)
async def status(job: str, me: Owner, the: The, response: Response) -> JobAnswer:
    """Tell where a job stands."""
    await _polled(me, the, response, _status_rule(the))
    found = await the.store.jobs.get(me.account.id, job)
    if found is None:
        raise problems.not_found("job")
    return JobAnswer.model_validate(found)


@router.get("/{job}/result", response_class=Response, responses={200: {"content": {wire.CALENDAR_TYPE: {}}}})
async def result(job: str, me: Owner, the: The, response: Response) -> Response:
    """Return the calendar a job made."""
    await _polled(me, the, response, _status_rule(the))
    found = await the.store.jobs.result(me.account.id, job)
    if found is None:
        raise problems.not_found("job")
    there, packed = found
    if there.state is not JobState.DONE:
        raise problems.conflict("not_done", "This job has no calendar.", advice=there.advice or "Ask for its status.")
    if packed is None:
        raise problems.gone("A newer calendar took its place.", advice=f"Read the calendar {there.calendar}.")
    data = await the.in_thread(unpack, packed)
    headers = {"ETag": wire.etag(sha256(data)), "Content-Disposition": f'attachment; filename="{there.kind}.ics"'}
    return Response(data, headers={**headers, "Cache-Control": "private, no-cache"}, media_type=wire.CALENDAR_TYPE)


@router.delete("/{job}", status_code=204)
async def delete(job: str, me: Owner, the: The) -> None:
    """Delete a job and its PDF; a calendar that was made stays."""
    if not await the.store.jobs.remove(me.account.id, job):
        raise problems.not_found("job")


@router.post("/{job}/replay", status_code=202, response_model=JobAnswer)
async def replay(job: str, me: Owner, the: The) -> JobAnswer:
    """Try a dead letter again; an admin may try anybody's."""
    whose = None if me.may(Scope.ADMIN) else me.account.id
    state = await the.store.jobs.replay(whose, job, the.clock.now())
    if state is None:
        raise problems.not_found("job")
    if state is Replay.NO_PDF:
        raise problems.gone("The PDF was deleted already.", advice="Upload the PDF again.")
    if state is Replay.NOT_NOW:
        raise problems.conflict("not_dead", "Only a job that failed and whose PDF is kept can be tried again.")
    the.conveyor.wake()
    found = await the.store.jobs.find(job)
    if found is None:
        raise problems.not_found("job")
    return JobAnswer.model_validate(found)


@challenges.get(uploading.CHALLENGE)
async def challenge(the: The, response: Response) -> dict[str, Any]:
    """Return a challenge as altcha's clients solve it; the answer goes along with the upload."""
    response.headers["Cache-Control"] = "no-store"
    return the.challenges.new()


def _taken(new: SealedUpload, place: int, now: float) -> JobAnswer:
    """Return the answer to an upload: the job as it was a moment ago."""
    job = JobRecord(
        id=new.id, account=new.account, name=new.name, size=new.size, sha256=new.sha256, premium=new.premium,
        state=JobState.QUEUED, created=now, due=now, calendar=new.calendar, pdf=True, place=place,
    )  # fmt: skip
    return JobAnswer.model_validate(job)


async def _read(request: Request, the: Context) -> bodies.Upload:
    """Return the PDF of a request, checked cheaply. Raises HttpProblem or what the screen raises."""
    settings = the.settings
    body = await request.body()
    body = bodies.plain(body, request.headers.get("content-encoding"), settings.sizes.pdf)
    sent = bodies.uploaded(body, request.headers.get("content-type"), settings.intake.parts)
    screen_file(sent.data, Limits(bytes=settings.sizes.pdf))
    return sent


async def _sealed(the: Context, account: Account, sent: bodies.Upload, key: str | None) -> SealedUpload:
    job, vault = secrets.new_id(), the.vault
    large = len(sent.data) > _LARGE
    return SealedUpload(
        id=job,
        account=account.id,
        name=sent.name,
        size=len(sent.data),
        sha256=sha256(sent.data),
        premium=account.premium,
        calendar=key,
        sealed=await the.in_thread(vault.seal, sent.data, job) if large else vault.seal(sent.data, job),
    )


def _key(text: str | None) -> str | None:
    try:
        return None if text is None else wire.calendar_key(text)
    except wire.BadKey as error:
        raise problems.bad_request(str(error), cause="bad_key") from None


def _status_rule(the: Context) -> Rule:
    return Rule(name="status", amount=the.settings.rates.status_minute, seconds=60)


async def _polled(me: Principal, the: Context, response: Response, rule: Rule) -> None:
    response.headers.update(await limited(rule, me.account.id, the, "The status is asked for too often."))
