"""Thunderbird's iCalendar library, in node, as a second opinion on what we write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, cast

import pytest

_HERE = Path(__file__).parent
SCRIPT = _HERE / "read.js"


class Moment(TypedDict):
    """A time as its zone has it, and in UTC."""

    local: str
    utc: str
    zone: str


class Occurrence(TypedDict):
    """One time an event takes place."""

    start: Moment
    end: Moment


class Event(TypedDict):
    """One VEVENT with all its occurrences."""

    uid: str
    summary: str
    location: str | None
    description: str | None
    status: str
    sequence: int
    categories: list[str]
    color: str
    alarms: list[str]
    occurrences: list[Occurrence]


class Calendar(TypedDict):
    """One VCALENDAR."""

    name: str
    wrName: str
    method: str | None
    refresh: str
    zones: list[str]
    events: list[Event]


def missing() -> str | None:
    """Return why ical.js cannot be asked, if so."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (_HERE / "node_modules" / "ical.js").is_dir():
        return "ical.js is not installed: make tests/js/node_modules"
    return None


def read_all(calendars: Sequence[bytes]) -> list[Calendar]:
    """Return what ical.js finds in each calendar; skips the test where it is missing, but fails it in CI."""
    if lack := missing():
        if os.environ.get("CI"):
            pytest.fail(lack)
        pytest.skip(lack)
    texts = json.dumps([data.decode() for data in calendars])
    done = subprocess.run(["node", str(SCRIPT)], input=texts.encode(), capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return cast("list[Calendar]", json.loads(done.stdout))
