"""Events or polling, and why."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tukscal.core.system import machine
from tukscal.core.watch import monitor as module
from tukscal.core.watch.monitor import PROBE, SECONDS, FolderEvents, NoEvents, choose

LOCAL_TESTS = pytest.mark.skipif(sys.platform != "linux" or not machine.is_local(Path("/tmp")), reason="no local disk")  # noqa: S108


def opened(folder: Path, wake: threading.Event | None = None) -> FolderEvents:
    """Return events on a folder that care for PDFs."""
    return FolderEvents(str(folder), wake or threading.Event(), cares=lambda path: path.endswith(".pdf"))


def never() -> FolderEvents:
    """Fail: nobody may watch."""
    raise AssertionError("events were opened")


@LOCAL_TESTS
def test_a_local_folder_gives_events(tmp_path: Path) -> None:
    """On this computer's disk a probe is seen, nothing of it is left, and the events it was seen by are those used."""
    wake = threading.Event()
    made = choose(tmp_path, lambda: opened(tmp_path, wake), wait=lambda event, _: event.wait(30))
    assert made.events is not None
    with closing(made.events):
        assert made.why == "The folder is on a disk of this computer, and events come."
        assert (os.listdir(tmp_path), wake.is_set()) == ([], False)
        (tmp_path / "a.pdf").touch()
        assert wake.wait(10)


@LOCAL_TESTS
def test_a_probe_nobody_sees_means_polling(tmp_path: Path) -> None:
    """Where no event comes in two seconds the folder is polled, the events are closed and nothing is left."""
    events = opened(tmp_path)
    waited: list[float] = []

    def wait(event: threading.Event, seconds: float) -> bool:
        waited.append(seconds)
        assert os.listdir(tmp_path) == [PROBE]
        return False

    made = choose(tmp_path, lambda: events, wait=wait)
    assert made.events is None
    assert made.why == "No event came within 2 seconds of making a file."
    assert (waited, os.listdir(tmp_path), events.trouble()) == ([SECONDS], [], "Watching has ended.")


@LOCAL_TESTS
def test_a_folder_that_takes_no_file_is_judged_by_its_type(tmp_path: Path) -> None:
    """Where no probe can be made, here because a folder has its name, a local disk's events are relied on."""
    (tmp_path / PROBE).mkdir()
    made = choose(tmp_path, lambda: opened(tmp_path))
    assert made.events is not None
    made.events.close()
    assert made.why == "The folder is on a disk of this computer; no file can be made in it for a test."


@LOCAL_TESTS
def test_the_probe_of_a_killed_process_is_used_and_removed(tmp_path: Path) -> None:
    """A probe file left behind does not stand in the way and is gone afterwards."""
    (tmp_path / PROBE).write_text("left")
    made = choose(tmp_path, lambda: opened(tmp_path), wait=lambda event, _: event.wait(30))
    assert made.events is not None
    made.events.close()
    assert os.listdir(tmp_path) == []


@LOCAL_TESTS
def test_a_stop_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """Whatever ends the waiting, the probe is removed and the events are closed."""
    events = opened(tmp_path)

    def wait(event: threading.Event, seconds: float) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        choose(tmp_path, lambda: events, wait=wait)
    assert (os.listdir(tmp_path), events.trouble()) == ([], "Watching has ended.")


@LOCAL_TESTS
def test_the_systems_refusal_is_the_reason(tmp_path: Path) -> None:
    """Where the system watches nothing more, the folder is polled, and its sentence is given."""

    def refuse() -> FolderEvents:
        raise NoEvents("The folder cannot be watched: inotify instance limit reached.")

    made = choose(tmp_path, refuse)
    assert (made.events, made.why) == (None, "The folder cannot be watched: inotify instance limit reached.")


def test_a_person_can_ask_for_polling(tmp_path: Path) -> None:
    """With --poll nothing is watched and no probe is made."""
    made = choose(tmp_path, never, poll=True)
    assert (made.events, made.why, os.listdir(tmp_path)) == (None, "Polling was asked for.", [])


@pytest.mark.parametrize(
    "kind",
    [
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "vboxsf", "ceph", "autofs", "fakeowner"),
        *("fuse", "fuseblk", "fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.grpcfuse", "davfs", "drvfs"),
    ],
)
def test_a_share_is_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """On a share, or what may be one, a probe would be seen and others' files not: none is made, the type is named."""
    monkeypatch.setattr(module, "file_system", lambda _: kind)
    made = choose(tmp_path, never)
    assert (made.events, os.listdir(tmp_path)) == (None, [])
    assert made.why == f"The folder is on {kind}, where what others write may cause no event."


def test_what_is_not_known_is_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system nobody can name may be a share."""
    monkeypatch.setattr(module, "file_system", lambda _: None)
    assert (
        choose(tmp_path, never).why == "The file system's type is not known, so it may be a share that tells nothing."
    )


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "ntfs", "apfs"])
def test_a_disk_is_probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """On the disks of this computer, a container's own layers among them, the probe decides."""
    monkeypatch.setattr(module, "file_system", lambda _: kind)
    for seen in (True, False):
        made = choose(tmp_path, lambda: opened(tmp_path), wait=lambda *_, seen=seen: seen)
        if made.events:
            made.events.close()
        assert (made.events is not None) is seen
