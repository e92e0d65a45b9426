"""A thousand uploads at one moment, and with --kill a kill -9 in their middle: is every one converted in the end?

    python -m tukscal.examples.loadtest.burst --accounts 1000 --kill

Starts a service of its own. Every account uploads at the same moment, does what Retry-After says where the queue is
full, and asks until its calendar is there. Exit code 1 if one of them never gets it, or memory goes over the bound.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tukscal.core.system import process
from tukscal.examples.loadtest.http import Person, Reply
from tukscal.examples.loadtest.service import OwnService

_PDF = "application/pdf"
_FOLDER = Path(__file__).parents[1] / "timetables"
_NAMES = ("lectures", "tests", "exams")
_ACCEPTED, _FULL = 202, 503
_MIB = 2**20
_FILES = 500  # open files beside a connection each


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is tried; `kill` is the share of jobs that are done when the service is killed, None for never."""

    accounts: int
    latest: float
    kill: float | None = None
    poll: float = 2.0


@dataclass(slots=True)
class Told:
    """What came of it; times in seconds."""

    accounts: int = 0
    first_answers: dict[str, int] = field(default_factory=dict)
    """Status of the first answer -> how many; 0 is none."""
    first_p50: float = 0.0
    first_p95: float = 0.0
    first_longest: float = 0.0
    retries: int = 0
    lost_answers: int = 0
    """Requests without an answer: the service was dead then."""
    converted: int = 0
    failed: int = 0
    wait_p50: float = 0.0
    """From the moment of the uploads to the calendar."""
    wait_p95: float = 0.0
    wait_longest: float = 0.0
    killed_after: float | None = None
    peak_mib: float = 0.0
    seconds: float = 0.0


class Burst:
    """One run."""

    def __init__(self, asked: Asked, service: OwnService) -> None:
        self._asked = asked
        self._service = service
        self._pdfs = [(_FOLDER / f"{name}.pdf").read_bytes() for name in _NAMES]
        self._begun = 0.0
        self._waits: list[float] = []
        self._first: list[Reply] = []
        self.told = Told(accounts=asked.accounts)

    async def run(self) -> Told:
        """Upload, wait, and return what came of it."""
        self._begun = time.monotonic()
        students = [asyncio.create_task(self._student(number)) for number in range(self._asked.accounts)]
        killing = asyncio.create_task(self._kill()) if self._asked.kill is not None else None
        await asyncio.wait(students, timeout=self._asked.latest)
        for task in (*students, *((killing,) if killing else ())):
            task.cancel()
        for ended in await asyncio.gather(*students, *((killing,) if killing else ()), return_exceptions=True):
            if isinstance(ended, Exception):  # a fault of this program would otherwise look like a loss
                raise ended
        await asyncio.sleep(0.1)  # for connections that were aborted to end
        return self._summed()

    async def _student(self, number: int) -> None:
        person = Person("127.0.0.1", self._service.port)
        job = await self._upload(person, self._pdfs[number % len(self._pdfs)])
        while True:
            await asyncio.sleep(self._asked.poll * random.uniform(0.5, 1.0))  # noqa: S311 - spreads requests
            reply = await person.get(f"/v1/jobs/{job}")
            self.told.lost_answers += reply.status == 0
            if reply.status == 200 and (state := reply.json["state"]) in ("done", "failed", "dead"):
                self.told.converted += state == "done"
                self.told.failed += state != "done"
                self._waits.append(time.monotonic() - self._begun)
                return

    async def _upload(self, person: Person, pdf: bytes) -> str:
        """Upload until it is taken and return the job's id; an upload whose answer was lost is sent again."""
        reply = await person.post("/v1/jobs", pdf, _PDF)
        self._first.append(reply)
        while reply.status != _ACCEPTED:
            self.told.retries += 1
            self.told.lost_answers += reply.status == 0
            await asyncio.sleep(float(reply.headers.get("retry-after", "0.5")))
            reply = await person.post("/v1/jobs", pdf, _PDF)
        return str(reply.json["id"])

    async def _kill(self) -> None:
        """Kill the service in the middle of its work, and start it again."""
        while self.told.converted < self._asked.accounts * (self._asked.kill or 0):
            await asyncio.sleep(0.02)
        self.told.killed_after = time.monotonic() - self._begun
        await asyncio.to_thread(self._service.kill)
        await asyncio.to_thread(self._service.start)

    def _summed(self) -> Told:
        told = self.told
        told.seconds = time.monotonic() - self._begun
        told.first_answers = {str(status): n for status, n in Counter(one.status for one in self._first).items()}
        firsts = sorted(one.seconds for one in self._first)
        told.first_p50, told.first_p95, told.first_longest = (_share(firsts, share) for share in (0.5, 0.95, 1.0))
        waits = sorted(self._waits)
        told.wait_p50, told.wait_p95, told.wait_longest = (_share(waits, share) for share in (0.5, 0.95, 1.0))
        return told


def burst(asked: Asked, folder: Path, workers: int, settings: dict[str, str]) -> Told:
    """Start a service in a folder, run a burst against it, and return what came of it."""
    process.allow_files(asked.accounts + _FILES)
    service = OwnService(folder, workers, settings)
    service.start()
    ended = threading.Event()
    weighing = threading.Thread(target=service.weigh, args=(ended,))
    weighing.start()
    try:
        told = asyncio.run(Burst(asked, service).run())
    finally:
        ended.set()
        weighing.join()
        service.stop()
    told.peak_mib = service.peak / _MIB
    return told


def main() -> int:
    """Run as the command line says, print JSON, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--starts", type=float, default=10.0, help="conversions begun a second; 0 for no limit")
    parser.add_argument("--kill", action="store_true", help="kill -9 when a third is done, then start again")
    parser.add_argument("--latest", type=float, default=600.0, help="seconds for all of it")
    parser.add_argument("--memory", type=float, default=512.0, help="MiB the service and its workers may take")
    given = parser.parse_args()
    asked = Asked(accounts=given.accounts, latest=given.latest, kill=1 / 3 if given.kill else None)
    with tempfile.TemporaryDirectory() as folder:
        told = burst(asked, Path(folder), given.workers, {"TUKSCAL_JOBS_STARTS": str(given.starts)})
    print(json.dumps(asdict(told), indent=1))
    return 0 if told.converted == given.accounts and told.peak_mib <= given.memory else 1


def _share(ordered: list[float], share: float) -> float:
    return round(ordered[max(0, round(len(ordered) * share) - 1)], 3) if ordered else 0.0


if __name__ == "__main__":
    sys.exit(main())
