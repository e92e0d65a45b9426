"""The log: a JSON object a line, words on a terminal, bounded on the disk, never in the way."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.system.jsonlog import FIELDS, FileLog, Json, Log, StreamLog, Words, open_log
from tukscal.core.wording import visible
from tukscal.tests.waiting import until

NOON = 1_772_445_600.25  # 2026-03-02 10:00:00.250 UTC
FOREVER = """
from pathlib import Path; import sys
from tukscal.core.system.jsonlog import FileLog, Json
log = FileLog(Path(sys.argv[1]), size=10**9)
log.setFormatter(Json())
while True:
    log("event", text="x" * 4_000, more="y" * 4_000, most="z" * 4_000)
"""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def log_in(file: Path, size: int = 10_000_000, count: int = 5) -> Log:
    """Return a log in a file."""
    log = FileLog(file, size=size, count=count)
    log.setFormatter(Json())
    return log


def record(event: str, level: int = logging.INFO, when: float = NOON, **fields: object) -> logging.LogRecord:
    """Return a record of an event."""
    return logging.makeLogRecord({"msg": event, "levelno": level, "created": when, FIELDS: fields})


def lines(file: Path) -> list[dict[str, object]]:
    """Return the events of a file; every line must be one."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_event_is_one_json_object() -> None:
    """Time, level and event come first, then the fields as they were given; a field cannot take their names."""
    given = record(
        "job_failed", logging.WARNING, file=Path("a.pdf"), seconds=0.12345, tries=2, term=None, time="x", error="y"
    )
    assert Json().format(given) == (
        '{"time": "2026-03-02T10:00:00.250Z", "level": "warning", "event": "job_failed", '
        '"file": "a.pdf", "seconds": 0.123, "tries": 2, "term": null, "time_": "x", "error_": "y"}'
    )


def test_a_logger_is_named() -> None:
    """A message of a Python logger is an event with the logger's name; what is worse than an error is an error."""
    stream = io.StringIO()
    log = StreamLog(stream)
    log.setFormatter(Json())
    logger = logging.Logger("part")
    logger.addHandler(log)
    logger.critical("gone: %d", 7, extra={FIELDS: {"file": "a_b.pdf"}})
    line = json.loads(stream.getvalue())
    assert list(line) == ["time", "level", "logger", "event", "file"]
    assert list(line.values())[1:] == ["error", "part", "gone: 7", "a_b.pdf"]
    log.setFormatter(Words())
    logger.error("a_b.pdf is gone")
    assert stream.getvalue().endswith("  ERROR: a_b.pdf is gone\n")


def test_a_traceback_keeps_its_lines_and_commands_no_terminal() -> None:
    """What was raised stands in `error`, its lines apart, what cannot be seen escaped."""
    stream = io.StringIO()
    log = StreamLog(stream)
    log.setFormatter(Json())
    logger = logging.Logger("part")
    logger.addHandler(log)
    try:
        raise ValueError("\x1b[2J\u202e")
    except ValueError:
        logger.exception("went wrong")
    (line,) = stream.getvalue().splitlines()
    error = json.loads(line)["error"].split("\n")
    assert (error[0], error[-1]) == ("Traceback (most recent call last):", "ValueError: \\x1b[2J\\u202e")


def test_a_terminal_shows_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal an event is a line to read; what is not known is left out."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    log = open_log(None)
    log("calendar_written", file="a_b.pdf", all_events=12, seconds=0.12345, term=None)
    log("share_gone", level=logging.ERROR)
    first, second = stream.getvalue().splitlines()
    assert first[8:] == "  calendar written (file a_b.pdf, all events 12, seconds 0.123)"
    assert second[8:] == "  ERROR: share gone"


def test_a_pipe_shows_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard error is no terminal, a line is JSON."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    open_log(None)("started")
    assert json.loads(stream.getvalue())["event"] == "started"


@given(text=st.text(st.characters(exclude_categories=[]), max_size=40), number=st.floats() | st.integers(-(10**40)))
def test_whatever_is_logged_is_one_line_of_json(text: str, number: float) -> None:
    """Any name and number make one printable line, in both forms; what cannot be seen is written as its number."""
    one = record(text, name=text, number=number)
    held, words = Json().format(one), Words().format(one)
    assert held.isprintable()
    assert held.isascii()
    assert words.isprintable()
    found = json.loads(held, parse_constant=pytest.fail)
    assert found["name"] == found["event"] == visible(text)


def test_names_that_differ_stay_apart() -> None:
    """A control character, and a byte that is no text, is written as its number, not dropped."""
    name = "a\x1b[2J\n\u202e\udce9.pdf"
    assert json.loads(Json().format(record("x", file=name)))["file"] == "a\\x1b[2J\\n\\u202e\\xe9.pdf"


def test_a_long_text_is_cut() -> None:
    """A text is at most 4,000 characters long, an event too, in both forms."""
    long = record("e" * 5_000, text="é" * 5_000)
    line = json.loads(Json().format(long))
    assert (len(line["text"]), len(line["event"]), line["text"][-2:]) == (4_000, 4_000, "é…")
    assert len(Words().format(long)) < 8_100
    assert json.loads(Json().format(record("x", text="é" * 4_000)))["text"] == "é" * 4_000


@pytest.mark.parametrize("when", [float("nan"), 1e30, -1e30])
def test_a_clock_that_is_wrong_stops_nothing(when: float) -> None:
    """A moment no calendar knows is "unknown"."""
    assert json.loads(Json().format(record("x", when=when)))["time"] == "unknown"
    assert Words().format(record("x", when=when)).startswith("--:--:--")


def test_the_files_are_bounded_and_the_newest_lines_are_kept(tmp_path: Path) -> None:
    """After 1,000 events there are count + 1 files, none larger than its size, with the last events in order."""
    log = log_in(tmp_path / "log", size=1_000, count=3)
    for number in range(1_000):
        log("event", number=number)
    log.close()
    assert sorted(os.listdir(tmp_path)) == ["log", "log.1", "log.2", "log.3"]
    assert max(file.stat().st_size for file in tmp_path.iterdir()) <= 1_000
    held = [line["number"] for name in ("log.3", "log.2", "log.1", "log") for line in lines(tmp_path / name)]
    assert held == list(range(1_000 - len(held), 1_000))
    assert len(held) > 30


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved")
def test_a_file_somebody_moved_away_is_made_again(tmp_path: Path) -> None:
    """After another program rotated the file, lines go into a new one of the name."""
    log = log_in(tmp_path / "log")
    for number in range(3):
        log("event", number=number)
        (tmp_path / "log").rename(tmp_path / f"old{number}")
    log("last")
    log.close()
    assert [line["number"] for number in range(3) for line in lines(tmp_path / f"old{number}")] == [0, 1, 2]
    assert [line["event"] for line in lines(tmp_path / "log")] == ["last"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes")
def test_others_cannot_read_it(tmp_path: Path) -> None:
    """A log, its successors too, is its owner's to write and its group's to read at most."""
    log = log_in(tmp_path / "log", size=200)
    for _ in range(5):
        log("event")
    log.close()
    assert {file.stat().st_mode & 0o137 for file in tmp_path.iterdir()} == {0}


@pytest.mark.parametrize("torn", [0, 1, 20])
def test_a_full_disk_loses_lines_and_says_so(tmp_path: Path, torn: int) -> None:
    """Nothing is raised; what could not be written is counted, and no later line is damaged by half of an earlier."""
    log = log_in(tmp_path / "log")
    log("before")
    with full_at((tmp_path / "log").stat().st_size + torn):
        for _ in range(3):
            log("lost")
    assert log.lost == 3
    log("after")
    log.close()
    texts = (tmp_path / "log").read_text().splitlines()
    whole = [json.loads(text) for text in texts if text.endswith("}")]
    assert [line["event"] for line in whole] == ["before", "log_lost", "after"]
    assert whole[1]["lines"] == 3
    assert len(texts) == (4 if torn else 3)
    assert log.lost == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_disk_that_stays_full_stops_nothing() -> None:
    """Not even the close raises, in a file or on a stream."""
    log = log_in(Path("/dev/full"))  # endless for those who read it
    with open("/dev/full", "w") as stream:
        other = StreamLog(stream)
        for one in (log, other):
            for _ in range(3):
                one("lost")
            one.close()
        with pytest.raises(OSError, match="No space"):
            stream.close()
    assert log.lost == other.lost == 3


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_process_that_is_killed_damages_no_other_line(tmp_path: Path) -> None:
    """Of what a process wrote until it was killed only its last line may be in part; the next process ends that."""
    file = tmp_path / "log"
    for number in range(4):
        size = file.stat().st_size if file.exists() else 0
        with subprocess.Popen([sys.executable, "-c", FOREVER, str(file)]) as process:
            until(lambda size=size: file.exists() and file.stat().st_size > size + 50_000, "lines")  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
        log = log_in(file)
        log("next", number=number)
        log.close()
    texts = file.read_text().splitlines()
    whole = [json.loads(text) for text in texts if text.endswith("}")]
    assert len(texts) - len(whole) <= 4
    assert [line["number"] for line in whole if line["event"] == "next"] == [0, 1, 2, 3]
    assert {len(line["most"]) for line in whole if line["event"] == "event"} == {4_000}


def test_half_a_line_is_ended(tmp_path: Path) -> None:
    """After a crash that left half a line the next one is whole."""
    (tmp_path / "log").write_text('{"event": "first"}\n{"event": "sec')
    log = log_in(tmp_path / "log")
    log("third")
    log.close()
    first, second, third = (tmp_path / "log").read_text().splitlines()
    assert (first, second) == ('{"event": "first"}', '{"event": "sec')
    assert json.loads(third)["event"] == "third"


def test_lines_are_never_mixed(tmp_path: Path) -> None:
    """Two logs in one file, each written by two threads, give whole lines, each thread's in order."""
    logs = [log_in(tmp_path / "log"), log_in(tmp_path / "log")]

    def write(thread: int) -> None:
        for number in range(200):
            logs[thread % 2]("event", thread=thread, number=number, text=str(thread) * 3_000)

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for log in logs:
        log.close()
    held = lines(tmp_path / "log")
    for thread in range(4):
        assert [line["number"] for line in held if line["thread"] == thread] == list(range(200))
    assert len(held) == 800


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved")
def test_a_folder_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    """Lines wait for nobody while the folder is away; they go on when it is back."""
    folder = tmp_path / "logs"
    folder.mkdir()
    log = log_in(folder / "log")
    folder.rename(tmp_path / "away")
    log("lost")
    folder.mkdir()
    log("after")
    log.close()
    assert [line["event"] for line in lines(folder / "log")] == ["log_lost", "after"]


def test_a_stream_that_is_closed_stops_nothing() -> None:
    """A closed standard error loses lines only."""
    stream = io.StringIO()
    log = StreamLog(stream)
    stream.close()
    log("lost")
    assert log.lost == 1
