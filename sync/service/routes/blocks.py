"""/v1/admin/blocks: who may not, seen and changed by admins."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from .. import problems
from ..access.rates import ACCOUNT, ADDRESS, LOGIN, network
from ..http.answers import PROBLEMS
from ..http.auth import Admin, The
from ..store.model import AccessBlock

router = APIRouter(prefix="/v1/admin/blocks", tags=["admin"], responses=PROBLEMS)


class NewBlock(BaseModel):
    """Whom to block: `address:…`, `login:…` (of an address: only from logging in) or `account:…`."""

    model_config = ConfigDict(extra="forbid")

    who: Annotated[str, Field(max_length=200, pattern=rf"^({ADDRESS}|{LOGIN}|{ACCOUNT}):[!-~]+$")]
    reason: Annotated[str, Field(max_length=200)] = "by an admin"
    seconds: Annotated[float | None, Field(gt=0, lt=1e9)] = None
    """Until lifted if it is missing."""


class BlockAnswer(BaseModel):
    """A block; times are unix seconds, `until` is missing for one that ends when it is lifted."""

    who: str
    until: float | None
    reason: str
    made: float


@router.get("", response_model=list[BlockAnswer])
async def list_blocks(admin: Admin, the: The) -> list[BlockAnswer]:
    """List what holds."""
    return [_described(block) for block in the.blocks.all()]


@router.post("", status_code=201, response_model=BlockAnswer)
async def add(new: NewBlock, admin: Admin, the: The) -> BlockAnswer:
    """Block somebody."""
    who = _named(new.who)
    if who == f"{ACCOUNT}:{admin.account.id}":
        raise problems.conflict("in_use", "This is your own account.")
    return _described(await the.blocks.add(who, new.reason, new.seconds))


@router.delete("/{who:path}", status_code=204)
async def remove(who: str, admin: Admin, the: The) -> None:
    """Lift a block."""
    if not await the.blocks.remove(_named(who)):
        raise problems.not_found("block")


def _named(who: str) -> str:
    """Return a block's name with the network that counts for an address."""
    kind, _, name = who.partition(":")
    if kind not in (ADDRESS, LOGIN):
        return who
    try:
        ipaddress.ip_network(name, strict=False)
    except ValueError:
        raise problems.unprocessable("invalid", f"{name} is no address.") from None
    return f"{kind}:{name if '/' in name else network(name)}"


def _described(block: AccessBlock) -> BlockAnswer:
    return BlockAnswer(who=block.who, until=block.until, reason=block.reason, made=block.made)
