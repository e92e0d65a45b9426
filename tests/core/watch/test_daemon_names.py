"""Names and kinds of files that try a daemon: each has its own calendar, a note, or is left alone by name."""

from __future__ import annotations

import json
import os
import socket
import sys
import unicodedata
from pathlib import Path

import pytest
from tukscal.core.watch.status import DaemonState
from tukscal.tests.core.watch.watching import pdf, watched

NAMES = [
    b"\xf0\x9f\x93\x85 calendar.pdf",
    "תורים.pdf".encode(),
    "a\u202eb.pdf".encode(),
    unicodedata.normalize("NFC", "é.pdf").encode(),
    unicodedata.normalize("NFD", "é.pdf").encode(),
    b"Test.pdf",
    b"test.PDF",
    b"n" * 251 + b".pdf",
    "ü".encode() * 125 + b".pdf",
    b"new\nline.pdf",
    b"esc\x1b[31m.pdf",
    b"\xff\xfe.pdf",
    b"CON.pdf",
    b"-x.pdf",
    b"dot..pdf",
    b" space .pdf",
    b"a\\b.pdf",
    b"%2e%2e.pdf",
]


@pytest.mark.skipif(sys.platform != "linux", reason="not every system holds these names")
def test_names(tmp_path: Path) -> None:
    """Every name is converted to a calendar of its own with a name every system can hold, also after a restart."""
    with watched(tmp_path) as one:
        for number, name in enumerate(NAMES):
            (one.source / os.fsdecode(name)).write_bytes(pdf(number))
        one.wait(20)
        assert len(one.lines.of("done")) == len(NAMES)
        names = one.names()
        assert len(names) == len(NAMES)
        assert len({unicodedata.normalize("NFC", name).casefold() for name in names}) == len(NAMES)
        for named in names:
            assert named.isprintable()
            assert len(named.encode()) <= 255
            assert not set(named) & set('<>:"/\\|?*')
        before = one.tree()
        json.dumps(one.lines.all).encode("utf-8")
    with watched(tmp_path) as two:
        two.wait(20)
        assert (two.ended(), two.tree()) == ([], before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has none of these")
def test_what_is_no_file(tmp_path: Path) -> None:
    """Links, pipes, sockets and folders called x.pdf are left alone, nothing waits for them, and the rest is done."""
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(pdf(7))
    with watched(tmp_path) as one:
        (one.source / "link.pdf").symlink_to(secret)
        (one.source / "loop").symlink_to(one.source)
        (one.source / "dangling.pdf").symlink_to("nowhere")
        (one.source / "folder.pdf").mkdir()
        os.mkfifo(one.source / "pipe.pdf")
        before = Path.cwd()
        os.chdir(one.source)
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("socket.pdf")
            os.chdir(before)
            one.drop("folder.pdf/a.pdf")
            one.wait(70)
        assert one.names() == {"folder.pdf/a.ics"}
        assert one.state() is DaemonState.IDLE


@pytest.mark.skipif(sys.platform == "win32", reason="pipes by name")
def test_a_file_that_becomes_a_pipe(tmp_path: Path) -> None:
    """A file that is replaced by a pipe after it was seen is not waited for."""
    with watched(tmp_path) as one:
        path = one.drop("a.pdf")
        one.wait(2)
        path.unlink()
        os.mkfifo(path)
        one.drop("b.pdf")
        one.settle()
        assert one.names() == {"b.ics"}


def test_case_twins_one_after_the_other(tmp_path: Path) -> None:
    """A file whose name differs from another's in capitals only never gets the other's calendar, whoever came first."""
    with watched(tmp_path) as one:
        one.drop("b/A.pdf", pdf(1))
        one.settle()
        first = one.tree()
        one.drop("B/a.pdf", pdf(2))
        one.settle()
        assert len(one.names()) == 2
        assert len({name.casefold() for name in one.names()}) == 2
        assert one.tree()["b/A.ics"] == first["b/A.ics"]
