"""Any sequence of writes, removals, renames, lost looks and times: what stands still is handed over once."""

from __future__ import annotations

from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tukscal.core.system.files import Stamp
from tukscal.core.watch.scan import Scan
from tukscal.core.watch.stability import Look, Patience, Settled, Settling

PATHS = st.sampled_from(["/in/a", "/in/b", "/in/sub/c", "/in/sub/d"])
PATIENCE = Patience(settle=5.0, whole=20.0)


class Files(RuleBasedStateMachine):
    """A folder, and beside it what was handed over of each state a file was ever in."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.serial = count(1)
        self.there: dict[str, tuple[Stamp, bool]] = {}
        self.since: dict[str, float] = {}
        self.seen: dict[str, Stamp] = {}  # as far as looks told
        self.taken: dict[str, Stamp] = {}
        self.settling = Settling(lambda: self.now, PATIENCE, look=self.look)

    def look(self, path: str) -> Look:
        """Open a file; one that waits and is found gone is forgotten."""
        if path in self.there:
            return Look(*self.there[path])
        self.seen.pop(path, None)
        return Look(None)

    # ---- what others do

    @rule(path=PATHS, whole=st.booleans(), size=st.integers(0, 2), mtime=st.integers(-1, 1))
    def write(self, path: str, whole: bool, size: int, mtime: int) -> None:
        """Write a file: size and time may be what they were, the inode's own time is not."""
        inode = self.there[path][0].inode if path in self.there else next(self.serial)
        self.there[path] = Stamp(size, mtime, next(self.serial), inode), whole
        self.since[path] = self.now

    @rule(path=PATHS)
    def remove(self, path: str) -> None:
        """Remove a file."""
        self.there.pop(path, None)

    @rule(path=PATHS, to=PATHS)
    def rename(self, path: str, to: str) -> None:
        """Rename a file, over another one perhaps."""
        if path in self.there and path != to:
            stamp, whole = self.there.pop(path)
            self.there[to] = stamp._replace(ctime_ns=next(self.serial)), whole
            self.since[to] = self.now

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 4.5, 5.0, 10.0, 100.0]))
    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.now += seconds

    # ---- what the daemon does

    @rule(unseen=st.sampled_from([(), ("/in/sub",), ("/in/a",)]))
    def scan(self, unseen: tuple[str, ...]) -> None:
        """Look at everything, or at all but a part."""
        files = {path: stamp for path, (stamp, _) in self.there.items() if not path.startswith(unseen or ("-",))}
        hidden = {path for path in [*self.seen, *self.there] if path.startswith(unseen or ("-",))}
        self.learn(Scan(files=files, unseen=unseen), {"/in/a", "/in/b", "/in/sub/c", "/in/sub/d"} - hidden)

    @rule(asked=st.frozensets(PATHS))
    def look_at_some(self, asked: frozenset[str]) -> None:
        """Look at some files."""
        files = {path: stamp for path, (stamp, _) in self.there.items() if path in asked}
        self.learn(Scan(files=files, asked=asked), set(asked))

    @rule()
    def fail(self) -> None:
        """Find the folder away."""
        assert not any(self.settling.see(Scan(error="It is not mounted.")))

    def learn(self, scan: Scan, about: set[str]) -> None:
        """Take a look in, and compare the news with what was handed over."""
        news = self.settling.see(scan)
        assert set(news.changed) == {path for path in about & self.taken.keys() & self.there.keys() if self.old(path)}
        assert set(news.gone) == (about & self.taken.keys()) - self.there.keys()
        assert set(news.new) == (about & self.there.keys()) - self.seen.keys()
        for path in about:
            self.seen.pop(path, None)
            if path in self.there:
                self.seen[path] = self.there[path][0]
            if path not in self.there or self.old(path):
                self.taken.pop(path, None)

    def old(self, path: str) -> bool:
        """Tell whether a file is not as it was handed over any more."""
        return path in self.taken and self.taken[path] != self.there[path][0]

    @rule(most=st.integers(1, 4))
    def take(self, most: int) -> None:
        """Take what is handed over."""
        for settled in self.settling.ready(most):
            self.check(settled)

    def check(self, settled: Settled) -> None:
        """A file is as it is handed over, stood still for long enough, and was not handed over in this state before."""
        stamp, whole = self.there[settled.path]
        assert (settled.stamp, settled.whole) == (stamp, whole)
        assert self.now - self.since[settled.path] >= (PATIENCE.settle if whole else PATIENCE.whole)
        assert self.taken.get(settled.path) != stamp
        self.taken[settled.path] = stamp

    @rule()
    def rest(self) -> None:
        """When nobody does anything for long enough, every file has been handed over in the state it is in."""
        self.scan(())
        for _ in range(10):
            self.now += 6.0
            self.take(4)
        assert self.taken == {path: stamp for path, (stamp, _) in self.there.items()}
        assert (self.settling.waiting, self.settling.next_due) == (0, None)

    @invariant()
    def nothing_is_kept_of_what_is_not_there(self) -> None:
        """What is known of files is bounded by the files that are or were seen."""
        assert self.settling.waiting <= 4


Files.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestFiles = Files.TestCase
