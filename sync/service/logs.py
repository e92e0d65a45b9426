"""What the service's log has of its own: the request's id, and nothing secret.

Secrets are kept out where lines are made; what a library writes about a request is looked through once more here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TextIO

from ...core.system.jsonlog import FIELDS, Json, StreamLog

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is served."""
_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',;]+"), r"\1 …"),
    (re.compile(r"(?i)/(feeds|recover)/[^\s/?\"']+"), r"/\1/…"),
    (re.compile(r"(?i)\b(cookie|authorization|x-api-key|password|token|secret)(\"?\s*[:=]\s*\"?)[^\s\"]+"), r"\1\2…"),
    (re.compile(r"(?<![a-z0-9])[a-z2-7]{26}(?![a-z0-9])"), "…"),  # our own secrets, wherever they stand
)


def scrubbed(text: str) -> str:
    """Return a text without secrets."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Send what this process logs to standard error, or another stream, in JSON lines."""
    handler = StreamLog(stream)
    handler.setFormatter(Json(scrubbed))
    handler.addFilter(_of_request)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # one form for all
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"  # its lines hold paths, and paths may hold secrets


def _of_request(record: logging.LogRecord) -> bool:
    """Write the request's id into a record's fields."""
    if request := REQUEST.get():
        setattr(record, FIELDS, {"request_id": request, **getattr(record, FIELDS, {})})
    return True


def tell_sentry(dsn: str, release: str) -> None:
    """Send faults to a Sentry server, without anything about people. Raises ImportError without the extra."""
    import sentry_sdk  # an extra of its own

    sentry_sdk.init(
        dsn=dsn,
        release=release,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        traces_sample_rate=None,
        before_send=without_secrets,
        before_breadcrumb=lambda *_: None,
    )


def without_secrets(event: Event, _hint: Hint) -> Event:
    """Return a Sentry event of which nothing is left but the fault: no request, no person, no secret."""
    kept: Any = {
        name: value for name, value in event.items() if name not in ("request", "user", "breadcrumbs", "extra")
    }
    cleaned: Event = _scrub(kept)
    return cleaned


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, Mapping):
        return {name: _scrub(one) for name, one in value.items()}
    return [_scrub(one) for one in value] if isinstance(value, list) else value
