"""/v1/account: who one is, the link to come back by, and the end of it all; and the pages for students."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from .. import problems
from ..access import secrets
from ..access.rates import network
from ..context import Context
from ..http import auth
from ..http.answers import PROBLEMS, page
from ..http.auth import Known, Principal, The, address_of, check_origin, known, required, sign_in
from ..store.model import AccountKind, Rule
from . import AnswerBody

router = APIRouter(prefix="/v1/account", tags=["account"], responses=PROBLEMS)
pages = APIRouter(include_in_schema=False)


class Me(AnswerBody):
    """An account, and what one may do with it here."""

    id: str
    kind: str
    name: str
    scopes: list[str]
    premium: bool


class RecoveryLink(AnswerBody):
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


# ---- pages: where a PDF is uploaded, the link to come back by, and the files they are made of


_RECOVERIES = 300  # a minute and address: a campus shares one
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_STATIC = {
    item.name: item.read_bytes()
    for item in (files(__package__.rpartition(".")[0]) / "static").iterdir()
    if item.name.rpartition(".")[2] in _TYPES
}


@pages.head("/")
@pages.get("/")
async def start(request: Request, the: The) -> Response:
    """Show where a PDF is uploaded."""
    principal = await known(request)
    return page("start.html", known=principal is not None, most=the.settings.sizes.pdf // 2**20)


@pages.post("/recovery")
async def show_link(request: Request, the: The) -> Response:
    """Make a new link to come back by and show it, to be printed."""
    return page("recovery.html", url=await recovery_link(the, await required(request)))


@pages.get("/recover/{link}")
async def ask(link: str) -> Response:
    """Ask whether to sign in: programs that look at every link shall not sign anybody in."""
    return page("recover.html", link=link if secrets.SECRET.fullmatch(link) else "")


@pages.post("/recover/{link}")
async def recover(request: Request, link: str, the: The) -> Response:
    """Sign a student in who has the link."""
    check_origin(request, the)
    # 128 random bits are not guessed: what is counted here only spares the store.
    rule = Rule(name="recovery", amount=_RECOVERIES, seconds=60)
    await the.limiter.check(rule, network(address_of(request)), "Too many links are tried from here.")
    account = await the.store.accounts.recovered(secrets.hashed(link)) if secrets.SECRET.fullmatch(link) else None
    if account is None:
        return page("recover.html", 404, link="")
    answer = RedirectResponse("/", 303)
    await sign_in(the, account, answer)
    return answer


@pages.get("/static/{name}")
async def static(name: str) -> Response:
    """Return a file of the pages."""
    if name not in _STATIC:
        raise problems.not_found("file")
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(_STATIC[name], headers=headers, media_type=_TYPES[name.rpartition(".")[2]])


@pages.get("/favicon.ico")
async def icon() -> Response:
    """Return the icon browsers ask for by themselves."""
    return RedirectResponse("/static/icon.svg", 301)
