"""Whatever is done to feeds in whatever order, exactly the newest secret of each that is left can be read."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from tukscal.core.calendar.event import Status
from tukscal.sync.service.access import secrets
from tukscal.sync.service.access.secrets import OWN_SCOPES
from tukscal.sync.service.settings import Settings
from tukscal.sync.service.store.model import Account, AccountKind, Token
from tukscal.sync.service.store.sqlite import SqliteStore
from tukscal.tests.clock import Clock
from tukscal.tests.sync.service.routes.people import feed, put
from tukscal.tests.sync.service.samples import calendar, cancelled, lecture, summaries
from tukscal.tests.sync.service.serving import KEY, serving

DAY = 86_400.0
MODULES = ("COS 214", "COS 226", "COS 284")


async def faculty_token(store: SqliteStore) -> str:
    """Return the token of a new faculty."""
    secret = secrets.new_secret()
    account = Account(id=secrets.new_id(), kind=AccountKind.FACULTY, name="EMS", created=0, seen=0)
    await store.accounts.add(account)
    token = Token(
        id=secrets.new_id(), hash=secrets.hashed(secret), account=account.id, name="", scopes=OWN_SCOPES, created=0
    )
    await store.tokens.add(token)
    return secret


class Feeds(RuleBasedStateMachine):
    """One faculty's calendar and its feeds against a model: what takes place, what was cancelled when, what is dead."""

    feeds: Bundle[dict[str, Any]] = Bundle("feeds")

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.store = SqliteStore(None)
        self.running = serving(Settings(key=KEY), self.clock, store=self.store)
        token = asyncio.run(faculty_token(self.store))
        self.client = self.running.__enter__().person(Authorization=f"Bearer {token}")
        self.live: set[str] = set()
        self.since: dict[str, float] = {}
        self.revision = 0
        self.good: dict[str, str] = {}
        self.dead: set[str] = set()

    @initialize()
    def begin(self) -> None:
        """Sign in and put the first calendar."""
        self.program = self.client.__enter__()
        self.publish(set(MODULES))

    @rule(live=st.sets(st.sampled_from(MODULES), min_size=1))
    def publish(self, live: set[str]) -> None:
        """Put a revision: what no longer takes place is cancelled in it, what was cancelled before is not named."""
        self.revision += 1
        gone = self.live - live
        events = [lecture(module) for module in sorted(live)] + [cancelled(lecture(module)) for module in sorted(gone)]
        assert put(self.program, "a", self.revision, calendar(*events)).status_code in (200, 201)
        self.since = {module: since for module, since in self.since.items() if module not in live}
        self.since |= dict.fromkeys(gone, self.clock.now())
        self.live = live

    @rule(target=feeds)
    def make(self) -> dict[str, Any]:
        """Make a feed."""
        made = feed(self.program, "a")
        self.good[made["id"]] = made["url"]
        return made

    @rule(made=feeds)
    def rotate(self, made: dict[str, Any]) -> None:
        """Give a feed another secret."""
        answer = self.program.post(f"/v1/feeds/{made['id']}/rotate")
        if made["id"] in self.good:
            self.dead.add(self.good[made["id"]])
            self.good[made["id"]] = answer.json()["url"]
        else:
            assert answer.status_code == 404

    @rule(made=consumes(feeds))
    def remove(self, made: dict[str, Any]) -> None:
        """Remove a feed."""
        assert self.program.delete(f"/v1/feeds/{made['id']}").status_code == 204
        self.dead.add(self.good.pop(made["id"]))

    @rule(days=st.sampled_from([1, 10, 25]))
    def wait(self, days: int) -> None:
        """Let time pass."""
        self.clock.turn(days * DAY)

    @invariant()
    def the_dead_are_dead(self) -> None:
        """No address that was replaced or removed answers."""
        assert {httpx.get(url).status_code for url in self.dead} <= {404}

    @invariant()
    def the_living_show_what_is(self) -> None:
        """Every other address shows what takes place, and what was cancelled in the last thirty days."""
        recent = {module for module, since in self.since.items() if self.clock.now() < since + 30 * DAY}
        for url in self.good.values():
            body = httpx.get(url).content
            assert summaries(body) == [f"{module} L1" for module in self.order(self.live)]
            assert summaries(body, Status.CANCELLED) == [f"{module} L1" for module in self.order(recent)]

    def order(self, modules: set[str]) -> list[str]:
        """Return modules in the order of their events: all begin at one time, so by UID."""
        return sorted(modules, key=lambda module: lecture(module).uid)

    def teardown(self) -> None:
        """End the service."""
        self.client.__exit__(None, None, None)
        self.running.__exit__(None, None, None)
        self.store.close()


Feeds.TestCase.settings = hypothesis_settings(max_examples=8, stateful_step_count=12, deadline=None, derandomize=True)
TestFeeds = pytest.mark.slow(Feeds.TestCase)
TestFeeds.__doc__ = "Exactly the newest secret of each feed that is left can be read, and shows what is to be shown."
