"""The log, one event per line: JSON for machines, words on a terminal; a line that cannot be written ends no process.

Usage: `log("job_done", file=name, events=12)`. The event is a word to search for, the fields say the rest.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from ..errors import NotWritable
from ..wording import visible

FIELDS = "fields"
"""What a record may carry besides its event: `extra={FIELDS: {...}}`."""

_OURS = ("time", "level", "logger", "event", "error")
_MOST = 4000  # characters of one text
_BUFFER = 1 << 20  # longer than any line, so that a line is one write


class Json(logging.Formatter):
    """A record as one JSON object: time (UTC), level, the logger if it has one, event, fields, the traceback."""

    def __init__(self, clean: Callable[[str], str] = str) -> None:
        super().__init__()
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {"time": _utc(record.created), "level": _level(record)}
        if record.name:
            line["logger"] = record.name
        line["event"] = _plain(record.getMessage(), self._clean)
        for name, value in _fields(record).items():
            line[f"{name}_" if name in _OURS else name] = _plain(value, self._clean)
        if record.exc_info:
            trace = self._clean(self.formatException(record.exc_info))
            line["error"] = _cut("\n".join(map(visible, trace.splitlines())))
        return json.dumps(line)


class Words(logging.Formatter):
    """A record for people: the local time of day, what happened, the fields in brackets."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment, event = _moment(record.created), record.getMessage()
        mark = f"{_level(record).upper()}: " if record.levelno >= logging.WARNING else ""
        said = _plain(event if record.name else event.replace("_", " "))
        known = {name.replace("_", " "): _plain(value) for name, value in _fields(record).items() if value is not None}
        rest = ", ".join(f"{name} {value}" for name, value in known.items())
        return (f"{moment:%H:%M:%S}" if moment else "--:--:--") + f"  {mark}{said}" + (f" ({rest})" if rest else "")


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    return getattr(record, FIELDS, {})


def _plain(value: object, clean: Callable[[str], str] = str) -> object:
    if isinstance(value, float):  # JSON knows neither infinity nor a thousand decimals
        return round(value, 3) if abs(value) < 1e15 else str(value)
    return value if value is None or isinstance(value, int) else _cut(visible(clean(str(value))))


def _level(record: logging.LogRecord) -> str:
    return logging.getLevelName(min(record.levelno, logging.ERROR)).lower()


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


def _utc(when: float) -> str:
    moment = _moment(when, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else "unknown"


def _moment(when: float, zone: tzinfo | None = None) -> datetime | None:
    try:
        return datetime.fromtimestamp(when, zone)
    except (ValueError, OverflowError, OSError):  # a clock set to no year there is
        return None


class Log(logging.Handler):
    """A handler that never raises: lines that cannot be written are counted, and the count is logged when writing works
    again.
    """

    lost = 0
    _failed = False

    def __call__(self, event: str, *, level: int = logging.INFO, **fields: object) -> None:
        """Log an event; thread-safe."""
        self.handle(_record(event, level, fields))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        if self.lost and self._written(_record("log_lost", logging.WARNING, {"lines": self.lost})):
            self.lost = 0
        self.lost += not self._written(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Count a lost record."""
        self._failed = True

    def close(self) -> None:
        """Close the file; a line after that opens it again."""
        with contextlib.suppress(OSError, ValueError):
            super().close()

    def _written(self, record: logging.LogRecord) -> bool:
        self._failed = False
        super().emit(record)
        return not self._failed


def _record(event: str, level: int, fields: Mapping[str, object]) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": event, "levelno": level, FIELDS: fields})


class StreamLog(Log, logging.StreamHandler[Any]):
    """Lines on standard error or another stream it does not own."""


class FileLog(Log, RotatingFileHandler):
    """Lines in a file of at most `size` bytes; full, it becomes FILE.1, that FILE.2, and so on to `count`."""

    def __init__(self, path: Path, *, size: int = 10_000_000, count: int = 5) -> None:
        super().__init__(path, maxBytes=size, backupCount=count)

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - logging's name
        """Tell whether the file is full; one that was moved away is created again."""
        if self.stream and not _is_at(self.baseFilename, self.stream.fileno()):
            self.close()
        return bool(super().shouldRollover(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Reopen the file with the next line."""
        super().handleError(record)
        self.close()

    def _open(self) -> io.TextIOWrapper:
        opener = partial(os.open, mode=0o640)
        stream = open(self.baseFilename, "a", _BUFFER, "ascii", newline="\n", opener=opener)  # noqa: SIM115 - stays open
        if _is_torn(self.baseFilename):
            stream.write("\n")  # goes out with the next line
        return stream


def _is_at(path: str, file: int) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except OSError:
        return False


def _is_torn(path: str) -> bool:
    """Tell whether a full disk or a crash left an incomplete line at the end."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
    return False


def open_log(file: Path | None) -> Log:
    """Return the log in a file, or else on standard error: words if that is a terminal. Raises NotWritable."""
    try:
        log = FileLog(file) if file else StreamLog()
    except OSError as error:
        message = f"The log {file} cannot be written: {error.strerror}."
        raise NotWritable(message, advice="Choose another place with --log.", file=str(file)) from None
    log.setFormatter(Json() if file or not sys.stderr.isatty() else Words())
    log.setLevel(logging.INFO)
    return log
