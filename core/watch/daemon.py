"""The daemon: look, take what stands still, convert, tell; for months, whatever happens around it.

One loop in one thread. Whatever fails outside - the share, the disk, the ledger - makes it degraded: it says so, waits
and tries again by itself. Everything that must not be lost stands in the ledger, or is found by looking again.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from ... import __version__
from ..backoff import Backoff, Pause
from ..errors import InputOutput, NotWritable, TukscalError, own_fault
from ..jobs.commit import Finished, TakenOver
from ..ledger import Ledger, State
from ..pool import CannotStart, Executor, Guards
from .intake import Intake, WatchContext
from .lease import DaemonLease, Role
from .reporters import Counters, Reporters, state_of, status_of
from .request import WatchRequest
from .scan import OutputFolder
from .session import WatchSession
from .status import DaemonState, DaemonStatus

_BACKOFF = Backoff(first=5.0, most=60.0)


class Trouble:
    """One reason at a time."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._pause = Pause(ticks, _BACKOFF)
        self._ended = float("-inf")
        self.reason = ""
        """Why it does not work, as a sentence; empty if it does."""

    @property
    def waits(self) -> bool:
        """Whether it is too early to try again."""
        return bool(self.reason) and self._pause.left > 0

    def begin(self, reason: str) -> bool:
        """Note what is wrong, and wait; return whether that is news. While it waits already, nothing is."""
        if self.waits:
            return False
        if not self.reason and self._ticks() >= self._ended + _BACKOFF.most:
            self._pause.reset()
        news = reason != self.reason
        self.reason = reason
        self._pause.begin()
        return news

    def end(self) -> None:
        """Note that all is well; what comes back at once is waited for longer."""
        self.reason = ""
        self._ended = self._ticks()


_STEP = 0.5  # seconds, at most, between two turns of the loop: no signal waits longer
_GLANCE = 0.1
_HOLD = 1.0  # seconds between two looks at the lease
_PUBLISH = 1.0
_HOUSE = 3600.0  # seconds between two times old records are deleted
_ONCE = 75.0  # seconds that --once waits for a file to stand still, or for another daemon that may be dead
_FAULTS = 20  # of our own, after which somebody else shall start us anew


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonResources:
    """What the daemon works with, to be opened by it and opened again."""

    ledger: Callable[[], Ledger]
    pool: Callable[[WatchRequest], Executor]
    again: Callable[[], WatchRequest | None]
    """Reads the configuration again; None, and said why, if that is wrong."""


class Daemon:
    """One folder that is watched. Close it after use."""

    def __init__(
        self,
        request: WatchRequest,
        resources: DaemonResources,
        reporters: Reporters,
        lease: DaemonLease,
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open what is needed. Raises InputOutput or NotWritable."""
        self._resources = resources
        self._reporters = reporters
        self._lease = lease
        self._ticks = ticks
        self._wake = Event()
        self._counters = Counters()
        self._trouble = Trouble(ticks)
        self._role = Role.STANDBY
        self._began = ticks()
        self._held = self._published = float("-inf")
        self._house = self._began + _HOUSE
        self._asked_to_stop = self._stops = 0
        self._ending: float | None = None
        self._asked_to_reload = False
        self._next: WatchRequest | None = None
        self._anew = False  # whether to begin with everything to be looked at again
        self._faults = 0
        self._place = OutputFolder(request.output)
        self._ledger = self._open_ledger()
        self._pool = resources.pool(request)
        self._session = self._new_session(request, self._pool)

    def close(self) -> None:
        """End the workers and close the ledger."""
        self._session.monitor.close()
        self._pool.close()
        self._ledger.close()

    # ---- told from outside; a signal handler may, so nothing but notes is made

    def stop(self) -> None:
        """End after what is being converted; asked a second time, now."""
        self._asked_to_stop += 1

    def reload(self) -> None:
        """Read the configuration again, and go on with it when what is being converted has ended."""
        self._asked_to_reload = True

    # ---- the loop

    @property
    def failures(self) -> int:
        """How many PDFs have no calendar, and were given up since the start."""
        outcomes = self._counters.outcomes
        given_up = outcomes[State.DEAD.value] + outcomes[State.QUARANTINED.value]
        unseen = self._session.settling.waiting + len(self._session.unreadable) if self._request.once else 0
        return given_up + len(self._intake.quarantined) + len(self._intake.refused) + unseen

    def run(self) -> None:
        """Work until told to end, or with `once` until everything that was there has its outcome.

        Raises, with `once`, what keeps it from working.
        """
        self._reporters.log("started", source=self._request.source, output=self._request.output, version=__version__)
        self._reporters.notifier.ready("starting")
        try:
            while not self._over():
                self.step()
        finally:
            self._end()

    def step(self, patience: float = _STEP) -> None:
        """Do what can be done now, waiting at most so many seconds for something to happen."""
        self._reporters.notifier.alive()
        try:
            self._turn(patience)
        except CannotStart as error:  # the pool forgot its calls
            self._let_go()
            self._degrade(error)
        except TukscalError as error:
            self._degrade(error)
        except OSError as error:
            self._degrade(InputOutput(f"Something cannot be read or written: {error.strerror or error}."))
        except Exception as error:
            self._blunder(error)
        if self._ticks() >= self._published + _PUBLISH:
            self._publish()

    def _turn(self, patience: float) -> None:
        self._obey()
        self._intake.loop.paused = bool(self._trouble.reason or self._next) or self._role is Role.STANDBY
        if not self._holds() or self._trouble.waits:
            self._rest(patience)
            return
        if self._trouble.reason:
            self._recover()
        if self._ending is None:
            if self._anew or self._intake.orphaned:
                self._begin_anew(self._request)
            self._look()
            if self._intake.batch is None:  # it begins anew with the next look
                return
            self._session.take()
            self._session.forget()
            self._intake.tidy()
            if self._ticks() >= self._house:
                self._house = self._ticks() + _HOUSE
                self._ledger.retention.purge()
        self._work(patience)

    def _look(self, *, now: bool = False) -> None:
        files = self._session.look(now=now)
        if self._session.replaced:
            why = (
                "It is another folder, or on another disk, than it was: what was in that one is not taken for removed."
            )
            self._reporters.log("folder_replaced", level=logging.WARNING, file=self._request.source, reason=why)
            self._begin_anew(self._request)
            return
        if files is not None:
            self._counters.scanned(files)

    def _work(self, patience: float) -> None:
        waits = patience if self._ending is not None else self._session.due - self._ticks()
        self._tell(self._intake.loop.step(min(patience, max(0.01, waits))))
        results = self._intake.results
        if results.full is not None:
            results.full = None
            if (error := self._intake.writable()) is not None:  # else it is that one file's trouble
                raise error

    def _rest(self, patience: float) -> None:
        """Let what is being converted come to its end, or wait."""
        if self._intake.loop.running:
            self._tell(self._intake.loop.step(min(patience, _GLANCE)))
        elif self._ending is None:
            self._wake.wait(patience)
            self._wake.clear()

    def _tell(self, finished: list[Finished]) -> None:
        for one in finished:
            self._counters.count(one)
            self._reporters.ended(one)
            self._session.ended(one)
        if finished:
            self._intake.put_away()

    # ---- who works

    def _holds(self) -> bool:
        """Look after the lease and OUT; return whether this daemon is to work. Raises InputOutput if OUT is away."""
        if self._ticks() >= self._held + _HOLD:
            self._held = self._ticks()
            self._check_place()
            role = self._lease.step()
            if role is not self._role:
                self._change_role(role)
        return self._role is Role.OWNER

    def _breathe(self) -> None:
        """Stay the owner, and alive for the system, while a look takes long. Raises InputOutput."""
        self._reporters.notifier.alive()
        self._holds()

    def _check_place(self) -> None:
        """See whether OUT is there; when it comes back, what was in it need not be. Raises InputOutput."""
        try:
            if not self._place.renewed():
                return
            error: TukscalError = InputOutput(f"{self._request.output} was made anew or mounted again.")
        except TukscalError as away:
            error = away
        self._anew = True
        raise error

    def _change_role(self, role: Role) -> None:
        self._role = role
        if role is Role.OWNER:
            self._anew = self._intake.batch is not None  # the other one may have left jobs of files we know
            self._reporters.log("works", reason="no other daemon works on this share")
        else:
            self._reporters.log("stands_by", owner=self._lease.owner, reason=self._lease.fault or None)
            self._let_go()

    def _may(self) -> TukscalError | None:
        return None if self._lease.still_mine() else TakenOver("Another daemon works on this share now.")

    def _let_go(self) -> None:
        with contextlib.suppress(TukscalError):  # the loop tells the ledger later
            self._intake.loop.release()

    # ---- trouble, and its end

    def _degrade(self, error: TukscalError) -> None:
        """Say what is wrong, once, and wait longer each time; with `once` there is no waiting."""
        if self._request.once and self._ending is None:
            raise error
        if self._trouble.begin(error.message):
            self._reporters.log("degraded", level=logging.WARNING, reason=error.message)
            self._publish()

    def _blunder(self, error: Exception) -> None:
        """Go on after a fault of our own with everything to be looked at again, but not for ever."""
        fault = own_fault(error)
        self._reporters.log("fault", level=logging.ERROR, message=fault.message, kind=type(error).__name__)
        self._faults += 1
        if self._faults >= _FAULTS:
            raise error
        self._let_go()
        self._anew = True
        self._degrade(fault)

    def _recover(self) -> None:
        """Go on if what was wrong is not any more. Raises the error that still is."""
        self._mend_ledger()
        if self._anew:
            self._begin_anew(self._request)
        if (error := self._intake.writable()) is not None:
            raise error
        self._look(now=True)
        revived = self._intake.revive()
        self._trouble.end()
        self._intake.loop.paused = False
        self._reporters.log("recovered", revived=revived)

    def _mend_ledger(self) -> None:
        """Open the ledger again if it was removed, replaced or damaged. Raises InputOutput or NotWritable."""
        try:
            self._ledger.queue.release([])  # writes nothing, but wants to
        except TukscalError:
            ledger = self._open_ledger()
            self._let_go()
            self._ledger.close()
            self._ledger, self._anew = ledger, True

    def _open_ledger(self) -> Ledger:
        ledger = self._resources.ledger()
        if ledger.moved_aside:
            self._reporters.log("ledger_moved_aside", level=logging.WARNING, to=ledger.moved_aside)
        return ledger

    # ---- requests

    @property
    def _request(self) -> WatchRequest:
        return self._session.request

    @property
    def _intake(self) -> Intake:
        return self._session.intake

    def _obey(self) -> None:
        """Do what signals asked for."""
        if self._asked_to_stop > self._stops:
            self._stops = self._asked_to_stop
            grace = 0.0 if self._stops > 1 else self._request.grace
            self._ending = min(self._ending or float("inf"), self._ticks() + grace)
            self._intake.loop.stop(at_once=self._stops > 1)
            self._reporters.log("ending", seconds=grace)
        if self._asked_to_reload and self._ending is None:
            self._asked_to_reload = False
            self._next = self._resources.again() or self._next
        if self._next is not None and self._ending is None and not self._intake.loop.running:
            self._reporters.notifier.reloading()
            self._begin_anew(self._next)
            self._next = None
            self._reporters.log("reloaded")
            self._reporters.notifier.ready()

    def _begin_anew(self, request: WatchRequest) -> None:
        """Go on with a request as if just started. Raises InputOutput; then everything is as it was."""
        self._tell(self._intake.results.commit())
        same = _pool_of(request) == _pool_of(self._request)
        pool = self._pool if same else self._resources.pool(request)
        session = self._new_session(request, pool)
        self._let_go()
        self._session.monitor.close()
        if not same:
            self._pool.close()
        self._session, self._pool, self._anew = session, pool, False

    def _new_session(self, request: WatchRequest, pool: Executor) -> WatchSession:
        return WatchSession(
            WatchContext(
                request=request,
                ledger=self._ledger,
                pool=pool,
                reporters=self._reporters,
                may=self._may,
                ticks=self._ticks,
                wake=self._wake,
                breathe=self._breathe,
            )
        )

    # ---- the end

    def _over(self) -> bool:
        if self._ending is not None:
            return not self._intake.loop.running or self._ticks() >= self._ending
        return self._request.once and self._is_done()

    def _is_done(self) -> bool:
        """Tell whether everything that was there has its outcome. Raises NotWritable if somebody else is at it."""
        late = self._ticks() >= self._began + _ONCE
        if late and self._role is Role.STANDBY:
            raise NotWritable(f"{self._request.output} is being written by another daemon: {self._lease.owner}.")
        if not self._counters.looked or not (self._session.still or late):
            return False
        counts = self._ledger.history.counts(queue=self._intake.digests.queue)
        return not any(counts[state] for state in (State.QUEUED, State.RUNNING, State.FAILED))

    def _end(self) -> None:
        """Give everything back; what is not recorded is done by whoever comes next."""
        self._reporters.notifier.stopping()
        with contextlib.suppress(TukscalError):
            self._tell(self._intake.results.commit())
        self._let_go()
        with contextlib.suppress(TukscalError):
            if self._intake.batch is not None:
                self._ledger.history.end_batch(self._intake.batch, {"done": self._counters.outcomes[State.DONE.value]})
        self._session.monitor.close()
        self._lease.release()
        self._publish(ended=True)
        self._reporters.log("stopped")

    def _publish(self, *, ended: bool = False) -> None:
        """Tell everybody what it does."""
        self._published = self._ticks()
        self._reporters.publish(self._status(ended=ended))

    def _status(self, *, ended: bool) -> DaemonStatus:
        intake, monitor = self._intake, self._session.monitor
        if not self._trouble.reason:
            self._counters.ask(self._ledger, intake.digests.queue)
        reason = self._trouble.reason or self._lease.fault
        busy = bool(intake.loop.running or len(intake.results)) or not self._session.still
        state = state_of(self._counters, self._lease, reason, ending=self._ending is not None, busy=busy)
        return status_of(
            self._counters, self._request, self._lease, self._pool,
            state=DaemonState.STOPPED if ended else state, reason=reason, mode=monitor.mode, mode_reason=monitor.why,
            oldest=intake.oldest, running=len(intake.loop.running),
        )  # fmt: skip


def _pool_of(request: WatchRequest) -> tuple[int, Guards]:
    """Return what a pool for a request depends on."""
    return request.workers, request.batch.guards
