"""What workers log the parent writes: every line once, in order, at its level, whatever becomes of the worker."""

from __future__ import annotations

import logging
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from tukscal.core.pool import Guards, Pool
from tukscal.tests.core import guarded
from tukscal.tests.core.pool.killer import Killer

CALLS, LINES = 80, 500
NAME = "tukscal.lines"


class Collector(logging.Handler):
    """Keeps lines."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.records.append(record)

    @property
    def lines(self) -> list[str]:
        """What was said."""
        return [record.getMessage() for record in self.records]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Collect what is logged under one name, from DEBUG on."""
    logger, made = logging.getLogger(NAME), Collector()
    logger.addHandler(made)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield made
    logger.propagate = True
    logger.setLevel(logging.NOTSET)
    logger.removeHandler(made)


def run(pool: Pool, killer: Killer, counts: Path) -> Iterator[int]:
    """Make the calls, again those that were killed; yield the worker of each that was done."""
    waiting = list(range(CALLS))
    while waiting or pool.running:
        while waiting and pool.free:
            pool.start(waiting.pop(), guarded.log_lines, NAME, LINES, counts)
        for outcome in pool.wait():
            if outcome.error is None:
                yield outcome.worker
            else:
                waiting.append(0)
        killer.targets = pool.pids


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_no_line_is_lost(collector: Collector, tmp_path: Path) -> None:
    """Of 40,000 lines and more from 4 workers under random kills each that was logged is written once and in order."""
    with Pool(4, Guards(timeout=60)) as pool, Killer(20, seed=4) as killer:
        done = list(run(pool, killer, tmp_path))
    written = defaultdict(list)
    for line in collector.lines:
        pid, number = map(int, line.split())
        written[pid].append(number)
    logged = {int(file.name): guarded.count_in(file) for file in tmp_path.iterdir()}
    assert set(written) <= set(logged)
    for pid, count in logged.items():
        assert written[pid] == list(range(1, len(written[pid]) + 1))
        assert len(written[pid]) - count in ((0, 1) if pid in killer.killed else (0,))
    assert len(done) == CALLS
    assert len(collector.records) >= CALLS * LINES
    assert len(killer.killed & set(logged)) >= 10


def test_a_line_arrives_whole(collector: Collector, capfd: pytest.CaptureFixture[str]) -> None:
    """A line has its level, its worker, its arguments and its exception's text; a worker prints nothing itself."""
    with Pool(1, Guards(timeout=60)) as pool:
        worker = pool.call(guarded.log_oddly, NAME)
    assert [(record.levelname, record.process) for record in collector.records] == [
        ("INFO", worker), ("ERROR", worker), ("INFO", worker), ("INFO", worker)]  # fmt: skip
    plain, failed, extra, error = collector.lines
    assert plain == "one 1 {'two': 2}"
    assert failed.startswith("it failed\nTraceback")
    assert failed.endswith("ValueError: invalid literal for int() with base 10: 'no number'")
    assert extra == "with extras"
    assert error == "error: unreadable"
    assert vars(collector.records[2])["job"] == 7
    assert "odd" not in vars(collector.records[2])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("level", "expected"),
    [(logging.DEBUG, 4), (logging.INFO, 3), (logging.ERROR, 1), (logging.CRITICAL, 0)],
)
def test_levels_are_the_parents(collector: Collector, level: int, expected: int) -> None:
    """A logger's level in the parent holds in the workers, and one raised later for what they still send."""
    logging.getLogger(NAME).setLevel(level)
    with Pool(1, Guards(timeout=60)) as pool:
        assert pool.call(guarded.log_at_levels, NAME) == expected
        assert len(collector.records) == expected
        logging.getLogger(NAME).setLevel(logging.CRITICAL)
        pool.call(guarded.log_at_levels, NAME)
    assert len(collector.records) == expected


def test_everything_where_the_root_has_no_level(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root logger without a level means all levels, in workers too."""
    monkeypatch.setattr(logging.getLogger(), "level", logging.NOTSET)
    logging.getLogger(NAME).setLevel(logging.NOTSET)
    with Pool(1, Guards(timeout=60)) as pool:
        assert pool.call(guarded.log_at_levels, NAME) == 4
    assert len(collector.records) == 4


@pytest.mark.parametrize("at_once", [True, False])
def test_lines_after_the_answer(collector: Collector, tmp_path: Path, at_once: bool) -> None:
    """What a worker logs after its answer, from a thread, is written when the pool closes at the latest."""
    pool = Pool(1, Guards(timeout=60))
    worker = pool.call(guarded.log_later, NAME, tmp_path / "told")
    assert guarded.pids_in(tmp_path / "told", 1) == [worker]
    assert collector.lines == []
    pool.close(at_once=at_once)
    assert collector.lines == ["later"]
