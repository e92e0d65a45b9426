"""What the daemon did, an event a line: JSON for machines, words on a terminal; it never stops the daemon.

The habit: `log("job_done", file=name, events=12)`. The event is a word to search for, the fields say the rest.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TextIO

from ...errors import NotWritable

Scalar = str | int | float | bool | None | Path

_MOST = 2000  # characters of one field


class Level(StrEnum):
    """How much somebody should care."""

    INFO = "info"
    WARNING = "warning"  # look at it some time
    ERROR = "error"  # does not get well by itself


class Sink(Protocol):
    """Where lines go."""

    def write(self, line: str) -> None:
        """Take a line without its end. Raises OSError if it is lost."""

    def close(self) -> None:
        """Give back what is open."""


Form = Callable[[float, Level, str, Mapping[str, Scalar]], str]


class Log:
    """The daemon's log; lines that cannot be written are counted and told of when it goes on."""

    def __init__(self, sink: Sink, *, form: Form | None = None, clock: Callable[[], float] = time.time) -> None:
        self._sink = sink
        self._form = form or as_json
        self._clock = clock
        self._alone = threading.RLock()
        self.lost = 0

    def __call__(self, event: str, *, level: Level = Level.INFO, **fields: Scalar) -> None:
        """Write down that something happened; threads may."""
        with self._alone:
            self._note(event, level, fields)

    def _note(self, event: str, level: Level, fields: Mapping[str, Scalar]) -> None:
        if self.lost and self._write(Level.WARNING, "log_lost", {"lines": self.lost}):
            self.lost = 0
        if not self._write(level, event, fields):
            self.lost += 1

    def close(self) -> None:
        """Close the file; a line after that opens it again."""
        with contextlib.suppress(OSError, ValueError):
            self._sink.close()

    def _write(self, level: Level, event: str, fields: Mapping[str, Scalar]) -> bool:
        try:
            self._sink.write(self._form(self._clock(), level, event, fields))
        except (OSError, ValueError):  # a stream that was closed raises the latter
            return False
        return True


def open_log(file: Path | None, stream: TextIO, *, clock: Callable[[], float] = time.time) -> Log:
    """Return the log in a file, or else on a stream: words if that is a terminal. Raises NotWritable."""
    if file is not None:
        rotating = Rotating(file)
        rotating.try_out()
        return Log(rotating, clock=clock)
    return Log(Stream(stream), form=as_words if stream.isatty() else as_json, clock=clock)


def as_json(when: float, level: Level, event: str, fields: Mapping[str, Scalar]) -> str:
    """Return an event as one JSON object: time (UTC), level, event, then the fields."""
    named = {f"{name}_" if name in ("time", "level", "event") else name: value for name, value in fields.items()}
    head = {"time": _utc(when), "level": level.value, "event": event}
    return json.dumps(head | {name: _plain(value) for name, value in named.items()})


def as_words(when: float, level: Level, event: str, fields: Mapping[str, Scalar]) -> str:
    """Return an event as a person reads it: the local time of day, what happened, the fields in brackets."""
    mark = "" if level is Level.INFO else f"{level.upper()}: "
    rest = ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in fields.items() if value is not None)
    return f"{_time_of_day(when)}  {mark}{event.replace('_', ' ')}" + (f" ({rest})" if rest else "")


def escaped(text: str) -> str:
    """Return text on one line that commands no terminal: what is unfit is written as a number, so names stay apart."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _plain(value: Scalar) -> str | int | float | bool | None:
    if isinstance(value, float):  # JSON knows neither infinity nor a thousand decimals
        return round(value, 3) if abs(value) < 1e15 else str(value)
    if not isinstance(value, str | Path):
        return value
    text = escaped(str(value))
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


def _utc(when: float) -> str:
    try:
        return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):  # a clock set to no year there is
        return "unknown"


def _time_of_day(when: float) -> str:
    try:
        return datetime.fromtimestamp(when).strftime("%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "--:--:--"


class Stream:
    """Lines on a stream that is somebody else's."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        """Take a line. Raises OSError."""
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave the stream open: it is not ours."""


class Rotating:
    """Lines in a file of at most `size` bytes; full, it becomes FILE.1, that FILE.2, and so on to `count`."""

    def __init__(self, path: Path, *, size: int = 10_000_000, count: int = 5) -> None:
        self._path = path
        self._size = size
        self._count = count
        self._file: int | None = None
        self._torn = False  # the last line has no end

    def try_out(self) -> None:
        """Open the file, so that a name mistyped is known before anything is to be told. Raises NotWritable."""
        try:
            self._open()
        except OSError as error:
            message = f"The log {self._path} cannot be written: {error.strerror}."
            raise NotWritable(message, advice="Choose another place with --log.", file=str(self._path)) from None

    def write(self, line: str) -> None:
        """Take a line. Raises OSError, and begins anew with the next."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        try:
            self._put(data, self._opened(len(data)))
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)

    def _put(self, data: bytes, file: int) -> None:
        whole = b"\n" + data if self._torn else data
        written = os.write(file, whole)
        self._torn = 0 < written - len(whole) + len(data) < len(data) or (self._torn and not written)
        if written < len(whole):
            raise OSError(f"{self._path} took {written} of {len(whole)} bytes")

    def _opened(self, more: int) -> int:
        """Return the file with room for `more` bytes, opened again if somebody moved it away."""
        if self._file is not None and not self._is_there(self._file):
            self.close()
            self._torn = False
        file = self._open() if self._file is None else self._file
        if 0 < os.fstat(file).st_size > self._size - more:
            self.close()
            self._turn()
            file = self._open()
        return file

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._file = os.open(self._path, flags | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0), 0o640)
        return self._file

    def _is_there(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), os.stat(self._path))
        except OSError:
            return False

    def _turn(self) -> None:
        names = [self._path, *(self._path.with_name(f"{self._path.name}.{n}") for n in range(1, self._count + 1))]
        for old, new in zip(names[-2::-1], names[:0:-1], strict=True):
            if old.exists():
                os.replace(old, new)
        self._torn = False
