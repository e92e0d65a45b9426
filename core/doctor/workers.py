"""The processes that convert: do they start, and are their time and memory really limited."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from ..errors import Crashed, OutOfMemory, TimedOut
from ..pool import CannotStart, Executor, Guards, Pool
from ..system import process
from . import calls
from .values import Check, bad, note, ok

Pools = Callable[[Guards], AbstractContextManager[Executor]]

_PATIENT = Guards(timeout=10.0)
_LIMIT = 0.3  # seconds a call that hangs may take
_HANG = 3.0  # seconds it takes if nobody ends it
_LATE = 1.0  # seconds after its limit by which it should be gone
_MEMORY = 128 * 2**20  # bytes; real ones are larger, taking those would be felt
_TOO_MUCH = _MEMORY * 3 // 2
_HOLD = 1.0  # seconds a call holds too much memory, for a parent that looks now and then
_KERNEL, _PARENT = "refused at once by the system", "found and ended by the parent's watch"
_UNSAFE = "Convert only PDFs you trust here, and please report this with what `tukscal doctor --json` prints."


def pool(guards: Guards) -> Pool:
    """Return a pool of one worker that finds these calls loaded."""
    return Pool(1, guards, preload=(calls.__name__,))


def processes(pools: Pools = pool) -> Iterator[Check]:
    """Yield whether a worker starts and answers and, if it does, whether its limits hold."""
    try:
        yield _start(pools)
    except Crashed as error:
        advice = (
            "Look for a security program or a container's limit that forbids new processes, and start the computer"
            " again. If that does not help, install tukscal anew."
        )
        found = error.message if isinstance(error, CannotStart) else f"The converting process died: {error.message}"
        yield bad("worker", found, advice)
    else:
        yield _time_limit(pools)
        yield _memory_limit(pools)


def _start(pools: Pools) -> Check:
    began = time.monotonic()
    with pools(_PATIENT) as executor:
        answer = executor.call(calls.answer, 42)
        took = time.monotonic() - began
    if answer != 42:
        return bad("worker", f"The converting process answers {answer!r} where 42 is right.", Crashed.default_advice)
    return ok("worker", f"A converting process starts and answers in {took * 1000:,.0f} ms ({process.START_METHOD}).")


def _time_limit(pools: Pools) -> Check:
    with pools(Guards(timeout=_LIMIT)) as executor:
        executor.start(None, calls.hang, _HANG)
        (ended,) = executor.wait()
    if not isinstance(ended.error, TimedOut):
        return bad("time limit", f"A call that hangs was not ended at its limit of {_LIMIT} seconds.", _UNSAFE)
    found = f"A call that hangs, with a limit of {_LIMIT} seconds, was ended after {ended.duration:.2f}."
    if ended.duration > _LIMIT + _LATE:
        return note("time limit", found, "Close other programs: on a computer this busy limits are kept late.")
    return ok("time limit", found)


def _memory_limit(pools: Pools) -> Check:
    with pools(Guards(timeout=_PATIENT.timeout, memory=_MEMORY)) as executor:
        how = _KERNEL if executor.call(calls.refused, 2 * _MEMORY) else _PARENT
        executor.start(None, calls.take, _TOO_MUCH, _HOLD)
        (ended,) = executor.wait()
    allowed = _MEMORY // 2**20
    if isinstance(ended.error, OutOfMemory):
        return ok("memory limit", f"A call that takes more than its {allowed} MiB of memory is {how}.")
    return bad(
        "memory limit", f"A call took {_TOO_MUCH // 2**20} MiB of memory, though {allowed} were allowed.", _UNSAFE
    )
