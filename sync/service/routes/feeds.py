"""/v1/feeds: secret addresses for calendar programs; /feeds/SECRET.ics: what is read there; /v1/selections."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from ... import wire
from .. import problems
from ..access import secrets
from ..access.secrets import Scope
from ..context import Context
from ..feeds import publish, selection_text
from ..http.answers import PROBLEMS
from ..http.auth import Limit, Principal, The, limited_write, scoped
from ..store.model import Feed, Rendering, StoredSelection, matches, none_matches
from . import AnswerBody, RequestBody

router = APIRouter(tags=["feeds"], responses=PROBLEMS)
selections = APIRouter(prefix="/v1/selections", tags=["selections"], responses=PROBLEMS)

FeedOwner = Annotated[Principal, Depends(scoped(Scope.FEEDS))]
Name = Annotated[str, Field(max_length=200)]

_LARGE = 32_768  # bytes from which unpacking is left to a thread


class NewFeed(RequestBody):
    """Which calendars a feed shows, and which of their events."""

    calendars: Annotated[list[Annotated[str, Field(min_length=1, max_length=300)]], Field(min_length=1, max_length=20)]
    selection: Annotated[str, Field(max_length=100)] | None = None
    name: Name = ""


class FeedAnswer(AnswerBody):
    """A feed without its secret; times are unix seconds."""

    id: str
    name: str
    calendars: list[str]
    selection: str | None
    created: float
    rotated: float
    hits: int
    unchanged: int
    read: float | None


class SecretFeed(FeedAnswer):
    """A feed with its address, which is shown this once."""

    url: str
    webcal: str


class FeedPage(AnswerBody):
    """Some feeds, ordered by id; `next` is what to ask `after` for the rest."""

    feeds: list[FeedAnswer]
    next: str | None


@router.post("/v1/feeds", status_code=201, response_model=SecretFeed)
async def create_feed(wanted: NewFeed, owner: FeedOwner, the: The, response: Response) -> SecretFeed:
    """Make a feed; its address is shown this once."""
    await limited_write(owner.account, the)
    now, secret = the.clock.now(), secrets.new_secret()
    feed = Feed(
        id=secrets.new_id(), account=owner.account.id, name=wanted.name, selection=wanted.selection, created=now,
        rotated=now, calendars=tuple(dict.fromkeys(wanted.calendars)),
    )  # fmt: skip
    done = await the.store.feeds.add(feed, secrets.hashed(secret), the.settings.sizes.feeds)
    if done is None:
        raise problems.not_found("calendar or selection")
    if not done:
        raise problems.quota("The account has as many feeds as it may.")
    response.headers["Cache-Control"] = "no-store"
    return _with_secret(the, feed, secret)


@router.get("/v1/feeds", response_model=FeedPage)
async def list_feeds(owner: FeedOwner, the: The, after: str = "", limit: Limit = 100) -> FeedPage:
    """List one's own feeds."""
    page = await the.store.feeds.page(owner.account.id, after, limit)
    feeds = [FeedAnswer.model_validate(feed) for feed in page]
    return FeedPage(feeds=feeds, next=page[-1].id if len(page) == limit else None)


@router.get("/v1/feeds/{feed}", response_model=FeedAnswer)
async def get_feed(feed: str, owner: FeedOwner, the: The) -> FeedAnswer:
    """Return one of one's own feeds."""
    return FeedAnswer.model_validate(await _own_feed(the, owner, feed))


@router.post("/v1/feeds/{feed}/rotate", response_model=SecretFeed)
async def rotate_feed(feed: str, owner: FeedOwner, the: The, response: Response) -> SecretFeed:
    """Give a feed another address; the old one is dead on the next request."""
    secret = secrets.new_secret()
    await the.store.feeds.rotate(owner.account.id, feed, secrets.hashed(secret), the.clock.now())
    response.headers["Cache-Control"] = "no-store"
    return _with_secret(the, await _own_feed(the, owner, feed), secret)


@router.delete("/v1/feeds/{feed}", status_code=204)
async def delete_feed(feed: str, owner: FeedOwner, the: The) -> None:
    """Remove a feed; its address is dead on the next request."""
    if not await the.store.feeds.remove(owner.account.id, feed):
        raise problems.not_found("feed")


class ReadHeaders(BaseModel):
    """What a calendar program says when it reads a feed."""

    if_none_match: str | None = None
    accept_encoding: str = ""


@router.head("/feeds/{secret}.ics", include_in_schema=False)
@router.get(
    "/feeds/{secret}.ics",
    response_class=Response,
    responses={200: {"content": {wire.CALENDAR_TYPE: {}}}, 304: {"description": "Not changed"}},
)
async def read_feed(secret: str, said: Annotated[ReadHeaders, Header()], the: The) -> Response:
    """Return a feed's events, to whoever knows its address."""
    found = await publish(the, secrets.hashed(secret)) if secrets.SECRET.fullmatch(secret) else None
    if found is None:
        the.tallies.totals["feed_unknown"] += 1
        raise problems.not_found("feed")
    state, made = found
    zipped = accepts_gzip(said.accept_encoding)
    tags = f'"{made.etag}"', f'"{made.etag}-gzip"'
    headers = _headers(the, tags[zipped])
    unchanged = not none_matches(said.if_none_match, *tags)
    the.tallies.feed(state.id, made.fingerprint, unchanged=unchanged)
    if unchanged:
        return Response(status_code=304, headers=headers)
    body = made.packed if zipped else await _unpacked(the, made)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=f"{wire.CALENDAR_TYPE}; charset=utf-8")


def accepts_gzip(header: str) -> bool:
    """Tell whether an Accept-Encoding takes gzip (RFC 9110, 12.5.3)."""
    weights: dict[str, bool] = {}
    for item in header.lower().split(","):
        coding, _, parameter = item.partition(";")
        weight = parameter.strip().removeprefix("q=").strip() if parameter else "1"
        weights[coding.strip()] = weight.strip("0.") != ""
    return weights.get("gzip", weights.get("*", False))


def _headers(the: Context, etag: str) -> dict[str, str]:
    control = f"private, max-age={the.settings.feeds.max_age}"
    return {"ETag": etag, "Cache-Control": control, "Vary": "Accept-Encoding", "Referrer-Policy": "no-referrer"}


async def _unpacked(the: Context, made: Rendering) -> bytes:
    if len(made.packed) < _LARGE:
        return gzip.decompress(made.packed)
    return await the.in_thread(gzip.decompress, made.packed)


async def _own_feed(the: Context, owner: Principal, feed: str) -> Feed:
    found = await the.store.feeds.get(owner.account.id, feed)
    if found is None:
        raise problems.not_found("feed")
    return found


def _with_secret(the: Context, feed: Feed, secret: str) -> SecretFeed:
    url = f"{the.settings.public_url.rstrip('/')}/feeds/{secret}.ics"
    webcal = f"webcal://{url.partition('://')[2]}"
    return SecretFeed(**FeedAnswer.model_validate(feed).model_dump(), url=url, webcal=webcal)


# ---- selections: which events feeds show


SelectionOwner = Annotated[Principal, Depends(scoped(Scope.SELECTIONS))]
Word = Annotated[str, Field(min_length=1, max_length=40)]
Words = Annotated[list[Word], Field(max_length=100)]
IfMatch = Annotated[str | None, Header()]


class SelectionBody(BaseModel):
    """A selection as a selection file has it: modules, those left out, a language, and groups of modules."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)] = ""
    modules: Words = []
    exclude: Words = []
    language: Annotated[str, Field(pattern="^[EA]$")] | None = None
    groups: Annotated[dict[Word, Words], Field(max_length=100)] = {}


class SelectionAnswer(SelectionBody):
    """A selection as it is stored; times are unix seconds."""

    id: str
    etag: str
    created: float
    updated: float


class SelectionPage(AnswerBody):
    """Some selections, ordered by id; `next` is what to ask `after` for the rest."""

    selections: list[SelectionAnswer]
    next: str | None


@selections.post("", status_code=201, response_model=SelectionAnswer)
async def create_selection(body: SelectionBody, owner: SelectionOwner, the: The, response: Response) -> SelectionAnswer:
    """Keep a selection."""
    await limited_write(owner.account, the)
    now = the.clock.now()
    new = _filled(
        StoredSelection(
            id=secrets.new_id(), account=owner.account.id, name="", content="", sha256="", created=now, updated=now
        ),
        body,
        now,
    )
    if not await the.store.selections.add(new, the.settings.sizes.selections):
        raise problems.quota("The account has as many selections as it may.")
    return _answered(new, response)


@selections.get("", response_model=SelectionPage)
async def list_selections(owner: SelectionOwner, the: The, after: str = "", limit: Limit = 100) -> SelectionPage:
    """List one's own selections."""
    page = await the.store.selections.page(owner.account.id, after, limit)
    rest = page[-1].id if len(page) == limit else None
    return SelectionPage(selections=[_described(selection) for selection in page], next=rest)


@selections.get("/{selection}", response_model=SelectionAnswer)
async def get_selection(selection: str, owner: SelectionOwner, the: The, response: Response) -> SelectionAnswer:
    """Return one of one's own selections."""
    return _answered(await _own_selection(the, owner, selection), response)


@selections.put("/{selection}", response_model=SelectionAnswer)
async def change_selection(
    selection: str, body: SelectionBody, owner: SelectionOwner, the: The, response: Response, if_match: IfMatch = None
) -> SelectionAnswer:
    """Replace a selection; feeds show it from the next request on."""
    await limited_write(owner.account, the)
    there = await _own_selection(the, owner, selection)
    if not matches(if_match, wire.etag(there.sha256)):
        raise problems.precondition_failed()
    changed = _filled(there, body, the.clock.now())
    if not await the.store.selections.change(changed):
        raise problems.not_found("selection")
    return _answered(changed, response)


@selections.delete("/{selection}", status_code=204)
async def delete_selection(selection: str, owner: SelectionOwner, the: The) -> None:
    """Remove a selection that no feed uses."""
    done = await the.store.selections.remove(owner.account.id, selection)
    if done is None:
        raise problems.not_found("selection")
    if not done:
        raise problems.conflict("in_use", "A feed uses this selection.", advice="Remove the feed first.")


async def _own_selection(the: Context, owner: Principal, selection: str) -> StoredSelection:
    found = await the.store.selections.get(owner.account.id, selection)
    if found is None:
        raise problems.not_found("selection")
    return found


def _filled(there: StoredSelection, body: SelectionBody, now: float) -> StoredSelection:
    text = selection_text(modules=body.modules, exclude=body.exclude, language=body.language, groups=body.groups)
    digest = hashlib.sha256(f"{body.name}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return replace(there, name=body.name, content=text, sha256=digest, updated=now)


def _answered(selection: StoredSelection, response: Response) -> SelectionAnswer:
    response.headers["ETag"] = wire.etag(selection.sha256)
    return _described(selection)


def _described(stored: StoredSelection) -> SelectionAnswer:
    return SelectionAnswer(
        id=stored.id, name=stored.name, etag=wire.etag(stored.sha256), created=stored.created,
        updated=stored.updated, **json.loads(stored.content),
    )  # fmt: skip
