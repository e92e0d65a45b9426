"""/v1/selections: which events feeds show."""

from __future__ import annotations

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
from ..feeds import selection_text
from ..http.answers import PROBLEMS
from ..http.auth import Limit, Principal, The, limited_write, scoped
from ..store.model import StoredSelection, matches

router = APIRouter(prefix="/v1/selections", tags=["selections"], responses=PROBLEMS)

Owner = Annotated[Principal, Depends(scoped(Scope.SELECTIONS))]
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


class SelectionPage(BaseModel):
    """Some selections, ordered by id; `next` is what to ask `after` for the rest."""

    selections: list[SelectionAnswer]
    next: str | None


@router.post("", status_code=201, response_model=SelectionAnswer)
async def create_selection(body: SelectionBody, owner: Owner, the: The, response: Response) -> SelectionAnswer:
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


@router.get("", response_model=SelectionPage)
async def list_selections(owner: Owner, the: The, after: str = "", limit: Limit = 100) -> SelectionPage:
    """List one's own selections."""
    page = await the.store.selections.page(owner.account.id, after, limit)
    rest = page[-1].id if len(page) == limit else None
    return SelectionPage(selections=[_described(selection) for selection in page], next=rest)


@router.get("/{selection}", response_model=SelectionAnswer)
async def get_selection(selection: str, owner: Owner, the: The, response: Response) -> SelectionAnswer:
    """Return one of one's own selections."""
    return _answered(await _own(the, owner, selection), response)


@router.put("/{selection}", response_model=SelectionAnswer)
async def change_selection(
    selection: str, body: SelectionBody, owner: Owner, the: The, response: Response, if_match: IfMatch = None
) -> SelectionAnswer:
    """Replace a selection; feeds show it from the next request on."""
    await limited_write(owner.account, the)
    there = await _own(the, owner, selection)
    if not matches(if_match, wire.etag(there.sha256)):
        raise problems.precondition_failed()
    changed = _filled(there, body, the.clock.now())
    if not await the.store.selections.change(changed):
        raise problems.not_found("selection")
    return _answered(changed, response)


@router.delete("/{selection}", status_code=204)
async def delete_selection(selection: str, owner: Owner, the: The) -> None:
    """Remove a selection that no feed uses."""
    done = await the.store.selections.remove(owner.account.id, selection)
    if done is None:
        raise problems.not_found("selection")
    if not done:
        raise problems.conflict("in_use", "A feed uses this selection.", advice="Remove the feed first.")


async def _own(the: Context, owner: Principal, selection: str) -> StoredSelection:
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
