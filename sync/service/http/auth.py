"""Who is asking: a token, or a browser's session; and whether that is allowed what it asks for.

A cookie goes along with requests that other sites start, so a write with one must come from our own pages: browsers say
so in Sec-Fetch-Site or Origin, and what says neither is no browser and has no business with a cookie.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from fastapi.security import HTTPBearer
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from .. import problems
from ..access import secrets
from ..access.rates import ACCOUNT, LOGIN, network, within
from ..access.secrets import OWN_SCOPES, Scope
from ..context import Context
from ..problems import HttpProblem
from ..settings import Settings
from ..store.model import Account, AccountKind, BrowserSession, Newcomer, Rule

_COOKIE = "tukscal"
_SALT = "session"


def cookie_name(settings: Settings) -> str:
    """Return the cookie's name."""
    return f"__Host-{_COOKIE}" if settings.https else _COOKIE


def read_cookie(request: Request, settings: Settings) -> str | None:
    """Return the secret of the session a request names, None for none or one we did not sign."""
    cookie = request.cookies.get(cookie_name(settings))
    if cookie is None:
        return None
    try:
        secret = _serializer(settings).loads(cookie)
    except BadSignature:
        return None
    return secret if isinstance(secret, str) and secrets.SECRET.fullmatch(secret) else None


def write_cookie(response: Response, settings: Settings, secret: str, age: float) -> None:
    """Give a browser its session for so many seconds."""
    value = str(_serializer(settings).dumps(secret))
    response.set_cookie(
        cookie_name(settings), value, max_age=int(age), path="/", secure=settings.https, httponly=True, samesite="lax"
    )


def remove_cookie(response: Response, settings: Settings) -> None:
    """Take the session from a browser."""
    response.delete_cookie(cookie_name(settings), path="/", secure=settings.https, httponly=True, samesite="lax")


def _serializer(settings: Settings) -> URLSafeSerializer:
    keys = [key.strip() for key in settings.key.split(",") if key.strip()]
    return URLSafeSerializer(keys[::-1], salt=_SALT)  # theirs is the last that signs


def context_of(request: Request) -> Context:
    """Return the service a request is for."""
    context: Context = request.app.state.context
    return context


The = Annotated[Context, Depends(context_of)]
Limit = Annotated[int, Query(ge=1, le=1000)]
"""How many rows a page has at most."""


def address_of(request: Request) -> str:
    """Return the address a request comes from, empty if that is no network's."""
    return request.client.host if request.client else ""


async def limited(rule: Rule, account: str, the: Context, detail: str) -> Mapping[str, str]:
    """Count a request of an account and return the headers of its answer.

    Raises HttpProblem 429; too many of these block the account.
    """
    try:
        return await the.limiter.check(rule, account, detail)
    except HttpProblem:
        the.metrics.refused(rule.name)
        await the.blocks.refused(account)
        raise


async def limited_write(account: Account, the: Context) -> None:
    """Count a student's write, which may cost much more than it takes to send; faculties push as much as they have.

    Raises HttpProblem 429.
    """
    if account.kind is AccountKind.STUDENT:
        rule = Rule(name="writes", amount=the.settings.rates.writes_minute, seconds=60)
        await limited(rule, account.id, the, "This account changes things too often.")


_SAFE = ("GET", "HEAD", "OPTIONS")
_BEARER = "bearer "
_VISIT = 3600.0  # seconds between two visits that are written down
_DOCUMENTED = HTTPBearer(auto_error=False, description="A token made by an admin.")  # for the OpenAPI document


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An account that asks, what it may do, and by which session or token."""

    account: Account
    scopes: tuple[str, ...]
    session: bytes | None = None
    token: str | None = None

    def may(self, scope: str) -> bool:
        """Tell whether something is allowed."""
        return scope in self.scopes


async def known(request: Request) -> Principal | None:
    """Return who is asking, None for nobody we know.

    Raises HttpProblem 401 for a token that is not valid, 403 for a write that another site began.
    """
    service = context_of(request)
    header = request.headers.get("authorization")
    if header is not None:
        return _not_blocked(await _by_token(service, header), service)
    secret = read_cookie(request, service.settings)
    if secret is None:
        return None
    principal = await _by_session(service, secrets.hashed(secret))
    if principal is not None:
        check_origin(request, service)
        _not_blocked(principal, service)
        if principal.account.kind is AccountKind.ADMIN:
            check_address(request, service)  # a cookie that was stolen is of no use elsewhere
    return principal


async def required(request: Request) -> Principal:
    """Return who is asking. Raises HttpProblem 401 for nobody."""
    principal = await known(request)
    if principal is None:
        raise problems.unauthorized()
    return principal


def scoped(scope: str) -> Callable[..., Awaitable[Principal]]:
    """Return a dependency for who is asking, if that may do something; HttpProblem 401 or 403 otherwise."""

    async def allowed(request: Request, documented: Annotated[object, Depends(_DOCUMENTED)]) -> Principal:
        principal = await required(request)
        if not principal.may(scope):
            raise problems.forbidden(f"This needs the scope {scope}.", advice="Ask an admin for a token with it.")
        return principal

    return allowed


Known = Annotated[Principal, Depends(required)]
Admin = Annotated[Principal, Depends(scoped(Scope.ADMIN))]


def newcomer(request: Request, response: Response) -> Newcomer:
    """Return a student whom nobody knows yet, to be stored with what is sent; the response gets the cookie."""
    service = context_of(request)
    check_origin(request, service, silent=True)  # a page of another site would put its account in the place of theirs
    now = service.clock.now()
    account = Account(id=secrets.new_id(), kind=AccountKind.STUDENT, created=now, seen=now)
    secret, session = new_session(service, account)
    write_cookie(response, service.settings, secret, service.settings.sessions.student)
    return Newcomer(account=account, session=session)


async def sign_in(service: Context, account: Account, response: Response) -> None:
    """Give an account another session, whose cookie the response gets."""
    secret, session = new_session(service, account)
    await service.store.sessions.add(session)
    write_cookie(response, service.settings, secret, _age(service, account))


def new_session(service: Context, account: Account) -> tuple[str, BrowserSession]:
    """Return the secret of a new session, and the session."""
    secret, now = secrets.new_secret(), service.clock.now()
    expires = now + _age(service, account)
    return secret, BrowserSession(
        hash=secrets.hashed(secret), account=account.id, created=now, seen=now, expires=expires
    )


def check_origin(request: Request, service: Context, *, silent: bool = False) -> None:
    """Refuse a write that another site's page began, or nobody says who unless `silent`. Raises HttpProblem 403."""
    if request.method in _SAFE:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:  # decides alone: Origin is "null" where no referrer is to be told
        fine = site in ("same-origin", "none")
    elif origin is not None:
        fine = origin in (_own(request), service.settings.public_url.rstrip("/"))
    else:
        fine = silent
    if not fine:
        raise _foreign()


def check_address(request: Request, service: Context) -> None:
    """Refuse an admin from where none is allowed to log in. Raises HttpProblem 403."""
    if not within(address_of(request), service.settings.sessions.admin_addresses):
        raise problems.forbidden("Admins are not let in from here.")


def _not_blocked(principal: Principal, service: Context) -> Principal:
    """Return who is asking. Raises HttpProblem 403 for an account that is blocked."""
    wait = service.blocks.wait(f"{ACCOUNT}:{principal.account.id}")
    if wait:
        problem = problems.HttpProblem(403, "blocked", "This account is blocked.", headers={"Retry-After": str(wait)})
        raise problem
    return principal


def _own(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _foreign() -> problems.HttpProblem:
    advice = "Open the page of the service itself, or use a token."
    return problems.forbidden("This request was begun by a page of somebody else.", advice=advice)


async def _by_token(service: Context, header: str) -> Principal:
    if not header.lower().startswith(_BEARER):
        raise problems.unauthorized("Only Bearer tokens are known here.")
    secret, now = header[len(_BEARER) :].strip(), service.clock.now()
    found = await service.store.tokens.get(secrets.hashed(secret), now)
    if found is None:
        raise problems.unauthorized("The token is not valid, has expired or was revoked.")
    token, account = found
    service.tallies.token(token.id, now)
    return Principal(account=account, scopes=token.scopes, token=token.id)


async def _by_session(service: Context, hashed: bytes) -> Principal | None:
    now = service.clock.now()
    found = await service.store.sessions.get(hashed, now)
    if found is None:
        return None
    session, account = found
    if now - session.seen >= _VISIT:
        # An admin's session ends when its time is over, a student's when nobody came for so long.
        expires = session.expires if account.kind is AccountKind.ADMIN else now + _age(service, account)
        await service.store.sessions.touch(hashed, now, expires)
    return _of(account, session=hashed)


def _of(account: Account, *, session: bytes) -> Principal:
    allowed = tuple(Scope) if account.kind is AccountKind.ADMIN else OWN_SCOPES
    return Principal(account=account, scopes=allowed, session=session)


def _age(service: Context, account: Account) -> float:
    ages = service.settings.sessions
    return ages.admin if account.kind is AccountKind.ADMIN else ages.student


@dataclass(slots=True)
class LoginAttempt:
    """What became of an attempt."""

    succeeded: bool = False


_AT_ONCE = 2  # of one network; each takes a core for a while, and counts when it has failed
_AT_ONCE_ALL = 8
_UNDER_WAY: Counter[str] = Counter()


@contextlib.asynccontextmanager
async def attempt(request: Request, the: Context) -> AsyncIterator[LoginAttempt]:
    """Hold an attempt, whose outcome is to be set. Raises HttpProblem 429 for an address that is blocked."""
    address = address_of(request)
    wait = the.blocks.wait_at(LOGIN, address)
    if wait:
        raise problems.too_many("blocked", "Too many attempts failed from your address.", wait)
    who = network(address)
    if _UNDER_WAY[who] >= _AT_ONCE or _UNDER_WAY.total() >= _AT_ONCE_ALL:
        raise problems.too_many("rate_limited", "Too many attempts at the same time.", 2)
    tried = LoginAttempt()
    _UNDER_WAY[who] += 1
    try:
        yield tried
    finally:
        _UNDER_WAY[who] -= 1
        if not _UNDER_WAY[who]:
            del _UNDER_WAY[who]
    if not tried.succeeded:
        await the.blocks.failed_login(address)
