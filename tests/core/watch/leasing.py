"""A daemon's part in a share as a process of its own, told what to do a line at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tukscal.core.watch.lease import DaemonLease


class Remote:
    """Such a process; the clock is that of the test."""

    def __init__(self, folder: Path, host: str = "") -> None:
        command = [sys.executable, "-c", f"from {__name__} import obey; obey()", str(folder), host]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, now: float, word: str) -> None:
        """Tell it to do something, which it does as soon as it runs."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{now} {word}\n")
        self.process.stdin.flush()

    def reply(self) -> str:
        """Return its answer."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, now: float, word: str) -> str:
        """Tell it to do something and return its answer."""
        self.send(now, word)
        return self.reply()

    def end(self) -> None:
        """Kill it and close what is open."""
        self.process.kill()
        with self.process:
            pass


def obey() -> None:
    """Do as the lines of standard input say: "NOW step", "NOW mine"."""
    now = 0.0
    lease = DaemonLease(Path(sys.argv[1]), ticks=lambda: now, host=sys.argv[2])
    for line in sys.stdin:
        moment, word = line.split()
        now = float(moment)
        print(lease.step() if word == "step" else lease.still_mine(), flush=True)
