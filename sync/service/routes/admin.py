"""/v1/admin and /v1/tokens: what admins see and change of accounts, dead letters, blocks and faculties' tokens.

They log in with a password, from allowed addresses only.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from .. import problems
from ..access.rates import ACCOUNT, ADDRESS, LOGIN, network
from ..access.secrets import Scope, TokenRequest, is_right, new_token
from ..http.answers import PROBLEMS
from ..http.auth import Admin, Limit, The, attempt, check_address, check_origin, remove_cookie, sign_in
from ..store.model import AccountKind
from . import AnswerBody, RequestBody

router = APIRouter(prefix="/v1/admin", tags=["admin"], responses=PROBLEMS)
tokens = APIRouter(prefix="/v1/tokens", tags=["tokens"], responses=PROBLEMS)


class Login(RequestBody):
    """An admin's name and password."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[str, Field(min_length=1, max_length=1000, repr=False)]


class AccountAnswer(AnswerBody):
    """An account; times are unix seconds."""

    id: str
    kind: str
    name: str
    created: float
    seen: float
    premium: bool


class AccountPage(AnswerBody):
    """Some accounts, ordered by id; `next` is what to ask `after` for the rest."""

    accounts: list[AccountAnswer]
    next: str | None


class Premium(RequestBody):
    """Whether an account's jobs go first."""

    premium: bool


@router.post("/login", status_code=204)
async def log_in(request: Request, login: Login, the: The, response: Response) -> None:
    """Begin an admin's session."""
    check_origin(request, the)
    check_address(request, the)
    async with attempt(request, the) as tried:
        account = await the.store.accounts.named(AccountKind.ADMIN, login.name)
        tried.succeeded = await is_right(account, login.password)
    if account is None or not tried.succeeded:
        raise problems.unauthorized("The name or the password is wrong.", advice="Check both.")
    await sign_in(the, account, response)


@router.post("/logout", status_code=204)
async def log_out(admin: Admin, the: The, response: Response) -> None:
    """End an admin's session."""
    if admin.session is not None:
        await the.store.sessions.remove(admin.session)
    remove_cookie(response, the.settings)


@router.get("/accounts", response_model=AccountPage)
async def list_accounts(admin: Admin, the: The, after: str = "", limit: Limit = 100) -> AccountPage:
    """List accounts."""
    page = await the.store.accounts.page(after, limit)
    accounts = [AccountAnswer.model_validate(account) for account in page]
    return AccountPage(accounts=accounts, next=page[-1].id if len(page) == limit else None)


@router.put("/accounts/{account}/premium", status_code=204)
async def set_premium(account: str, wanted: Premium, admin: Admin, the: The) -> None:
    """Let an account's jobs go first, or no longer."""
    if not await the.store.accounts.set_premium(account, wanted.premium):
        raise problems.not_found("account")


@router.delete("/accounts/{account}/sessions", status_code=204)
async def end_sessions(account: str, admin: Admin, the: The) -> None:
    """End all sessions of an account."""
    if await the.store.accounts.get(account) is None:
        raise problems.not_found("account")
    await the.store.sessions.remove_all(account)


@router.delete("/accounts/{account}", status_code=204)
async def delete_account(account: str, admin: Admin, the: The) -> None:
    """Remove an account with all that is its own; an admin cannot remove the own one."""
    if account == admin.account.id:
        raise problems.conflict("in_use", "This is your own account.")
    if not await the.store.accounts.remove(account):
        raise problems.not_found("account")


# ---- dead letters: jobs that failed for no fault of their PDFs


class Letter(AnswerBody):
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


@router.get("/deadletters", response_model=list[Letter])
async def list_letters(admin: Admin, the: The, limit: Limit = 100) -> list[Letter]:
    """List dead letters, the newest first."""
    return [Letter.model_validate(job) for job in await the.store.jobs.letters(limit)]


# ---- blocks


class NewBlock(RequestBody):
    """Whom to block: `address:…`, `login:…` (of an address: only from logging in) or `account:…`."""

    who: Annotated[str, Field(max_length=200, pattern=rf"^({ADDRESS}|{LOGIN}|{ACCOUNT}):[!-~]+$")]
    reason: Annotated[str, Field(max_length=200)] = "by an admin"
    seconds: Annotated[float | None, Field(gt=0, lt=1e9)] = None
    """Until lifted if it is missing."""


class BlockAnswer(AnswerBody):
    """A block; times are unix seconds, `until` is missing for one that ends when it is lifted."""

    who: str
    until: float | None
    reason: str
    made: float


@router.get("/blocks", response_model=list[BlockAnswer])
async def list_blocks(admin: Admin, the: The) -> list[BlockAnswer]:
    """List what holds."""
    return [BlockAnswer.model_validate(block) for block in the.blocks.all()]


@router.post("/blocks", status_code=201, response_model=BlockAnswer)
async def add(new: NewBlock, admin: Admin, the: The) -> BlockAnswer:
    """Block somebody."""
    who = _block_name(new.who)
    if who == f"{ACCOUNT}:{admin.account.id}":
        raise problems.conflict("in_use", "This is your own account.")
    return BlockAnswer.model_validate(await the.blocks.add(who, new.reason, new.seconds))


@router.delete("/blocks/{who:path}", status_code=204)
async def remove(who: str, admin: Admin, the: The) -> None:
    """Lift a block."""
    if not await the.blocks.remove(_block_name(who)):
        raise problems.not_found("block")


def _block_name(who: str) -> str:
    """Return a block's name with the network that counts for an address."""
    kind, _, name = who.partition(":")
    if kind not in (ADDRESS, LOGIN):
        return who
    try:
        ipaddress.ip_network(name, strict=False)
    except ValueError:
        raise problems.unprocessable("invalid", f"{name} is no address.") from None
    return f"{kind}:{name if '/' in name else network(name)}"


# ---- tokens


Name = Annotated[str, Field(min_length=1, max_length=100)]


class NewToken(RequestBody):
    """A token for a faculty, which is made if it is not there."""

    faculty: Name
    name: Name
    scopes: Annotated[list[str], Field(min_length=1, max_length=20)]
    days: Annotated[float, Field(gt=0, le=3660)] | None = 365


class TokenAnswer(AnswerBody):
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


class TokenPage(AnswerBody):
    """Some tokens, ordered by id; `next` is what to ask `after` for the rest."""

    tokens: list[TokenAnswer]
    next: str | None


@tokens.post("", status_code=201, response_model=SecretToken)
async def create_token(wanted: NewToken, admin: Admin, the: The, response: Response) -> SecretToken:
    """Make a token; it is shown this once."""
    unknown = sorted(set(wanted.scopes) - set(Scope))
    if unknown:
        advice = f"There are {', '.join(Scope)}."
        raise problems.unprocessable("invalid", f"There is no scope {', '.join(unknown)}.", advice=advice)
    asked = TokenRequest(faculty=wanted.faculty, name=wanted.name, scopes=wanted.scopes, days=wanted.days)
    made = await new_token(the.store, asked, the.clock.now())
    if made is None:
        raise problems.conflict("changed", "The faculty was removed at this moment.", retry_after=1)
    secret, token = made
    response.headers["Cache-Control"] = "no-store"
    return SecretToken(**TokenAnswer.model_validate(token).model_dump(), token=secret)


@tokens.get("", response_model=TokenPage)
async def list_tokens(
    admin: Admin,
    the: The,
    account: str | None = None,
    after: str = "",
    limit: Limit = 100,
) -> TokenPage:
    """List tokens, of an account or of all."""
    page = await the.store.tokens.page(account, after, limit)
    page_of = [TokenAnswer.model_validate(token) for token in page]
    return TokenPage(tokens=page_of, next=page[-1].id if len(page) == limit else None)


@tokens.delete("/{token}", status_code=204)
async def revoke_token(token: str, admin: Admin, the: The) -> None:
    """Make a token worthless, from the next request on."""
    if not await the.store.tokens.revoke(token, the.clock.now()):
        raise problems.not_found("token")
