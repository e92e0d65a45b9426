"""/v1/tokens: admins make, list and revoke what faculties' programs sign in with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from .. import problems
from ..access.secrets import Scope, TokenRequest, new_token
from ..http.answers import PROBLEMS
from ..http.auth import Admin, Limit, The
from ..store.model import Token

router = APIRouter(prefix="/v1/tokens", tags=["tokens"], responses=PROBLEMS)

Name = Annotated[str, Field(min_length=1, max_length=100)]


class NewToken(BaseModel):
    """A token for a faculty, which is made if it is not there."""

    model_config = ConfigDict(extra="forbid")

    faculty: Name
    name: Name
    scopes: Annotated[list[str], Field(min_length=1, max_length=20)]
    days: Annotated[float, Field(gt=0, le=3660)] | None = 365


class TokenAnswer(BaseModel):
    """A token without its secret; times are unix seconds."""

    id: str
    account: str
    name: str
    scopes: list[str]
    created: float
    expires: float | None
    revoked: float | None
    used: float | None


class SecretToken(TokenAnswer):
    """A token, which is shown this once."""

    token: str


class TokenPage(BaseModel):
    """Some tokens, ordered by id; `next` is what to ask `after` for the rest."""

    tokens: list[TokenAnswer]
    next: str | None


@router.post("", status_code=201, response_model=SecretToken)
async def create_token(wanted: NewToken, admin: Admin, the: The, response: Response) -> SecretToken:
    """Make a token; it is shown this once."""
    unknown = sorted(set(wanted.scopes) - set(Scope))
    if unknown:
        raise problems.unprocessable("invalid", f"There is no scope {', '.join(unknown)}.", advice=_there_are())
    asked = TokenRequest(faculty=wanted.faculty, name=wanted.name, scopes=wanted.scopes, days=wanted.days)
    made = await new_token(the.store, asked, the.clock.now())
    if made is None:
        raise problems.conflict("changed", "The faculty was removed at this moment.", retry_after=1)
    secret, token = made
    response.headers["Cache-Control"] = "no-store"
    return SecretToken(**_described(token).model_dump(), token=secret)


@router.get("", response_model=TokenPage)
async def list_tokens(
    admin: Admin,
    the: The,
    account: str | None = None,
    after: str = "",
    limit: Limit = 100,
) -> TokenPage:
    """List tokens, of an account or of all."""
    page = await the.store.tokens.page(account, after, limit)
    rest = page[-1].id if len(page) == limit else None
    return TokenPage(tokens=[_described(token) for token in page], next=rest)


@router.delete("/{token}", status_code=204)
async def revoke_token(token: str, admin: Admin, the: The) -> None:
    """Make a token worthless, from the next request on."""
    if not await the.store.tokens.revoke(token, the.clock.now()):
        raise problems.not_found("token")


def _there_are() -> str:
    return f"There are {', '.join(Scope)}."


def _described(token: Token) -> TokenAnswer:
    return TokenAnswer(
        id=token.id, account=token.account, name=token.name, scopes=list(token.scopes), created=token.created,
        expires=token.expires, revoked=token.revoked, used=token.used,
    )  # fmt: skip
