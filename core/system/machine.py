"""What a computer says about itself: this boot, a process's start, the file system below a path.

A process id is reused. Together with the process's start and the boot it identifies one process for ever; the start is
taken in ticks since boot where the kernel gives them, because a wall clock's start moves with the clock.
"""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import psutil

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SPACE = "/proc/self/ns/pid"
_MOUNTS = Path("/proc/self/mountinfo")
_ENDED = ("Z", "X")  # a zombie runs nothing, though its id is still taken
_START = 19  # field 22 of stat(5), counted from field 3, the first after the command's closing parenthesis

# File systems of this computer's own disks and memory, where locks and shared memory work between processes. What is
# not named here may be a share of another computer.
LOCAL = frozenset(
    {
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "overlay", "aufs"),
        *("tmpfs", "ramfs", "rootfs", "vfat", "exfat", "msdos", "ntfs", "ntfs3", "fat32", "fat", "refs", "hfs", "apfs"),
    }
)
_NOTING = frozenset(
    ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "bcachefs", "overlay", "tmpfs", "apfs")
)


def boot_id() -> str:
    """Return an id of this boot on Linux; elsewhere the computer's name."""
    first, second = _text(_BOOT), _text(_BOOT)
    return first if first and first == second else platform.node() or "unknown"  # some sandboxes make one up each time


def pid_space() -> str:
    """Return the name of the namespace process ids are counted in, empty where there is only one."""
    try:
        return "".join(re.findall(r"\d+", os.readlink(_SPACE)))
    except OSError:
        return ""


def process_start(pid: int) -> str | None:
    """Return when a process started, as text that is only compared for equality; None if it is not running."""
    if Path("/proc/self/stat").exists():
        return start_in_stat(_text(Path(f"/proc/{pid}/stat")))
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except (psutil.Error, ValueError, OverflowError):
        return None


def start_in_stat(stat: str) -> str | None:
    """Return the start in ticks since boot from the line of /proc/PID/stat, None for an ended process or no line.

    The command in it may contain spaces and parentheses.
    """
    fields = stat.rpartition(")")[2].split()
    return fields[_START] if len(fields) > _START and fields[0] not in _ENDED else None


def file_system(path: Path) -> str | None:
    """Return the type of the file system on which a path is or would be, in lower case; None if unknown."""
    place = Path(os.path.realpath(path))
    best, kind = -1, None
    for point, name in _mounts():
        if place.is_relative_to(point) and len(Path(point).parts) >= best:  # of two on one point the later one is seen
            best, kind = len(Path(point).parts), name.lower()
    return kind


def is_local(path: Path) -> bool:
    """Return whether a path is on a local disk; False when in doubt."""
    return file_system(path) in LOCAL


def notes_changes(path: Path) -> bool:
    """Return whether the kernel alone sets the change time (ctime) of files below this path.

    False when in doubt: the FAT family, Windows and shares of other computers keep other times under that name.
    """
    return os.name == "posix" and file_system(path) in _NOTING


def _mounts() -> list[tuple[str, str]]:
    """Return mount points with their types, in the order in which they were mounted."""
    if text := _text(_MOUNTS):
        return [found for line in text.splitlines() if (found := _mount(line))]
    return [
        (part.mountpoint, part.fstype)
        for part in psutil.disk_partitions(all=True)
        if "remote" not in part.opts.split(",")
    ]


def _mount(line: str) -> tuple[str, str] | None:
    before, dash, after = line.partition(" - ")
    fields = before.split(" ")
    return (_unescaped(fields[4]), after.split(" ")[0]) if dash and len(fields) > 4 else None


def _unescaped(point: str) -> str:
    """Return a mount point unescaped: the kernel writes spaces, tabs, newlines and backslashes as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), point)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "surrogateescape").strip()
    except (OSError, ValueError):
        return ""
