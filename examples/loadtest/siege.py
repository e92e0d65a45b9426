"""Hostile clients by the thousand, while somebody else asks for a page: does anybody notice?

    python -m tukscal.examples.loadtest.siege

Idle connections, heads and bodies that never end, endless chunks, a form of 100,000 parts and gzip bombs, all at once,
against a service of its own. Exit code 1 if another person's p99 is over a second, an answer of theirs is missing, or
the service and its workers take more memory than they may.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tukscal.core.system import process
from tukscal.examples.loadtest.http import Person, Reply
from tukscal.examples.loadtest.service import OwnService

_ME = "tukscal.examples.loadtest.siege"
_MIB = 2**20
_FILES = 500
_EVERY = 0.1  # seconds between two questions of the person who does nothing wrong
_PARTS = 100_000
Attack = Callable[["Siege"], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How many of each, and for how long; times in seconds."""

    idle: int = 5_000
    slow: int = 200
    """Of each kind of client that sends nearly nothing and never ends."""
    heavy: int = 10
    """Of each kind of client that sends as much as it can."""
    seconds: float = 45.0


@dataclass(slots=True)
class Told:
    """What came of it; times in seconds."""

    answers: dict[str, int] = field(default_factory=dict)
    """What hostile clients were told: status -> how many; 0 is a closed connection."""
    others: int = 0
    """Requests of the person who does nothing wrong."""
    missing: int = 0
    p50: float = 0.0
    p99: float = 0.0
    longest: float = 0.0
    peak_mib: float = 0.0


async def slow_head(_siege: Siege) -> AsyncIterator[bytes]:
    """Send a header a second, for ever."""
    yield b"GET / HTTP/1.1\r\nHost: x\r\n"
    while True:
        await asyncio.sleep(1)
        yield b"X-More: x\r\n"


async def slow_body(_siege: Siege) -> AsyncIterator[bytes]:
    """Promise a PDF and send a byte a second."""
    yield b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/pdf\r\nContent-Length: 9000000\r\n\r\n%PDF-"
    while True:
        await asyncio.sleep(1)
        yield b"x"


async def endless_chunks(_siege: Siege) -> AsyncIterator[bytes]:
    """Send chunks without end, as fast as they are taken."""
    yield b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/pdf\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"10000\r\n" + b"x" * 0x10000 + b"\r\n"


async def many_parts(siege: Siege) -> AsyncIterator[bytes]:
    """Send a form of very many parts."""
    yield _whole(siege.form, "multipart/form-data; boundary=b")


async def bomb(siege: Siege) -> AsyncIterator[bytes]:
    """Send a little gzip that is a gigabyte."""
    yield _whole(siege.packed, "application/pdf", b"Content-Encoding: gzip\r\n")


SLOW: tuple[Attack, ...] = (slow_head, slow_body)
HEAVY: tuple[Attack, ...] = (endless_chunks, many_parts, bomb)


class Siege:
    """One run."""

    def __init__(self, asked: Asked, service: OwnService) -> None:
        self._asked = asked
        self._service = service
        self._answers: Counter[str] = Counter()
        self.form = b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\ny\r\n" * _PARTS + b"--b--\r\n"
        self.packed = gzip.compress(bytes(_MIB)) * 1_024

    async def run(self) -> Told:
        """Let all of them at the service for a while, and return what came of it."""
        kinds = [attack for attack in SLOW for _ in range(self._asked.slow)]
        kinds += [attack for attack in HEAVY for _ in range(self._asked.heavy)]
        tasks = [asyncio.create_task(self._attack(kind)) for kind in kinds]
        tasks += [asyncio.create_task(self._idle()) for _ in range(self._asked.idle)]
        # In a process of its own: the answers' times are not to be those of this one.
        arguments = [
            "-m",
            "tukscal.examples.loadtest.siege",
            "--person",
            str(self._service.port),
            "--seconds",
            str(self._asked.seconds),
        ]
        person = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
        said, _ = await person.communicate()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.1)  # for what was aborted to end
        return Told(answers=dict(sorted(self._answers.items())), **json.loads(said))

    async def _idle(self) -> None:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._service.port)
            try:
                await reader.read()
            finally:
                writer.transport.abort()

    async def _attack(self, kind: Attack) -> None:
        """Attack, again and again; note what the service answers each time."""
        while True:
            self._answers[await self._once(kind)] += 1
            await asyncio.sleep(1)

    async def _once(self, kind: Attack) -> str:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._service.port)
        except OSError:
            return "refused"
        answering = asyncio.ensure_future(reader.read(64))
        sending = asyncio.ensure_future(self._send(kind, writer))
        try:
            head = await answering
            return head.split(b" ")[1].decode("latin-1") if head.startswith(b"HTTP/") else "0"
        except OSError:
            return "0"
        finally:
            answering.cancel()
            sending.cancel()
            writer.transport.abort()

    async def _send(self, kind: Attack, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            async for piece in kind(self):
                writer.write(piece)
                await writer.drain()


async def ask(port: int, seconds: float) -> dict[str, float]:
    """Ask for the first page again and again, as somebody who does nothing wrong; return how that went."""
    person, replies, latest = Person("127.0.0.1", port), list[Reply](), time.monotonic() + seconds
    while time.monotonic() < latest:
        replies.append(await person.get("/"))
        await asyncio.sleep(_EVERY)
    times = sorted(reply.seconds for reply in replies)
    return {
        "others": len(times),
        "missing": sum(reply.status != 200 for reply in replies),
        "p50": round(times[len(times) // 2], 3),
        "p99": round(times[max(0, round(len(times) * 0.99) - 1)], 3),
        "longest": round(times[-1], 3),
    }


def _whole(body: bytes, kind: str, more: bytes = b"") -> bytes:
    head = f"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + more + b"\r\n" + body


def siege(asked: Asked, folder: Path) -> Told:
    """Start a service in a folder, besiege it, and return what came of it."""
    process.allow_files(asked.idle + len(SLOW) * asked.slow + len(HEAVY) * asked.heavy + _FILES)
    service = OwnService(folder, workers=1)
    service.start()
    ended = threading.Event()
    weighing = threading.Thread(target=service.weigh, args=(ended,))
    weighing.start()
    try:
        told = asyncio.run(Siege(asked, service).run())
    finally:
        ended.set()
        weighing.join()
        service.stop()
    told.peak_mib = round(service.peak / _MIB, 1)
    return told


def main() -> int:
    """Run as the command line says, print JSON, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idle", type=int, default=5_000)
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--memory", type=float, default=300.0, help="MiB the service and its workers may take")
    parser.add_argument("--heavy", type=int, default=10)
    parser.add_argument("--person", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.person is not None:
        print(json.dumps(asyncio.run(ask(given.person, given.seconds))))
        return 0
    asked = Asked(idle=given.idle, slow=given.slow, heavy=given.heavy, seconds=given.seconds)
    with tempfile.TemporaryDirectory() as folder:
        told = siege(asked, Path(folder))
    print(json.dumps(asdict(told), indent=1))
    return 0 if told.p99 < 1 and not told.missing and told.peak_mib <= given.memory else 1


if __name__ == "__main__":
    sys.exit(main())
