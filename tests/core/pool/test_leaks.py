"""A parent grows by nothing, whatever its workers die of."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest
from tukscal.core.pool import Guards, Pool
from tukscal.core.system import process
from tukscal.tests.core import guarded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc")

MIB = 2**20
MEMORY = 200 * MIB
CALLS = 1000 if os.environ.get("TUKSCAL_SOAK") else 200
WAYS: list[tuple[Any, ...]] = [
    (guarded.want, MEMORY),
    (guarded.vanish, 0),
    (guarded.segfault,),
    (guarded.die_by, signal.SIGKILL),
    (guarded.big, 2 * MIB),
    (guarded.send_then_hang, b"\xff" * 8),
    (guarded.log_lines, "tukscal.quiet", 5, Path("/nowhere")),
]
CAUSES = ["memory", "crash", "crash", "crash", None, "crash", "crash"]


def descriptors() -> int:
    """Count what this process has open."""
    return len(os.listdir("/proc/self/fd"))


def causes_of(pool: Pool, calls: int) -> Counter[str | None]:
    """Make calls of all ways in turn, keep nothing, and count how they ended."""
    causes, number = Counter[str | None](), 0
    while number < calls or pool.running:
        while number < calls and pool.free:
            pool.start(number, *WAYS[number % len(WAYS)])
            number += 1
        causes.update(outcome.error.cause if outcome.error else None for outcome in pool.wait())
    return causes


@pytest.mark.slow
@pytest.mark.parametrize(("method", "calls"), [("forkserver", CALLS), ("spawn", 14)])
def test_a_parent_stays_as_it_is(method: str, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of calls that eat memory or die cost the parent under 20 MiB, no descriptor, no zombie, no process."""
    monkeypatch.setattr(process, "START_METHOD", method)
    with Pool(2, Guards(timeout=60, memory=MEMORY)) as pool:
        causes_of(pool, len(WAYS))
        gc.collect()
        size = psutil.Process().memory_info().rss
        causes = causes_of(pool, calls)
        gc.collect()
        assert psutil.Process().memory_info().rss - size < 20 * MIB
        pool.close()
        before, helpers = descriptors(), {child.pid for child in psutil.Process().children()}
        causes_of(pool, len(WAYS))
    assert causes == Counter(CAUSES[n % len(WAYS)] for n in range(calls))
    assert descriptors() == before
    left = [child for child in psutil.Process().children() if child.pid not in helpers]
    assert left == []
    assert all(child.status() != psutil.STATUS_ZOMBIE for child in psutil.Process().children())
