"""The service's log: a JSON object a line, with the request's id, and without anything secret.

Secrets are kept out where lines are made; what a library writes about a request is looked through once more here.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is served."""
FIELDS = "fields"
"""What a line may carry besides its words: `extra={FIELDS: {...}}`."""

_MOST = 4000  # characters of one text
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
    return text[:_MOST]


class JsonLines(logging.Formatter):
    """A record as one JSON object: time (UTC), level, event, then the request and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": scrubbed(record.getMessage()),
        }
        if request := getattr(record, "request", "") or REQUEST.get():
            line["request_id"] = request
        fields = getattr(record, FIELDS, None)
        if isinstance(fields, Mapping):
            line.update({str(name): _plain(value) for name, value in fields.items()})
        if record.exc_info:
            line["error"] = scrubbed(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Send what this process logs to standard error, or another stream, in JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # one form for all
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"  # its lines hold paths, and paths may hold secrets


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


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | bool) or value is None else scrubbed(str(value))
