"""Ledgers with results to push, and drains that push them; import as `tukscal.tests.sync.pushing`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tukscal.core.ledger import Ledger, Outgoing
from tukscal.sync import wire
from tukscal.sync.client import Service
from tukscal.sync.credentials import Secret, ServiceLogin
from tukscal.sync.outbox import Drain, Pushed, Task
from tukscal.tests.clock import Clock
from tukscal.tests.core.ledger.ledgers import done, new_job
from tukscal.tests.sync.faulty import ACCOUNT, TOKEN

DEADLINE = 20.0  # seconds any request of a test may take


def login(address: str, token: str = TOKEN, account: str = ACCOUNT) -> ServiceLogin:
    """Return a login at a service."""
    return ServiceLogin(server=address, account=account, token=Secret(token))


def body(text: str) -> bytes:
    """Return a calendar of some size."""
    return f"BEGIN:VCALENDAR\r\nX-TEXT:{text}\r\n{'X-FILL:0123456789' * 60}\r\nEND:VCALENDAR\r\n".encode()


@dataclass
class Desk:
    """A folder of calendars with its ledger, as a batch leaves it; time passes when told to, or while nothing runs."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    account: str = ""
    content: Callable[[str], bytes] = body

    def __post_init__(self) -> None:
        self.out = self.folder / "out"
        self.out.mkdir(exist_ok=True)
        self.ledger = self.open()
        self.rests: list[float] = []

    def open(self) -> Ledger:
        """Open the ledger."""
        return Ledger.open(self.folder / "ledger.db", clock=self.clock.now, ticks=self.clock.ticks, patience=5)

    def restart(self) -> None:
        """Close the ledger and open it as a new process would."""
        self.ledger.close()
        self.ledger = self.open()

    def make(self, *texts: tuple[str, str]) -> None:
        """Make calendars, each NAME with a TEXT, as one group of results."""
        jobs = [new_job(output=self.out / f"{name}.ics", source=Path(f"/in/{name}.pdf"), sha256=text)
                for name, text in texts]  # fmt: skip
        self.ledger.queue.enqueue(self.ledger.history.begin("test"), jobs)
        contents = {self.out / f"{name}.ics": self.content(text) for name, text in texts}
        ends = []
        for job in self.ledger.queue.claim("queue", len(texts)):
            job.output.write_bytes(contents[job.output])
            sha256 = wire.content_sha256(contents[job.output])
            name = f"out/{job.output.stem}"
            ends.append(done(job, output_sha256=sha256, push=True, calendar=name, account=self.account))
        assert self.ledger.queue.record(ends) == []

    def drain(self, who: ServiceLogin, *, patience: float = 0.0, total: float = DEADLINE, **choices: Any) -> Pushed:
        """Push until nothing is due within `patience`."""
        return asyncio.run(self._drain(who, patience, total, choices))

    async def _drain(self, who: ServiceLogin, patience: float, total: float, choices: dict[str, Any]) -> Pushed:
        async with Service(who, total=total, clock=self.clock.now) as service:
            drain = Drain(self.ledger, service, who.owner, ticks=self.clock.ticks, rest=self.rest, **choices)
            drain.finish(patience)
            return await drain.run()

    async def rest(self, tasks: Collection[Task], seconds: float) -> None:
        """Wait for what is in flight; else let the time pass at once."""
        if tasks:
            await asyncio.wait(tasks, timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
        else:
            self.rests.append(seconds)
            self.clock.turn(seconds)

    def rows(self) -> list[Outgoing]:
        """Return what waits."""
        return self.ledger.outbox.pending(100_000)
