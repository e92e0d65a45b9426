"""Every store keeps feeds and selections: found by the hash of a secret, made of the newest revisions."""

from __future__ import annotations

from dataclasses import replace

from tukscal.sync.service.access import secrets
from tukscal.sync.service.conversion import checked, unpack
from tukscal.sync.service.feeds import fingerprint
from tukscal.sync.service.store.interface import ServiceStore
from tukscal.sync.service.store.model import Account, Condition, Rendering, StoredSelection
from tukscal.tests.sync.service.samples import calendar, cancelled, lecture
from tukscal.tests.sync.service.store.stores import NOW, a_put, account, added, feed, put, run

A, B = calendar(lecture("COS 214")), calendar(lecture("COS 226"))
OLD, NEW = secrets.hashed("old"), secrets.hashed("new")


def selection(of: Account, content: str = "{}") -> StoredSelection:
    """Return a new selection."""
    return StoredSelection(
        id=secrets.new_id(), account=of.id, name="", content=content, sha256=content, created=NOW, updated=NOW
    )


def test_a_feed_shows_the_newest_revisions_in_its_order(store: ServiceStore) -> None:
    """The state of a feed is its calendars in the order they were named, each at its newest revision."""
    one = account()

    async def work() -> None:
        await added(store, one)
        for key, revision in (("a", 1), ("b", 5), ("a", 2)):
            await put(store, one, key, revision, A)
        its = feed(one, "b", "a")
        assert await store.feeds.add(its, OLD, 10)
        looked = await store.feeds.look(OLD, fingerprint)
        assert looked is not None
        assert [revision for _, revision in looked[0].calendars] == [5, 2]
        assert (looked[0].id, looked[0].selection, looked[1]) == (its.id, "", None)
        assert await store.feeds.get(one.id, its.id) == its

    run(work())


def test_a_rotated_secret_is_dead(store: ServiceStore) -> None:
    """After a rotation only the new secret finds the feed, after a removal none."""
    one = account()
    its = feed(one, "a")

    async def work() -> None:
        await added(store, one)
        await put(store, one, "a", 1, A)
        await store.feeds.add(its, OLD, 10)
        assert await store.feeds.rotate(one.id, its.id, NEW, NOW + 1)
        assert await store.feeds.look(OLD, fingerprint) is None
        assert await store.feeds.look(NEW, fingerprint) is not None
        assert await store.feeds.remove(one.id, its.id)
        assert await store.feeds.look(NEW, fingerprint) is None
        assert not await store.feeds.rotate(one.id, its.id, OLD, NOW)

    run(work())


def test_feeds_are_their_accounts_own(store: ServiceStore) -> None:
    """Nobody makes a feed of another's calendar or selection, nor sees, rotates or removes another's feed."""
    one, other = account(), account()
    its, chosen = feed(one, "a"), selection(one)

    async def work() -> None:
        await added(store, one, other)
        await put(store, one, "a", 1, A)
        await put(store, other, "mine", 1, A)
        await store.selections.add(chosen, 10)
        assert await store.feeds.add(feed(other, "a"), NEW, 10) is None
        assert await store.feeds.add(feed(other, "mine", selection=chosen.id), NEW, 10) is None
        assert await store.feeds.add(its, OLD, 10)
        assert await store.feeds.get(other.id, its.id) is None
        assert await store.feeds.page(other.id, "", 10) == []
        assert not await store.feeds.rotate(other.id, its.id, NEW, NOW)
        assert not await store.feeds.remove(other.id, its.id)
        assert await store.selections.get(other.id, chosen.id) is None
        assert not await store.selections.change(replace(chosen, account=other.id))
        assert await store.selections.remove(other.id, chosen.id) is None
        assert await store.feeds.look(OLD, fingerprint) is not None

    run(work())


def test_an_account_may_have_so_many(store: ServiceStore) -> None:
    """One feed or selection too many is refused."""
    one = account()

    async def work() -> None:
        await added(store, one)
        await put(store, one, "a", 1, A)
        assert await store.feeds.add(feed(one, "a"), OLD, 1) is True
        assert await store.feeds.add(feed(one, "a"), NEW, 1) is False
        assert await store.selections.add(selection(one), 1) is True
        assert await store.selections.add(selection(one), 1) is False

    run(work())


def test_a_removed_calendar_leaves_its_feeds(store: ServiceStore) -> None:
    """A feed of two calendars goes on with the other one; without any it shows nothing."""
    one = account()
    its = feed(one, "a", "b")

    async def work() -> None:
        await added(store, one)
        for key in "ab":
            await put(store, one, key, 1, A)
        await store.feeds.add(its, OLD, 10)
        await store.calendars.remove(one.id, "a", Condition())
        assert await store.feeds.get(one.id, its.id) == replace(its, calendars=("b",))
        await store.calendars.remove(one.id, "b", Condition())
        looked = await store.feeds.look(OLD, fingerprint)
        assert looked is not None
        assert looked[0].calendars == ()

    run(work())


def test_a_selection_decides_what_a_feed_is(store: ServiceStore) -> None:
    """A feed's state says its selection's content, the new one after a change; one in use is not removed."""
    one = account()
    chosen = selection(one, "first")
    its = feed(one, "a", selection=chosen.id)

    async def work() -> None:
        await added(store, one)
        await put(store, one, "a", 1, A)
        await store.selections.add(chosen, 10)
        await store.feeds.add(its, OLD, 10)
        assert await store.selections.change(replace(chosen, content="second"))
        looked = await store.feeds.look(OLD, fingerprint)
        assert looked is not None
        assert looked[0].selection == "second"
        assert await store.selections.remove(one.id, chosen.id) is False
        await store.feeds.remove(one.id, its.id)
        assert await store.selections.remove(one.id, chosen.id) is True
        assert await store.selections.page(one.id, "", 10) == []

    run(work())


def test_an_account_with_all_of_it_can_be_removed(store: ServiceStore) -> None:
    """An account goes with calendars, a selection and a feed that uses both."""
    one = account()
    chosen = selection(one)

    async def work() -> None:
        await added(store, one)
        await put(store, one, "a", 1, A)
        await store.selections.add(chosen, 10)
        await store.feeds.add(feed(one, "a", selection=chosen.id), OLD, 10)
        assert await store.accounts.remove(one.id)
        assert await store.feeds.look(OLD, fingerprint) is None
        assert (await store.accounts.counts(NOW)).feeds == 0

    run(work())


def test_parts_are_of_the_revisions_asked_for(store: ServiceStore) -> None:
    """The bodies are those of the revisions, None when one of them is no longer the newest."""
    one = account()

    async def work() -> None:
        await added(store, one)
        await put(store, one, "a", 1, A)
        there = await store.calendars.get(one.id, "a")
        assert there is not None
        parts = await store.feeds.parts([(there.id, 1)])
        assert parts is not None
        assert [unpack(body) for body in parts.bodies] == [A]
        await put(store, one, "a", 2, B)
        assert await store.feeds.parts([(there.id, 1)]) is None

    run(work())


def test_what_was_cancelled_is_remembered_since_when(store: ServiceStore) -> None:
    """A cancelled event is remembered since its first cancelling, also when it is no longer named, until it is back."""
    one, event, other = account(), lecture("COS 214"), lecture("COS 226")
    bodies = [
        calendar(event, other),
        calendar(cancelled(event), other),
        calendar(cancelled(event), other),
        calendar(other),
        calendar(event, other),
    ]

    async def work() -> list[dict[str, float]]:
        await added(store, one)
        found = []
        for revision, body in enumerate(bodies, 1):
            await put(store, one, "a", revision, body, now=NOW + revision)
            there = await store.calendars.get(one.id, "a")
            assert there is not None
            parts = await store.feeds.parts([(there.id, revision)])
            assert parts is not None
            found.append({uid: since for uid, (since, _) in parts.cancelled[0].items()})
        return found

    since = {event.uid: NOW + 2}
    assert run(work()) == [{}, since, since, since, {}]


def test_stored_bytes_are_found_again(store: ServiceStore) -> None:
    """A rendering is found by what decided it, until nobody has read it for long."""
    one = account()

    async def work() -> None:
        await added(store, one)
        await put(store, one, "a", 1, A)
        await store.feeds.add(feed(one, "a"), OLD, 10)
        looked = await store.feeds.look(OLD, fingerprint)
        assert looked is not None
        key = fingerprint(looked[0])
        made = Rendering(fingerprint=key, etag="tag", packed=b"bytes", made=NOW, until=NOW + 5)
        await store.feeds.keep(made, [number for number, _ in looked[0].calendars])
        assert await store.feeds.look(OLD, fingerprint) == (looked[0], made)
        await store.feeds.count({}, [key], NOW + 100)
        await store.sweep(NOW + 150, answers=1_000, renderings=100, students=1_000)
        assert await store.feeds.look(OLD, fingerprint) == (looked[0], made)
        await store.sweep(NOW + 250, answers=1_000, renderings=100, students=1_000)
        assert await store.feeds.look(OLD, fingerprint) == (looked[0], None)

    run(work())


def test_hits_add_up(store: ServiceStore) -> None:
    """Hits and unchanged ones are added to what was counted before; a feed that is gone hurts nobody."""
    one = account()
    its = feed(one, "a")

    async def work() -> None:
        await added(store, one)
        await put(store, one, "a", 1, A)
        await store.feeds.add(its, OLD, 10)
        await store.feeds.count({its.id: (3, 1)}, [], NOW + 1)
        await store.feeds.count({its.id: (2, 2), "gone": (1, 0)}, [], NOW + 2)
        assert await store.feeds.get(one.id, its.id) == replace(its, hits=5, unchanged=3, read=NOW + 2)

    run(work())


def test_nothing_is_left_of_a_calendar_that_is_gone(store: ServiceStore) -> None:
    """With a calendar go its stored renderings, nothing made late of it is kept, and another never gets its number."""
    one, two = account(), account()

    async def work() -> None:
        await added(store, one, two)
        await put(store, one, "secret", 1, A)
        await store.feeds.add(feed(one, "secret"), OLD, 10)
        looked = await store.feeds.look(OLD, fingerprint)
        assert looked is not None
        made = Rendering(fingerprint=fingerprint(looked[0]), etag="tag", packed=b"secret", made=NOW, until=None)
        numbers = [number for number, _ in looked[0].calendars]
        await store.feeds.keep(made, numbers)
        assert await store.calendars.remove(one.id, "secret", Condition()) is True
        await store.feeds.keep(made, numbers)
        await put(store, two, "mine", 1, B)
        await store.feeds.add(feed(two, "mine"), NEW, 10)
        found = await store.feeds.look(NEW, fingerprint)
        assert found is not None
        assert found[1] is None
        assert not set(numbers) & {number for number, _ in found[0].calendars}

    run(work())


def test_cancelled_events_that_are_named_again_keep_their_time(store: ServiceStore) -> None:
    """However many events each revision names as cancelled, each keeps the time of its first cancelling."""
    one = account()
    gone = {f"{number}": b"x" for number in range(600)}

    async def work() -> set[float]:
        await added(store, one)
        for revision in range(1, 4):
            made = replace(checked(A, 1), revision=revision, cancelled=gone, sha256=f"{revision}")
            given = {"now": NOW + revision, "idempotency": f"{revision}"}
            await store.calendars.put(replace(a_put(one, "a", revision, A, **given), revision=made))
        there = await store.calendars.get(one.id, "a")
        assert there is not None
        parts = await store.feeds.parts([(there.id, there.revision)])
        assert parts is not None
        assert parts.cancelled[0].keys() == gone.keys()
        return {since for since, _ in parts.cancelled[0].values()}

    assert run(work()) == {NOW + 1}


def test_cancelled_events_are_bounded(store: ServiceStore) -> None:
    """Of very many cancelled events that later revisions no longer name, the newest five hundred are kept."""
    one = account()
    new = checked(A, 1)

    async def work() -> int:
        await added(store, one)
        for revision in range(1, 5):
            gone = {f"{revision}-{number}": b"x" for number in range(200)}
            made = replace(new, revision=revision, cancelled=gone, sha256=f"{revision}")
            given = {"now": NOW + revision, "idempotency": f"{revision}"}
            await store.calendars.put(replace(a_put(one, "a", revision, A, **given), revision=made))
        there = await store.calendars.get(one.id, "a")
        assert there is not None
        parts = await store.feeds.parts([(there.id, there.revision)])
        assert parts is not None
        assert {uid[0] for uid in parts.cancelled[0]} == {"1", "2", "3", "4"}
        return sum(uid[0] != "4" for uid in parts.cancelled[0])

    assert run(work()) == 500
