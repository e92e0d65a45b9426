"""/v1/admin: logging in with a password from allowed addresses, and what admins see and change of accounts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from .. import problems
from ..access import secrets
from ..http import auth
from ..http.answers import PROBLEMS
from ..http.auth import Admin, Limit, The, attempt, check_address, check_origin, sign_in
from ..store.model import Account, AccountKind

router = APIRouter(prefix="/v1/admin", tags=["admin"], responses=PROBLEMS)


class Login(BaseModel):
    """An admin's name and password."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[str, Field(min_length=1, max_length=1000, repr=False)]


class AccountAnswer(BaseModel):
    """An account; times are unix seconds."""

    id: str
    kind: str
    name: str
    created: float
    seen: float
    premium: bool


class AccountPage(BaseModel):
    """Some accounts, ordered by id; `next` is what to ask `after` for the rest."""

    accounts: list[AccountAnswer]
    next: str | None


class Premium(BaseModel):
    """Whether an account's jobs go first."""

    model_config = ConfigDict(extra="forbid")

    premium: bool


@router.post("/login", status_code=204)
async def log_in(request: Request, login: Login, the: The, response: Response) -> None:
    """Begin an admin's session."""
    check_origin(request, the)
    check_address(request, the)
    async with attempt(request, the) as tried:
        account = await the.store.accounts.named(AccountKind.ADMIN, login.name)
        tried.succeeded = await secrets.is_right(account, login.password)
    if account is None or not tried.succeeded:
        raise problems.unauthorized("The name or the password is wrong.", advice="Check both.")
    await sign_in(the, account, response)


@router.post("/logout", status_code=204)
async def log_out(admin: Admin, the: The, response: Response) -> None:
    """End an admin's session."""
    if admin.session is not None:
        await the.store.sessions.remove(admin.session)
    auth.remove_cookie(response, the.settings)


@router.get("/accounts", response_model=AccountPage)
async def list_accounts(admin: Admin, the: The, after: str = "", limit: Limit = 100) -> AccountPage:
    """List accounts."""
    page = await the.store.accounts.page(after, limit)
    rest = page[-1].id if len(page) == limit else None
    return AccountPage(accounts=[_described(account) for account in page], next=rest)


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


def _described(account: Account) -> AccountAnswer:
    return AccountAnswer(
        id=account.id, kind=account.kind, name=account.name, created=account.created, seen=account.seen,
        premium=account.premium,
    )  # fmt: skip
