"""The pages for students: uploading a PDF, the link to come back by, and what they are made of."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from .. import problems
from ..access import secrets
from ..access.rates import network
from ..http.answers import page
from ..http.auth import The, address_of, check_origin, known, required, sign_in
from ..store.model import Rule
from .account import recovery_link

router = APIRouter(include_in_schema=False)


_RECOVERIES = 300  # a minute and address: a campus shares one
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_STATIC = {
    item.name: item.read_bytes()
    for item in (files(__package__.rpartition(".")[0]) / "static").iterdir()
    if item.name.rpartition(".")[2] in _TYPES
}


@router.head("/")
@router.get("/")
async def start(request: Request, the: The) -> Response:
    """Show where a PDF is uploaded."""
    principal = await known(request)
    return page("start.html", known=principal is not None, most=the.settings.sizes.pdf // 2**20)


@router.post("/recovery")
async def show_link(request: Request, the: The) -> Response:
    """Make a new link to come back by and show it, to be printed."""
    return page("recovery.html", url=await recovery_link(the, await required(request)))


@router.get("/recover/{link}")
async def ask(link: str) -> Response:
    """Ask whether to sign in: programs that look at every link shall not sign anybody in."""
    return page("recover.html", link=link if secrets.SECRET.fullmatch(link) else "")


@router.post("/recover/{link}")
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


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Return a file of the pages."""
    if name not in _STATIC:
        raise problems.not_found("file")
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(_STATIC[name], headers=headers, media_type=_TYPES[name.rpartition(".")[2]])


@router.get("/favicon.ico")
async def icon() -> Response:
    """Return the icon browsers ask for by themselves."""
    return RedirectResponse("/static/icon.svg", 301)
