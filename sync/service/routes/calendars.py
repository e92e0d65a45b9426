"""/v1/calendars: faculties put them, everybody reads their own."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import BaseModel

from ... import wire
from .. import problems
from ..access.secrets import Scope
from ..conversion import checked, unpack
from ..http.answers import PROBLEMS
from ..http.auth import Limit, Principal, The, limited_write, scoped
from ..http.bodies import plain
from ..store.model import AccountKind, Condition, NewPut, NewRevision, Put, PutState, none_matches
from . import AnswerBody

router = APIRouter(prefix=wire.CALENDARS, tags=["calendars"], responses=PROBLEMS)

Reader = Annotated[Principal, Depends(scoped(Scope.CALENDARS_READ))]
Writer = Annotated[Principal, Depends(scoped(Scope.CALENDARS_WRITE))]
Key = Annotated[str, Path(description="Segments of printable characters, `/` between them, 300 bytes at most.")]


class PutHeaders(BaseModel):
    """What goes along with a calendar that is put."""

    tukscal_revision: str
    tukscal_content_sha256: str | None = None
    idempotency_key: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    if_match: str | None = None
    if_none_match: str | None = None


class Conditions(BaseModel):
    """If-Match and If-None-Match."""

    if_match: str | None = None
    if_none_match: str | None = None


class CalendarAnswer(AnswerBody):
    """A calendar without its bytes; times are unix seconds."""

    key: str
    revision: int
    sha256: str
    etag: str
    size: int
    name: str
    events: int
    updated: float


class CalendarPage(AnswerBody):
    """Some calendars, ordered by key; `next` is what to ask `after` for the rest."""

    calendars: list[CalendarAnswer]
    next: str | None


class StoredAnswer(BaseModel):
    """What became of a calendar that was put."""

    key: str
    revision: int
    sha256: str
    etag: str
    state: str


_PUT = {
    "requestBody": {
        "required": True,
        "content": {wire.CALENDAR_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.put(
    "/{key:path}",
    status_code=201,
    response_model=StoredAnswer,
    responses={200: {"model": StoredAnswer, "description": "Updated, or stored before"}},
    openapi_extra=_PUT,
)
async def put_calendar(
    request: Request, key: Key, headers: Annotated[PutHeaders, Header()], writer: Writer, the: The
) -> Response:
    """Store a revision of a calendar; the same again gets the same answer."""
    name, revision = _named(key), _numbered(headers.tukscal_revision)
    if (headers.content_type or "").partition(";")[0].strip().lower() != wire.CALENDAR_TYPE:
        raise problems.unsupported(f"Send the calendar as {wire.CALENDAR_TYPE}.")
    is_student = writer.account.kind is AccountKind.STUDENT
    await limited_write(writer.account, the)
    sizes = the.settings.sizes
    size = sizes.student_calendar if is_student else sizes.calendar
    body = await the.in_turn(writer.account.id, plain, await request.body(), headers.content_encoding, size)
    if len(body) > size:
        raise problems.too_large(f"A calendar here has at most {size:,} bytes.")
    idempotency = _checked_key(headers, writer.account.id, name, revision, body)
    kept = await the.store.calendars.answer(writer.account.id, idempotency)
    if kept is not None:
        return _stored(Put(state=PutState.REPLAYED, status=200, body=kept))
    new = await the.in_turn(writer.account.id, checked, body, revision)
    most = sizes.stored if is_student else 0
    done = await the.store.calendars.put(
        NewPut(
            account=writer.account.id, key=name, revision=new, idempotency=idempotency, answer=_answer(name, new),
            condition=Condition(match=headers.if_match, none_match=headers.if_none_match), now=the.clock.now(),
            most_calendars=the.settings.sizes.calendars, most_bytes=most,
        )
    )  # fmt: skip
    return _stored(done)


@router.get("", response_model=CalendarPage)
async def list_calendars(reader: Reader, the: The, after: str = "", limit: Limit = 100) -> CalendarPage:
    """List one's own calendars."""
    page = await the.store.calendars.page(reader.account.id, after, limit)
    calendars = [CalendarAnswer.model_validate(calendar) for calendar in page]
    return CalendarPage(calendars=calendars, next=page[-1].key if len(page) == limit else None)


@router.get(
    "/{key:path}",
    response_class=Response,
    responses={200: {"content": {wire.CALENDAR_TYPE: {}}}, 304: {"description": "Not changed"}},
)
async def get_calendar(key: Key, conditions: Annotated[Conditions, Header()], reader: Reader, the: The) -> Response:
    """Return the newest revision of a calendar."""
    found = await the.store.calendars.body(reader.account.id, _named(key))
    if found is None:
        raise problems.not_found("calendar")
    calendar, packed = found
    etag = wire.etag(calendar.sha256)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", wire.REVISION: str(calendar.revision)}
    if not none_matches(conditions.if_none_match, etag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = disposition(calendar.key)
    body = await the.in_thread(unpack, packed)
    return Response(body, headers=headers, media_type=f"{wire.CALENDAR_TYPE}; charset=utf-8")


@router.delete("/{key:path}", status_code=204)
async def delete_calendar(key: Key, conditions: Annotated[Conditions, Header()], writer: Writer, the: The) -> None:
    """Remove a calendar; its feeds no longer show it."""
    condition = Condition(match=conditions.if_match, none_match=conditions.if_none_match)
    done = await the.store.calendars.remove(writer.account.id, _named(key), condition)
    if done is None:
        raise problems.not_found("calendar")
    if not done:
        raise problems.precondition_failed()


def disposition(key: str) -> str:
    """Return the Content-Disposition that saves a calendar under the last part of its key."""
    name = key.rpartition("/")[2].replace("\\", "_")
    return f"attachment; filename=\"timetable.ics\"; filename*=UTF-8''{quote(name, safe='')}.ics"


def _named(key: str) -> str:
    try:
        return wire.calendar_key(key)
    except wire.BadKey as error:
        raise problems.bad_request(str(error), cause="bad_key") from None


def _numbered(text: str) -> int:
    try:
        return wire.revision_number(text)
    except ValueError as error:
        raise problems.bad_request(str(error), cause="bad_revision") from None


def _checked_key(headers: PutHeaders, account: str, key: str, revision: int, body: bytes) -> str:
    """Return the idempotency key, which is a hash of all it stands for."""
    given = headers.tukscal_content_sha256
    if given is not None and given.lower() != wire.content_sha256(body):
        raise problems.bad_request(f"The body is not what {wire.CONTENT_SHA256} says.", cause="damaged")
    expected = wire.idempotency_key(account, key, revision, body)
    if headers.idempotency_key not in (None, expected):
        detail = "The idempotency key belongs to another account, calendar, revision or body."
        raise problems.unprocessable("idempotency_mismatch", detail, advice="Send each content under its own key.")
    return expected


def _answer(key: str, new: NewRevision) -> bytes:
    answer = wire.StoredCalendar(
        key=key, revision=new.revision, sha256=new.sha256, etag=wire.etag(new.sha256), state=wire.Written.STORED
    )
    return json.dumps(answer.as_json()).encode()


def _stored(done: Put) -> Response:
    """Return the answer to a put. Raises HttpProblem."""
    match done.state:
        case PutState.SUPERSEDED:
            problem = problems.conflict("superseded", f"Revision {done.revision} is stored, which is newer or another.")
            problem.headers[wire.REVISION] = str(done.revision)
            raise problem
        case PutState.CONDITION:
            raise problems.precondition_failed()
        case PutState.TOO_MANY:
            raise problems.quota("The account has as many calendars as it may.")
        case PutState.NO_ROOM:
            raise problems.quota("The account stores as much as it may.", advice="Remove some calendars.")
        case _:
            headers = {"ETag": wire.etag(json.loads(done.body)["sha256"])}
            if done.state is PutState.REPLAYED:
                headers[wire.REPLAYED] = "true"
            return Response(done.body, done.status, headers, wire.JSON_TYPE)
