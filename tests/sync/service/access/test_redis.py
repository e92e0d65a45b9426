"""Counters in a real Redis: shared by replicas, and no reason to turn anybody away when it is gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from tukscal.core.errors import InputOutput
from tukscal.sync.service.access.rates import Limiter
from tukscal.sync.service.settings import RateSettings
from tukscal.sync.service.store.model import Rule
from tukscal.tests.sync.service.serving import Served, serving, settings
from tukscal.tests.waiting import LATEST, until

SERVER = shutil.which("redis-server")
RULE = Rule(name="shared", amount=5, seconds=60)


@dataclass
class Redis:
    """A Redis of the test's own, which keeps nothing."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What `rates.storage` says."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert SERVER is not None
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([SERVER, *options], cwd=self.folder, stdout=subprocess.DEVNULL)
        until(self._answers, "Redis")

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(LATEST)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1.0) as there:
                there.sendall(b"PING\r\n")
                return there.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """Yield a running Redis; skips the test where there is none, but fails it in CI."""
    if SERVER is None:
        if os.environ.get("CI"):
            pytest.fail("Redis is not installed: apt-get install redis-server")
        pytest.skip("there is no Redis here")
    with socket.create_server(("127.0.0.1", 0)) as free:
        made = Redis(port=free.getsockname()[1], folder=tmp_path)
    made.start()
    yield made
    made.stop()


def asked(here: Served) -> int:
    """Return how a replica answers somebody who asks for its first page."""
    return httpx.get(here.url).status_code


def test_replicas_count_together(redis: Redis, tmp_path: Path) -> None:
    """Of an address two replicas together let through what is allowed, and each tells how much memory that takes."""
    rates = replace(RateSettings(lists_minute=0), storage=redis.address, address_minute=10)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = (replace(settings(tmp_path / name, workers=1), rates=rates) for name in "ab")
    with serving(one) as here, serving(two) as there:
        answers = [asked(replica) for _ in range(10) for replica in (here, there)]
        assert (answers.count(200), answers.count(429)) == (10, 10)
        figures = httpx.get(f"{here.url}/metrics").text
    told = next(line for line in figures.splitlines() if line.startswith("tukscal_limit_store_bytes"))
    assert float(told.split()[1]) > 500_000


def test_without_it_nobody_is_turned_away(redis: Redis, tmp_path: Path) -> None:
    """While Redis is gone requests are answered, and not late; when it is back they are counted again."""
    rates = replace(RateSettings(lists_minute=0), storage=redis.address, address_minute=3)
    with serving(replace(settings(tmp_path, workers=1), rates=rates)) as here:
        assert asked(here) == 200
        redis.stop()
        stopped = time.monotonic()
        assert [asked(here) for _ in range(10)] == [200] * 10
        # Asked once, then left alone for a second: once again for each second that a busy machine takes for this.
        assert 1 <= here.service.limiter.faults <= 1 + time.monotonic() - stopped
        redis.start()
        until(lambda: asked(here) == 429, "counting")


def test_the_headers_are_the_same(redis: Redis) -> None:
    """What is said about a limit is the same wherever it is counted."""

    async def standings(storage: str) -> list[tuple[bool, int]]:
        limiter = Limiter(storage)
        async with limiter.swept():
            found = [await limiter.hit(RULE, "somebody") for _ in range(7)]
        return [(one.allowed, one.remaining) for one in found if one is not None]

    expected = [(True, 4), (True, 3), (True, 2), (True, 1), (True, 0), (False, 0), (False, 0)]
    assert asyncio.run(standings("memory://")) == expected
    assert asyncio.run(standings(redis.address)) == expected


@pytest.mark.parametrize("storage", ["nonsense", "ftp://localhost", "memory"])
def test_an_address_that_is_none_is_named(storage: str) -> None:
    """A place for counters that cannot be one is refused in words when the service starts."""
    with pytest.raises(InputOutput, match="counters cannot be kept at"):
        Limiter(storage)
