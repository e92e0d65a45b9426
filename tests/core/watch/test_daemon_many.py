"""Thousands of files: each has one outcome, memory stays flat, and no turn takes long."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from tukscal.core.jobs.task import Made, convert_task
from tukscal.core.ledger import State
from tukscal.core.system.files import read_stamped, sha256
from tukscal.core.watch.monitor import Rhythm
from tukscal.core.watch.notes import Fate
from tukscal.tests.core.watch.watching import CONVERT, Watched, pdf, watched

pytestmark = pytest.mark.slow

MANY = 10_000
COMING = 100_000 if os.environ.get("TUKSCAL_SOAK") else 4_000


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Let a conversion cost nothing, and count how often each file's is made."""
    counts: Counter[str] = Counter()
    made = _made()

    def convert(task: Any) -> Made:
        counts[task.source.name] += 1
        return made(task)

    monkeypatch.setattr(CONVERT, convert)
    # Nothing is flushed to the disk, which is not what is tested here.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return counts


def _made() -> Callable[[Any], Made]:
    """Return a conversion that reads the file and gives the same calendar for each."""
    cached: list[Made] = []

    def convert(task: Any) -> Made:
        data, stamp = read_stamped(task.source, task.opening.limits.bytes)
        if not cached:
            cached.append(convert_task(task))
        return replace(cached[0], sha256=sha256(data), source_stamp=stamp)

    return convert


def tiny(number: int) -> bytes:
    """Return a timetable with a comment of its own at its end."""
    return pdf().removesuffix(b"%%EOF\n") + b"%%%08d\n%%%%EOF\n" % number


def drop_many(one: Watched, first: int, count: int) -> None:
    """Drop so many files at once."""
    for number in range(first, first + count):
        (one.source / f"{number}.pdf").write_bytes(tiny(number))


def test_ten_thousand_at_once(tmp_path: Path, quick: Counter[str]) -> None:
    """10,000 files dropped at once have 10,000 calendars; none is converted twice, and no turn takes seconds."""
    with watched(tmp_path, rhythm=Rhythm(poll=True)) as one:
        drop_many(one, 0, MANY)
        for _ in range(2_000):
            one.wait(1)
            if len(one.lines.of("done")) == MANY:
                break
        assert len(one.names()) == MANY
        assert set(quick.values()) == {1}
        assert len(quick) == MANY
        one.wait(70)
        assert len(one.lines.of("done")) == MANY
        with one.ledger() as ledger:
            counts = ledger.history.counts()
            assert (counts[State.DONE], sum(counts.values())) == (MANY, MANY)


def test_memory_is_flat(tmp_path: Path, quick: Counter[str]) -> None:
    """Files that come, are converted and go leave nothing behind in memory."""
    process = psutil.Process()
    sizes, things = [], []
    with watched(tmp_path, on_success=Fate.DELETE) as one:
        for first in range(0, COMING, 500):
            drop_many(one, first, 500)
            while len(list(one.source.iterdir())):
                one.wait(1)
            one.lines.all.clear()
            quick.clear()
            for path in one.out.glob("*.ics"):
                path.unlink()
            gc.collect()
            sizes.append(process.memory_info().rss)
            things.append(len(gc.get_objects()))
    half = len(sizes) // 2
    assert max(sizes[half:]) - sizes[half - 1] < 4 * 2**20, sizes
    assert max(things[half:]) - things[half - 1] < 250, things  # one for each two files of a round would be more
