"""The real `tukscal watch`, started and listened to; import as `tukscal.tests.cli.watch.watching`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tukscal.tests.core.watch.watching import pdf
from tukscal.tests.running import TUKSCAL, clean_environment
from tukscal.tests.waiting import eventually

PATIENCE = 60.0  # seconds that a busy machine may take for what takes one


class Command:
    """A daemon in a process of its own, with its log in a file."""

    def __init__(self, folder: Path, *options: str | Path, name: str = "", stdin: bytes = b"") -> None:
        self.source, self.out, self.state = folder / "in", folder / "out", folder / f"state{name}"
        self.source.mkdir(exist_ok=True)
        self.log = folder / f"log{name}.jsonl"
        self.environment = {**clean_environment(folder), "TUKSCAL_STATE_DIR": str(self.state)}
        given = ("--settle", "0.5", "--year", "2026", "--workers", "1", "--log", self.log)
        line = [TUKSCAL, "watch", self.source, "-o", self.out, *given, *options]
        typed = folder / f"typed{name}"
        typed.write_bytes(stdin)
        with typed.open("rb") as file:
            self.process = subprocess.Popen(
                [str(word) for word in line], cwd=folder, env=self.environment, stdin=file,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
        typed.unlink()

    def drop(self, name: str, data: bytes | None = None) -> Path:
        """Put a file into the folder as one should: written elsewhere, renamed into place."""
        part = self.source / f"{name}.part"
        part.write_bytes(pdf() if data is None else data)
        return part.rename(self.source / name)

    def lines(self, event: str = "") -> list[dict[str, Any]]:
        """Return the log's lines of an event."""
        text = self.log.read_text("utf-8") if self.log.exists() else ""
        lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [line for line in lines if event in ("", line["event"])]

    def told(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many lines of an event are there, and return them."""
        found = eventually(lambda: len(self.lines(event)) >= count, PATIENCE)
        assert found, f"{event}: {self.lines()}"
        return self.lines(event)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal, wait, and return the exit code and what was said on standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors.decode()

    def tree(self) -> dict[str, bytes]:
        """Return the files in OUT that are for people."""
        paths = [path for path in self.out.rglob("*") if path.is_file() and not path.name.startswith(".")]
        return {path.relative_to(self.out).as_posix(): path.read_bytes() for path in paths}


@contextmanager
def running(folder: Path, *options: str | Path, **more: Any) -> Iterator[Command]:
    """Give the real daemon once it works, and end it, whatever happens."""
    command = Command(folder, *options, **more)
    try:
        command.told("works")
        yield command
    finally:
        if command.process.poll() is None:
            os.kill(command.process.pid, signal.SIGKILL)
        command.process.communicate()
