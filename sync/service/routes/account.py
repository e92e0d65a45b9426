"""/v1/account: who one is, the link to come back by, and the end of it all."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from .. import problems
from ..access import secrets
from ..context import Context
from ..http import auth
from ..http.answers import PROBLEMS
from ..http.auth import Known, Principal, The
from ..store.model import AccountKind

router = APIRouter(prefix="/v1/account", tags=["account"], responses=PROBLEMS)


class Me(BaseModel):
    """An account, and what one may do with it here."""

    id: str
    kind: str
    name: str
    scopes: list[str]
    premium: bool


class RecoveryLink(BaseModel):
    """The link to come back by, which is shown this once; an older one is worthless."""

    url: str


@router.get("", response_model=Me)
async def me(known: Known) -> Me:
    """Tell who one is."""
    account = known.account
    return Me(id=account.id, kind=account.kind, name=account.name, scopes=list(known.scopes), premium=account.premium)


@router.delete("", status_code=204)
async def delete_account(known: Known, the: The, response: Response) -> None:
    """Remove a student's account with its calendars, feeds and PDFs."""
    _student(known)
    await the.store.accounts.remove(known.account.id)
    auth.remove_cookie(response, the.settings)


@router.post("/recovery", status_code=201, response_model=RecoveryLink)
async def new_recovery_link(known: Known, the: The, response: Response) -> RecoveryLink:
    """Make a link to come back by; an older one is worthless from now on."""
    response.headers["Cache-Control"] = "no-store"
    return RecoveryLink(url=await recovery_link(the, known))


@router.post("/logout", status_code=204)
async def log_out(request: Request, known: Known, the: The, response: Response) -> None:
    """End the session of this browser."""
    if known.session is None:
        raise problems.bad_request("A token has no session to end.")
    await the.store.sessions.remove(known.session)
    auth.remove_cookie(response, the.settings)


@router.post("/logout-everywhere", status_code=204)
async def log_out_everywhere(known: Known, the: The, response: Response) -> None:
    """End all sessions of the account."""
    if known.session is None:
        raise problems.bad_request("A token has no session to end.")
    await the.store.sessions.remove_all(known.account.id)
    auth.remove_cookie(response, the.settings)


async def recovery_link(the: Context, known: Principal) -> str:
    """Return a student's new link to come back by. Raises HttpProblem 403 for others."""
    _student(known)
    secret = secrets.new_secret()
    await the.store.accounts.set_recovery(known.account.id, secrets.hashed(secret))
    return f"{the.settings.public_url.rstrip('/')}/recover/{secret}"


def _student(known: Principal) -> None:
    if known.account.kind is not AccountKind.STUDENT or known.session is None:
        raise problems.forbidden("Only a student in the browser can do this.")
