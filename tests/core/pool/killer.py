"""A thread that kills processes at random moments."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading


class Killer:
    """Kills one of its `targets` now and then until it killed so many, or its block is left."""

    def __init__(self, kills: int, seed: int) -> None:
        self.targets: list[int] = []
        self.killed: set[int] = set()
        self._kills = kills
        self._random = random.Random(seed)  # noqa: S311 - moments, no secrets
        self._never = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @property
    def busy(self) -> bool:
        """Whether kills are still to come."""
        return self._thread.is_alive()

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._never.set()
        self._thread.join()

    def _run(self) -> None:
        while len(self.killed) < self._kills and not self._never.wait(self._random.random() * 0.03):
            for pid in self._random.sample(self.targets, min(1, len(self.targets))):
                self.killed.add(pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
