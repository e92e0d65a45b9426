"""The outbox beside a plain model: whatever fails, is lost, restarts or is made meanwhile, the service ends right."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tukscal.core.ledger import Delivery
from tukscal.sync import wire
from tukscal.tests.sync import faulty
from tukscal.tests.sync.faulty import Fault, MadeService, in_turn, only_puts
from tukscal.tests.sync.pushing import Desk, body, login

NAMES = st.sampled_from("ab")
TEXTS = st.sampled_from("AB")
FAULTS = st.lists(st.sampled_from([None, *faulty.TRANSIENT]), max_size=12)


class Machine(RuleBasedStateMachine):
    """One folder whose calendars change, and one service."""

    service: MadeService

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.desk = Desk(self.folder)
        self.texts: dict[str, str] = {}
        self.made = 0
        self.service.stored = faulty.Stored()
        self.service.faults = faulty.none

    def teardown(self) -> None:
        """Let everything go well in the end, and compare."""
        self.service.faults = faulty.none
        self.desk.restart()
        self.desk.drain(login(self.service.address), patience=7_300)
        self.desk.ledger.close()
        shutil.rmtree(self.folder)
        stored = self.service.stored
        assert {key: kept.body for key, kept in stored.calendars.items()} == {
            f"out/{name}": body(text) for name, text in self.texts.items()
        }

    @rule(name=NAMES, text=TEXTS)
    def make(self, name: str, text: str) -> None:
        """A calendar is made, new or as it was before."""
        self.desk.make((name, text))
        self.texts[name] = text
        self.made += 1

    @rule(faults=FAULTS, patience=st.sampled_from([0.0, 5.0, 600.0]), lanes=st.integers(1, 3))
    def push(self, faults: list[Fault | None], patience: float, lanes: int) -> None:
        """A drain pushes what is due while things go wrong."""
        self.service.faults = only_puts(in_turn(*faults))
        self.desk.drain(login(self.service.address), patience=patience, in_flight=lanes)

    @rule()
    def restart(self) -> None:
        """The process ends, and another begins."""
        self.desk.restart()

    @rule(hours=st.sampled_from([-48.0, 0.001, 2.0, 48.0]))
    def pass_time(self, hours: float) -> None:
        """Time passes, or the clock is set back."""
        self.desk.clock.wall += hours * 3_600
        self.desk.clock.forward += max(0.0, hours) * 3_600

    @rule()
    def ask_again(self) -> None:
        """A person lets everything be due."""
        self.desk.ledger.outbox.again()

    @invariant()
    def once_each_in_order(self) -> None:
        """The service stored each revision once, each calendar's in their order; no row is lost or refused."""
        commits = self.service.stored.commits
        assert len({(key, revision) for key, revision, _ in commits}) == len(commits)
        for name in self.texts:
            revisions = [revision for key, revision, _ in commits if key == f"out/{name}"]
            assert revisions == sorted(revisions)
        states = self.desk.ledger.outbox.backlog().states
        assert sum(states.values()) == self.made
        assert states[Delivery.REFUSED] == 0
        assert states[Delivery.PENDING] <= len(self.texts)

    @invariant()
    def sent_is_there(self) -> None:
        """What the ledger calls sent, and nothing newer is on its way, is what the service has."""
        waiting = {row.calendar for row in self.desk.rows()}
        for name, text in self.texts.items():
            if f"out/{name}" not in waiting:
                kept = self.service.stored.calendars[f"out/{name}"]
                assert wire.content_sha256(kept.body) == wire.content_sha256(body(text))


@pytest.mark.slow
def test_the_service_ends_with_what_the_ledger_says(service: MadeService) -> None:
    """However results, faults, restarts and clocks follow each other, each result arrives once and the last one stays.

    Hypothesis writes the histories.
    """
    from hypothesis.stateful import run_state_machine_as_test

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Machine, "service", service, raising=False)
        run_state_machine_as_test(
            Machine, settings=settings(max_examples=40, stateful_step_count=15, deadline=None, derandomize=True)
        )
