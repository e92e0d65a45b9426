"""Three daemons on one share, in any order of their reads and writes, stopped and killed anywhere: one works."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from tukscal.core.watch.lease import DaemonLease, LeaseTiming, Role

PACE = LeaseTiming()
WHO = st.integers(0, 2)
SECONDS = st.sampled_from([0.0, 0.5, 1.0, 2.9, 3.0, 5.0, 20.0, 42.0, 46.0, 120.0])


class World:
    """What the daemons share: the file and, for the sake of the test, the clock."""

    def __init__(self) -> None:
        self.data: bytes | None = None
        self.now = 0.0


class Killed(BaseException):
    """The end of a daemon in the midst of what it does."""


class Puppet(DaemonLease):
    """A daemon that stops after each read and around each write until it is told to go on."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(Path("no-such-folder"), ticks=lambda: world.now, host=name)
        self.idle = True  # between two steps
        self._world = world
        self._killed = False
        self._go, self._halted = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def go(self) -> None:
        """Let it run to its next halt."""
        self._go.release()
        assert self._halted.acquire(timeout=10)
        assert self._thread.is_alive() or self._killed

    def finish(self) -> None:
        """Let it run to the end of its step."""
        while not self.idle:
            self.go()

    def kill(self) -> None:
        """End it where it stands."""
        self._killed = True
        self._go.release()
        self._thread.join()

    def _live(self) -> None:
        try:
            self._go.acquire()
            while not self._killed:
                self.idle = False
                self.step()
                self.idle = True
                self._halt()
        except Killed:
            pass
        finally:
            self._halted.release()

    def _halt(self) -> None:
        self._halted.release()
        self._go.acquire()
        if self._killed:
            raise Killed

    def _read(self) -> bytes | None:
        data = self._world.data
        if not self.idle:
            self._halt()
        return data

    def _put(self, data: bytes | None) -> None:
        self._world.data = data
        if not self.idle:
            self._halt()


class Machine(RuleBasedStateMachine):
    """The share, and when who was last allowed to write."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.made = 0
        self.daemons = [self.new() for _ in range(3)]
        self.last: tuple[Puppet, float] | None = None

    def new(self) -> Puppet:
        """Start a daemon."""
        self.made += 1
        return Puppet(self.world, f"host {self.made}")

    def look(self) -> None:
        """Let every daemon that is between two steps ask whether it may write, and check the answers."""
        may = [one for one in self.daemons if one.idle and one.still_mine()]
        assert len(may) <= 1
        if may and self.last is not None and may[0] is not self.last[0]:
            assert self.world.now - self.last[1] >= PACE.settle
        if may:
            self.last = (may[0], self.world.now)

    @rule(who=WHO)
    def go(self, who: int) -> None:
        """One runs to its next halt."""
        self.daemons[who].go()
        self.look()

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        """Time passes; whoever stands halted is stopped for so long."""
        self.look()
        self.world.now += seconds
        self.look()

    @rule(who=st.sets(WHO, min_size=1), rounds=st.integers(1, 12))
    def run(self, who: set[int], rounds: int) -> None:
        """Some run, a step a second."""
        for _ in range(rounds):
            for number in sorted(who):
                self.daemons[number].go()
                self.daemons[number].finish()
            self.look()
            self.world.now += 1
            self.look()

    @rule(who=WHO)
    def kill(self, who: int) -> None:
        """One dies where it stands, and another is started."""
        self.daemons[who].kill()
        self.daemons[who] = self.new()

    @rule(who=WHO)
    def leave(self, who: int) -> None:
        """One ends as told, and another is started."""
        self.daemons[who].finish()
        self.daemons[who].release()
        self.kill(who)
        self.look()

    @rule(data=st.sampled_from([None, b"", b"junk"]))
    def damage(self, data: bytes | None) -> None:
        """Somebody deletes the file or writes nonsense into it."""
        self.world.data = data
        self.look()

    @rule(who=st.sets(WHO, min_size=1))
    def recover(self, who: set[int]) -> None:
        """Those that run find an owner among them within 60 s, whatever the others did before they stopped."""
        began = self.world.now
        while not any(self.daemons[number].role is Role.OWNER for number in who if self.daemons[number].idle):
            assert self.world.now - began <= 60
            self.run(who, 1)

    def teardown(self) -> None:
        """End the threads."""
        for one in self.daemons:
            one.kill()


TestLease = pytest.mark.slow(Machine.TestCase)
TestLease.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
