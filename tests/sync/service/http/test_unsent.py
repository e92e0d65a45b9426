"""Answers a client takes slowly, with a transport and a loop of the test's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from tukscal.sync.service.http.connections import Guarded, guarded
from tukscal.sync.service.settings import IntakeSettings
from uvicorn.protocols.http.h11_impl import H11Protocol

RULES = IntakeSettings(send=30.0, rate=1_000, unsent=100_000)


class Wire:
    """A transport with so many bytes in it, and the loop's timers."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        self.aborted = False
        self.due: list[Callable[[], None]] = []

    def get_write_buffer_size(self) -> int:
        """Return how many bytes nobody took."""
        return self.waiting

    def abort(self) -> None:
        """End it."""
        self.aborted, self.waiting = True, 0

    def call_later(self, seconds: float, function: Callable[[], None]) -> Wire:
        """Remember what is to be done, and be its handle."""
        assert seconds == RULES.send
        self.due.append(function)
        return self

    def cancel(self) -> None:
        """Forget it."""
        self.due.clear()

    def after(self, seconds_of_taking: int) -> bool:
        """Let the client take so much in the time of an answer; return whether it is still there."""
        self.waiting = max(0, self.waiting - seconds_of_taking)
        due, self.due = self.due, []
        for function in due:
            function()
        return not self.aborted


def paused(kind: type[Guarded], waiting: int) -> tuple[Any, Wire]:
    """Return a connection with an answer that is not taken yet."""
    made: Any = kind.__new__(kind)
    wire = Wire(waiting)
    made.transport = made.loop = wire
    made._answer = None
    made._wait_for_taking()
    made.unsent.note(made, made._untaken)
    return made, wire


@pytest.mark.parametrize(("taken", "goes_on"), [(0, False), (29_999, False), (30_000, True), (90_000, True)])
def test_a_client_takes_so_much_in_a_while(taken: int, goes_on: bool) -> None:
    """An answer goes on while at least `rate` bytes a second are taken, however long the whole takes."""
    one, wire = paused(guarded(RULES), 500_000)
    for turn in range(1, 4):
        assert wire.after(taken) is goes_on
        if not goes_on:
            return
        assert one.unsent.total == 500_000 - turn * taken


def test_what_waits_is_counted_once() -> None:
    """The sum is that of the last counts of the connections there are; the one that waits longest is the first."""
    kind = guarded(RULES)
    (first, _), (second, _) = paused(kind, 1_000), paused(kind, 200)
    assert kind.unsent.total == 1_200
    kind.unsent.note(first, 50)
    assert (kind.unsent.total, kind.unsent.longest() is first) == (250, True)
    for _ in range(2):
        kind.unsent.forget(first)
    assert (kind.unsent.total, kind.unsent.longest() is second) == (200, True)
    assert guarded(RULES).unsent.total == 0


def test_uvicorn_still_calls_what_is_bounded_here() -> None:
    """Each method by which a connection is bounded is one of uvicorn's own, with the same parameters."""
    ours = {name for name, one in vars(Guarded).items() if inspect.isfunction(one) and not name.startswith("_")}
    assert {name: list(inspect.signature(vars(H11Protocol)[name]).parameters) for name in ours} == {
        "connection_made": ["self", "transport"], "data_received": ["self", "data"],
        "connection_lost": ["self", "exc"], "on_response_complete": ["self"], "pause_writing": ["self"],
        "resume_writing": ["self"],
    }  # fmt: skip
