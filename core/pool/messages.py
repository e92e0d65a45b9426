"""What travels between the parent and a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..errors import TukscalError


class Work(NamedTuple):
    """A module-level function and its arguments."""

    function: Callable[..., object]
    args: tuple[object, ...]
    kwargs: dict[str, object]


class Call(NamedTuple):
    """A pickled Work; its `number` comes back with the answer, `limit` is in seconds."""

    number: int
    limit: float
    work: bytes


class Ready(NamedTuple):
    """A worker has started and can be called."""


class Grown(NamedTuple):
    """A call's largest resident size so far, in bytes: a worker killed by its limit cannot say it any more."""

    peak: int
    number: int


class LogMessage(NamedTuple):
    """A line for the parent to log: the plain attributes of a log record."""

    record: dict[str, object]


class Answer(NamedTuple):
    """The end of a call: a value, or an error of ours; `peak` in bytes."""

    value: object
    error: TukscalError | None
    peak: int = 0
    number: int = 0
