"""The daemon's log: a JSON object a line, words on a terminal, bounded on the disk, never in the way."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.watch.telemetry.logs import Level, Log, Rotating, Scalar, as_json, as_words, escaped, open_log

NOON = 1_772_445_600.25  # 2026-03-02 10:00:00.250 UTC
FULL = OSError(28, "No space left on device")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def log_in(file: Path, size: int = 10_000_000, count: int = 5) -> Log:
    """Return a log in a file, its clock at rest."""
    return Log(Rotating(file, size=size, count=count), clock=lambda: NOON)


def lines(file: Path) -> list[dict[str, object]]:
    """Return the events of a file; every line must be one."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_an_event_is_one_json_object(tmp_path: Path) -> None:
    """Time, level and event come first, then the fields as they were given; a field cannot take their names."""
    log = log_in(tmp_path / "log")
    log("job_failed", level=Level.WARNING, file=Path("a.pdf"), seconds=0.12345, tries=2, term=None, time="x")
    log.close()
    assert (tmp_path / "log").read_text() == (
        '{"time": "2026-03-02T10:00:00.250Z", "level": "warning", "event": "job_failed", '
        '"file": "a.pdf", "seconds": 0.123, "tries": 2, "term": null, "time_": "x"}\n'
    )


def test_a_terminal_shows_words() -> None:
    """On a terminal an event is a line to read; what is not known is left out."""
    stream = Terminal()
    log = open_log(None, stream, clock=lambda: NOON)
    log("calendar_written", file="a.pdf", events=12, term=None)
    log("share_gone", level=Level.ERROR)
    first, second = stream.getvalue().splitlines()
    assert first[8:] == "  calendar written (file a.pdf, events 12)"
    assert second[8:] == "  ERROR: share gone"


def test_a_pipe_shows_json() -> None:
    """Where standard error is no terminal, a line is JSON."""
    stream = io.StringIO()
    open_log(None, stream, clock=lambda: NOON)("started")
    assert json.loads(stream.getvalue())["event"] == "started"


@given(text=st.text(st.characters(exclude_categories=[]), max_size=40), number=st.floats() | st.integers(-(10**40)))
def test_whatever_is_logged_is_one_line_of_json(text: str, number: float) -> None:
    """Any name and number make one printable line, in both forms; names that differ stay apart."""
    fields: dict[str, Scalar] = {"name": text, "number": number}
    held, words = as_json(NOON, Level.INFO, "x", fields), as_words(NOON, Level.INFO, "x", fields)
    assert held.isprintable()
    assert words.isprintable()
    assert json.loads(held, parse_constant=pytest.fail)["name"] == escaped(text)


def test_names_that_differ_stay_apart() -> None:
    """A control character is written as its number, not dropped."""
    assert escaped("a\x1b[2J\n\u202e\udce9.pdf") == "a\\x1b[2J\\n\\u202e\\udce9.pdf"


def test_a_long_field_is_cut() -> None:
    """A field is at most 2,000 characters long."""
    assert len(json.loads(as_json(NOON, Level.INFO, "x", {"text": "é" * 5_000}))["text"]) == 2_000


@pytest.mark.parametrize("when", [float("nan"), 1e30, -1e30])
def test_a_clock_that_is_wrong_stops_nothing(when: float) -> None:
    """A moment no calendar knows is "unknown"."""
    assert json.loads(as_json(when, Level.INFO, "x", {}))["time"] == "unknown"
    assert as_words(when, Level.INFO, "x", {}).startswith("--:--:--")


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


def test_a_file_somebody_moved_away_is_made_again(tmp_path: Path) -> None:
    """After another program rotated the file, lines go into a new one of the name."""
    log = log_in(tmp_path / "log")
    log("first")
    (tmp_path / "log").rename(tmp_path / "old")
    log("second")
    log.close()
    assert [line["event"] for line in lines(tmp_path / "old")] == ["first"]
    assert [line["event"] for line in lines(tmp_path / "log")] == ["second"]


@pytest.mark.parametrize("torn", [0, 1, 20])
def test_a_full_disk_loses_lines_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: int) -> None:
    """Nothing is raised; what could not be written is counted, and no later line is damaged by half of an earlier."""
    log, write, room = log_in(tmp_path / "log"), os.write, [torn]
    log("before")

    def full(file: int, data: bytes) -> int:
        if not room[0]:
            raise FULL
        taken, room[0] = write(file, data[: room[0]]), 0
        return taken

    monkeypatch.setattr(os, "write", full)
    for _ in range(3):
        log("lost")
    monkeypatch.undo()
    log("after")
    log.close()
    texts = (tmp_path / "log").read_text().splitlines()
    whole = [json.loads(text) for text in texts if text.endswith("}")]
    assert [line["event"] for line in whole] == ["before", "log_lost", "after"]
    assert whole[1]["lines"] == 3
    assert len(texts) == (4 if torn else 3)
    assert log.lost == 0


def test_a_folder_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    """Lines wait for nobody while the folder is away; they go on when it is back."""
    folder = tmp_path / "logs"
    log = log_in(folder / "log")
    log("lost")
    folder.mkdir()
    log("after")
    log.close()
    assert [line["event"] for line in lines(folder / "log")] == ["log_lost", "after"]


def test_a_stream_that_is_closed_stops_nothing() -> None:
    """A closed standard error loses lines only."""
    stream = io.StringIO()
    log = open_log(None, stream)
    stream.close()
    log("lost")
    assert log.lost == 1
