"""The lease on a share: one works, the others stand by and take over, whatever the file says."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tukscal.core.ledger import leases
from tukscal.core.system import files
from tukscal.core.watch.lease import NAME, DaemonLease, LeaseTiming, Role, parse

PACE = LeaseTiming()
GONE = leases.Lease(leases.mine().boot, leases.mine().space, 999_999_999, "1")


@dataclass
class Share:
    """A folder, a clock that tests turn, and the daemons on other computers."""

    folder: Path
    now: float = 1_000.0
    daemons: list[DaemonLease] = field(default_factory=list)

    def daemon(self, host: str = "other") -> DaemonLease:
        """Start one more daemon."""
        self.daemons.append(DaemonLease(self.folder, ticks=lambda: self.now, host=host))
        return self.daemons[-1]

    def run(self, seconds: float, *daemons: DaemonLease) -> None:
        """Let time pass, with a step of each daemon every second."""
        for _ in range(int(seconds)):
            self.now += 1
            for daemon in daemons:
                daemon.step()

    def until(self, is_true: Callable[[], bool], *daemons: DaemonLease) -> float:
        """Let time pass until something is so; return how long that took."""
        began = self.now
        while not is_true():
            assert self.now - began < 200
            self.run(1, *daemons)
        return self.now - began

    @property
    def file(self) -> Path:
        """The lease file."""
        return self.folder / NAME

    def counter(self) -> int:
        """The counter in it."""
        note = parse(self.file.read_bytes())
        assert note is not None
        return note.counter


@pytest.fixture
def share(tmp_path: Path) -> Share:
    """An empty share."""
    return Share(tmp_path)


def owner(share: Share, host: str = "other") -> DaemonLease:
    """Return a daemon that has become the owner."""
    daemon = share.daemon(host)
    share.until(lambda: daemon.role is Role.OWNER, daemon)
    return daemon


def test_the_first_works_after_its_claim_has_settled(share: Share) -> None:
    """On an empty share a daemon is the owner after `settle` seconds, not before."""
    daemon = share.daemon()
    assert (daemon.step(), daemon.still_mine()) == (Role.STANDBY, False)
    share.now += PACE.settle - 0.01
    assert (daemon.step(), daemon.still_mine()) == (Role.STANDBY, False)
    share.now += 0.01
    assert (daemon.step(), daemon.still_mine()) == (Role.OWNER, True)
    assert sorted(os.listdir(share.folder)) == [NAME]


def test_the_owner_raises_the_counter_every_beat(share: Share) -> None:
    """In a minute of steps every second the counter rises twelve times and the standby stays one."""
    first = owner(share)
    second = share.daemon()
    before = share.counter()
    share.run(60, first, second)
    assert share.counter() - before == 60 / PACE.beat
    assert (first.role, second.role) == (Role.OWNER, Role.STANDBY)
    assert (first.owner, second.owner) == ("", f"process {os.getpid()} on other")


@pytest.mark.parametrize("standbys", [1, 2, 5])
def test_a_dead_owner_on_another_computer_is_replaced_within_a_minute(share: Share, standbys: int) -> None:
    """After an owner's last step one of the standbys, however many, works within 60 s, and not before `stale`."""
    first = owner(share)
    others = [share.daemon(f"host {number}") for number in range(standbys)]
    share.run(20, first, *others)
    took = share.until(lambda: any(one.role is Role.OWNER for one in others), *others)
    assert PACE.stale < took + PACE.beat
    assert took <= 60
    share.run(100, *others)
    assert sum(one.role is Role.OWNER for one in others) == 1
    assert not first.still_mine()
    assert first.step() is Role.STANDBY


def test_a_dead_owner_on_this_computer_is_replaced_at_once(share: Share) -> None:
    """A process that has ended here is not waited for: its successor works after `settle`."""
    dead = {"owner": "x", "host": "here", "process": str(GONE), "counter": 7}
    share.file.write_text(json.dumps(dead))
    took = share.until(lambda: share.daemons[0].role is Role.OWNER, share.daemon("here"))
    assert took <= PACE.settle + 2
    assert share.counter() == 1


@pytest.mark.parametrize("host", ["here", "elsewhere"])
def test_a_process_that_may_live_is_waited_for(share: Share, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead number of another computer, or one this system hides from us, says nothing: only its silence does."""
    if host == "here":
        monkeypatch.setattr(os, "kill", lambda *_: (_ for _ in ()).throw(PermissionError))
    share.file.write_text(json.dumps({"owner": "x", "host": host, "process": str(GONE), "counter": 7}))
    daemon = share.daemon("here")
    took = share.until(lambda: daemon.role is Role.OWNER, daemon)
    assert PACE.stale < took <= 60


def test_a_clean_exit_hands_over_at_once(share: Share) -> None:
    """A released lease leaves no file, and the standby works after `settle`."""
    first, second = owner(share), share.daemon()
    share.run(3, first, second)
    first.release()
    assert (first.role, first.still_mine(), share.file.exists()) == (Role.STANDBY, False, False)
    assert share.until(lambda: second.role is Role.OWNER, second) <= PACE.settle + 2


def test_a_standby_releases_nothing(share: Share) -> None:
    """A daemon that only stood by leaves the owner's file alone when it ends."""
    first, second = owner(share), share.daemon()
    share.run(3, first, second)
    before = share.file.read_bytes()
    second.release()
    assert share.file.read_bytes() == before
    assert first.still_mine()


def test_a_stopped_owner_finds_out_before_it_writes(share: Share) -> None:
    """An owner that stood still while another took over is none any more, at the first look."""
    first, second = owner(share), share.daemon()
    share.run(2, first, second)
    share.until(lambda: second.role is Role.OWNER, second)
    assert (first.role, first.still_mine(), second.still_mine()) == (Role.OWNER, False, True)
    assert first.step() is Role.STANDBY
    share.run(100, first, second)
    assert (first.role, second.role) == (Role.STANDBY, Role.OWNER)


def test_a_stopped_owner_nobody_replaced_has_to_settle_again(share: Share) -> None:
    """After longer than `stale` its word is not taken before its claim has stood again."""
    first = owner(share)
    share.now += PACE.stale
    assert not first.still_mine()
    assert first.step() is Role.STANDBY
    assert share.until(lambda: first.role is Role.OWNER, first) <= PACE.settle + 1


def test_an_owner_stopped_between_looking_and_writing_gives_way(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    """It writes over its successor's token; then nobody works until one token has stood for `settle`."""
    first, second = owner(share), share.daemon()
    share.run(2, first, second)
    put = DaemonLease._put
    gaps: list[float] = []

    def slow(self: DaemonLease, data: bytes | None) -> None:
        if self is first and not gaps:
            gaps.append(share.until(lambda: second.role is Role.OWNER, second))
        put(self, data)

    monkeypatch.setattr(DaemonLease, "_put", slow)
    while not gaps:
        share.run(1, second, first)
    assert PACE.stale - PACE.beat < gaps[0] < PACE.stale  # the clock alone does not tell it
    assert (first.still_mine(), second.still_mine()) == (False, False)
    share.run(10, first, second)
    assert [one.still_mine() for one in (first, second)] == [True, False]


def test_of_two_claims_one_stands(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two see a free share and both write, the later token stands and the earlier daemon stands by."""
    first, second = share.daemon(), share.daemon()
    read = DaemonLease._read

    def behind(self: DaemonLease) -> bytes | None:
        data = read(self)
        if self is second and not first.owner and data is None:
            first.step()  # right between the second's looking and writing
        return data

    monkeypatch.setattr(DaemonLease, "_read", behind)
    second.step()
    monkeypatch.undo()
    share.run(10, first, second)
    assert [one.still_mine() for one in (first, second)] == [False, True]


def test_a_pause_of_the_standby_is_not_the_owners_silence(share: Share) -> None:
    """A standby that was stopped for an hour itself does not take over from an owner that lives."""
    first, second = owner(share), share.daemon()
    share.run(3, first, second)
    share.now += 3_600
    second.step()
    share.run(8, first, second)
    assert share.until(lambda: first.role is Role.OWNER, first, second) <= 10
    assert second.role is Role.STANDBY


def test_time_without_a_share_is_not_the_owners_silence(share: Share) -> None:
    """While the file cannot be read nothing is counted, and the role says so in `fault`."""
    first, second = owner(share), share.daemon()
    share.run(3, first, second)
    away = share.folder.with_name("away")
    share.folder.rename(away)
    share.folder.write_text("no folder")
    share.run(100, first, second)
    assert first.role is second.role is Role.STANDBY
    assert (first.fault, second.fault) != ("", "")
    share.folder.unlink()
    away.rename(share.folder)
    share.run(6, first, second)
    assert (first.role, second.role, first.fault) == (Role.OWNER, Role.STANDBY, "")


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 200, b"{", b"[]", b"[" * 4000, b'{"owner": 1}', b'{"version": 2, "who": "x"}', b"x" * 100_000,
     b'{"owner": "x", "host": 1, "process": "", "counter": 1}', b'{"counter": ' + b"9" * 4000 + b"}"],
)  # fmt: skip
def test_a_file_that_is_no_lease_is_taken_over_when_it_stands_still(share: Share, data: bytes) -> None:
    """Whatever stands in the file, a daemon works within a minute."""
    share.file.write_bytes(data)
    daemon = share.daemon()
    took = share.until(lambda: daemon.role is Role.OWNER, daemon)
    assert PACE.stale < took <= 60


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(b"junk"), lambda file: file.unlink()])
def test_an_owner_whose_file_is_damaged_stops_and_claims_again(share: Share, damage: Callable[[Path], None]) -> None:
    """It does not write on what is gone; one of the daemons works again within a minute."""
    first, second = owner(share), share.daemon()
    share.run(3, first, second)
    damage(share.file)
    assert not first.still_mine()
    share.until(lambda: first.still_mine() or second.still_mine(), first, second)
    share.run(100, first, second)
    assert sorted([first.still_mine(), second.still_mine()]) == [False, True]


def test_a_link_is_not_followed(share: Share, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What somebody else's link points to is not written over; the fault names the file."""
    target = tmp_path_factory.mktemp("elsewhere") / "target"
    target.write_text("precious")
    share.file.symlink_to(target)
    daemon = share.daemon()
    share.run(100, daemon)
    assert (daemon.role, target.read_text()) == (Role.STANDBY, "precious")
    assert "is a link" in daemon.fault


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_never_blocks(share: Share, make: Callable[[Path], None]) -> None:
    """A folder or a pipe of that name is a fault, not an owner."""
    make(share.file)
    daemon = share.daemon()
    share.run(100, daemon)
    assert daemon.role is Role.STANDBY
    assert daemon.fault


def test_a_full_share_is_survived(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner that cannot raise its counter stops by itself before others may take over, and comes back."""
    first = owner(share)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    lost = share.until(lambda: not first.still_mine(), first)
    assert lost <= PACE.stale
    assert "No space left on device" in first.fault
    monkeypatch.undo()
    assert share.until(first.still_mine, first) <= PACE.settle + 2
    assert os.listdir(share.folder) == [NAME]


def test_what_a_killed_owner_left_is_cleared(share: Share) -> None:
    """The temporary file of an owner that was killed while it wrote goes when the next becomes the owner."""
    left = share.folder / f"{files.temporary_prefix(share.file)}abc.tukscal-tmp"
    left.write_text("half")
    owner(share)
    assert not left.exists()


def test_a_removed_folder_is_a_fault(share: Share) -> None:
    """Nothing is made where OUT is gone."""
    first = owner(share)
    shutil.rmtree(share.folder)
    share.run(10, first)
    assert (first.role, share.folder.exists()) == (Role.STANDBY, False)
    assert first.fault


def test_foreign_text_commands_no_terminal(share: Share) -> None:
    """Who owns the share is told without escapes, at a bounded length."""
    share.file.write_text(json.dumps({"owner": "x", "host": "a\x1b[2J\n" + "b" * 900, "process": "", "counter": 1}))
    daemon = share.daemon()
    daemon.step()
    assert daemon.owner.startswith("process ? on a [2J b")
    assert len(daemon.owner) == 200
