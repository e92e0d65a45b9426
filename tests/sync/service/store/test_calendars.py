"""Every store keeps calendars: the newest wins, repeats change nothing, conditions hold."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from tukscal.sync.service.conversion import unpack
from tukscal.sync.service.store.interface import ServiceStore
from tukscal.sync.service.store.model import Condition, Put, PutState
from tukscal.sync.service.store.sqlite import SqliteStore
from tukscal.tests.sync.service.samples import calendar, lecture
from tukscal.tests.sync.service.store.stores import NOW, a_put, account, added, put, run

A, B = calendar(lecture("COS 214")), calendar(lecture("COS 226"))


def test_the_newest_revision_is_returned(store: ServiceStore) -> None:
    """A calendar is what was put last, contents A, B, A end as A."""
    one = account()

    async def work() -> None:
        await added(store, one)
        states = [(await put(store, one, "a/b", revision, body)).state for revision, body in enumerate((A, B, A), 1)]
        assert states == [PutState.CREATED, PutState.UPDATED, PutState.UPDATED]
        found = await store.calendars.body(one.id, "a/b")
        assert found is not None
        assert (found[0].revision, found[0].events, found[0].size, unpack(found[1])) == (3, 1, len(A), A)

    run(work())


def test_fifty_repeats_are_one_revision(store: ServiceStore) -> None:
    """The same put fifty times at one moment is done once, and all get the same answer."""
    one = account()

    async def work() -> list[Put]:
        await added(store, one)
        same = a_put(one, "a", 1, A)
        return await asyncio.gather(*(store.calendars.put(same) for _ in range(50)))

    done = run(work())
    assert sorted(put.state for put in done) == [PutState.CREATED] + [PutState.REPLAYED] * 49
    assert {put.body for put in done} == {b"a 1"}


def test_a_repeat_is_answered_though_something_newer_is_there(store: ServiceStore) -> None:
    """A lost answer can be had again after the next revision; nothing goes back to the older one."""
    one = account()

    async def work() -> None:
        await added(store, one)
        await put(store, one, "a", 1, A)
        await put(store, one, "a", 2, B)
        assert (await put(store, one, "a", 1, A)).state is PutState.REPLAYED
        found = await store.calendars.get(one.id, "a")
        assert found is not None
        assert found.revision == 2

    run(work())


def test_an_older_or_another_revision_is_superseded(store: ServiceStore) -> None:
    """A revision that is not newer is refused with the number that is there, unless it is the same."""
    one = account()

    async def work() -> None:
        await added(store, one)
        await put(store, one, "a", 5, A)
        for revision, body in ((4, B), (5, B)):
            done = await put(store, one, "a", revision, body)
            assert (done.state, done.revision) == (PutState.SUPERSEDED, 5)
        assert (await put(store, one, "a", 5, A, idempotency="forgotten")).state is PutState.REPLAYED

    run(work())


def test_conditions_are_honoured(store: ServiceStore) -> None:
    """If-Match and If-None-Match decide whether a calendar is put or removed."""
    one = account()

    async def work() -> None:
        await added(store, one)
        new = Condition(none_match="*")
        assert (await put(store, one, "a", 1, A, condition=Condition(match="*"))).state is PutState.CONDITION
        assert (await put(store, one, "a", 1, A, condition=new)).state is PutState.CREATED
        assert (await put(store, one, "a", 2, B, condition=new)).state is PutState.CONDITION
        there = await store.calendars.get(one.id, "a")
        assert there is not None
        mine = Condition(match=f'"x", "{there.sha256}"')
        assert (await put(store, one, "a", 2, B, condition=mine)).state is PutState.UPDATED
        assert await store.calendars.remove(one.id, "a", mine) is False
        assert await store.calendars.remove(one.id, "a", Condition()) is True
        assert await store.calendars.remove(one.id, "a", Condition()) is None

    run(work())


def test_an_account_may_have_so_many(store: ServiceStore) -> None:
    """One calendar too many is refused, a byte too many too; replacing one is no more than before."""
    one = account()

    async def work() -> None:
        await added(store, one)
        await put(store, one, "a", 1, A, most_calendars=1)
        assert (await put(store, one, "b", 1, A, most_calendars=1)).state is PutState.TOO_MANY
        assert (await put(store, one, "a", 2, B, most_calendars=1, most_bytes=len(B))).state is PutState.UPDATED
        assert (await put(store, one, "b", 1, A, most_bytes=len(A) + len(B) - 1)).state is PutState.NO_ROOM
        assert (await put(store, one, "b", 1, A, most_bytes=len(A) + len(B))).state is PutState.CREATED

    run(work())


def test_calendars_are_their_accounts_own(store: ServiceStore) -> None:
    """One key of two accounts is two calendars, and nobody sees, lists or removes another's."""
    one, other = account(), account()

    async def work() -> None:
        await added(store, one, other)
        await put(store, one, "a", 7, A)
        assert await store.calendars.body(other.id, "a") is None
        assert await store.calendars.page(other.id, "", 10) == []
        assert await store.calendars.remove(other.id, "a", Condition()) is None
        assert (await put(store, other, "a", 1, B)).state is PutState.CREATED
        found = await store.calendars.get(one.id, "a")
        assert found is not None
        assert found.revision == 7

    run(work())


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 5), st.sampled_from([A, B])), max_size=12))
def test_whatever_comes_the_largest_revision_stays(puts: list[tuple[str, int, bytes]]) -> None:
    """After any puts in any order a calendar is the first that came of its largest revision."""
    one, store = account(), SqliteStore(None)

    async def work() -> None:
        await added(store, one)
        for key, revision, body in puts:
            await put(store, one, key, revision, body)
        for key in "ab":
            found = await store.calendars.body(one.id, key)
            largest = max((revision for name, revision, _ in puts if name == key), default=None)
            expected = next((body for name, revision, body in puts if (name, revision) == (key, largest)), None)
            assert (found and unpack(found[1])) == expected

    try:
        run(work())
    finally:
        store.close()


def test_pages_hold_all_once(store: ServiceStore) -> None:
    """Calendars page by page are all of an account's, each once, ordered by key."""
    one, keys = account(), ["a", "a/b", "b", "ä", "z z"]

    async def work() -> None:
        await added(store, one)
        for key in reversed(keys):
            await put(store, one, key, 1, A, now=NOW)
        found: list[str] = []
        while page := await store.calendars.page(one.id, found[-1] if found else "", 2):
            found += [calendar.key for calendar in page]
        assert found == sorted(keys)

    run(work())


def test_a_removed_calendar_is_stored_again(store: ServiceStore) -> None:
    """The very put of a calendar that was removed meanwhile is no repetition: it is stored."""
    one = account()

    async def work() -> list[PutState]:
        await added(store, one)
        first = await put(store, one, "a", 5, A)
        again = await put(store, one, "a", 5, A)
        assert await store.calendars.remove(one.id, "a", Condition()) is True
        last = await put(store, one, "a", 5, A)
        assert await store.calendars.get(one.id, "a") is not None
        return [first.state, again.state, last.state]

    assert run(work()) == [PutState.CREATED, PutState.REPLAYED, PutState.CREATED]
