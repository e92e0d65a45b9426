"""The signed cookie that names a session: HttpOnly, SameSite=Lax, Secure and `__Host-` where the service has https.

The row in the store decides; the signature only keeps invented cookies away from it. TUKSCAL_KEY may hold several
secrets: the first signs, all are believed.
"""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from ..access import secrets
from ..settings import Settings

_NAME = "tukscal"
_SALT = "session"


def name(settings: Settings) -> str:
    """Return the cookie's name."""
    return f"__Host-{_NAME}" if settings.https else _NAME


def read(request: Request, settings: Settings) -> str | None:
    """Return the secret of the session a request names, None for none or one we did not sign."""
    cookie = request.cookies.get(name(settings))
    if cookie is None:
        return None
    try:
        secret = _serializer(settings).loads(cookie)
    except BadSignature:
        return None
    return secret if isinstance(secret, str) and secrets.SECRET.fullmatch(secret) else None


def write(response: Response, settings: Settings, secret: str, age: float) -> None:
    """Give a browser its session for so many seconds."""
    value = str(_serializer(settings).dumps(secret))
    response.set_cookie(
        name(settings), value, max_age=int(age), path="/", secure=settings.https, httponly=True, samesite="lax"
    )


def remove(response: Response, settings: Settings) -> None:
    """Take the session from a browser."""
    response.delete_cookie(name(settings), path="/", secure=settings.https, httponly=True, samesite="lax")


def _serializer(settings: Settings) -> URLSafeSerializer:
    keys = [key.strip() for key in settings.key.split(",") if key.strip()]
    return URLSafeSerializer(keys[::-1], salt=_SALT)  # theirs is the last that signs
