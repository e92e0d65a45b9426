"""Every store keeps accounts, sessions and tokens."""

from __future__ import annotations

from dataclasses import replace

from tukscal.sync.service.access import secrets
from tukscal.sync.service.store.interface import ServiceStore
from tukscal.sync.service.store.model import Account, AccountKind
from tukscal.tests.sync.service.samples import calendar, lecture
from tukscal.tests.sync.service.store.stores import NOW, account, added, feed, put, run, session, token


def test_an_account_is_what_was_added(store: ServiceStore) -> None:
    """An account comes back as it was added, by its id and by its name of its kind."""
    one = account("Ada", AccountKind.ADMIN)

    async def work() -> None:
        await added(store, one, account(), account())
        assert await store.accounts.get(one.id) == one
        assert await store.accounts.named(AccountKind.ADMIN, "Ada") == one
        assert await store.accounts.named(AccountKind.FACULTY, "Ada") is None
        assert await store.accounts.named(AccountKind.STUDENT, "") is None
        assert await store.accounts.get("nobody") is None

    run(work())


def test_a_name_is_had_once(store: ServiceStore) -> None:
    """A second account of one kind and name is not added; another kind may have the name."""

    async def work() -> None:
        await added(store, account("EMS", AccountKind.FACULTY))
        assert not await store.accounts.add(account("EMS", AccountKind.FACULTY))
        assert await store.accounts.add(account("EMS", AccountKind.ADMIN))

    run(work())


def test_a_recovery_link_is_the_newest(store: ServiceStore) -> None:
    """An account is found by its newest recovery link, and no longer by an older one."""
    one, old, new = account(), secrets.hashed("old"), secrets.hashed("new")

    async def work() -> None:
        await added(store, one)
        assert await store.accounts.set_recovery(one.id, old)
        assert await store.accounts.set_recovery(one.id, new)
        assert await store.accounts.recovered(old) is None
        assert await store.accounts.recovered(new) == replace(one, recovery=new)
        assert not await store.accounts.set_recovery("nobody", new)

    run(work())


def test_pages_hold_all_once(store: ServiceStore) -> None:
    """Accounts page by page are all accounts, each once, ordered by id."""
    accounts = [account() for _ in range(5)]

    async def work() -> None:
        await added(store, *accounts)
        found: list[Account] = []
        while page := await store.accounts.page(found[-1].id if found else "", 2):
            found += page
        assert found == sorted(accounts, key=lambda one: one.id)

    run(work())


def test_a_session_lasts_until_it_expires(store: ServiceStore) -> None:
    """A session is found with its account before its end, not from then on, nor after it was removed."""
    one, visit = account(), None
    visit = session(one, expires=NOW + 100)

    async def work() -> None:
        await store.accounts.add(one, visit)
        assert await store.sessions.get(visit.hash, NOW + 99) == (visit, one)
        assert await store.sessions.get(visit.hash, NOW + 100) is None
        await store.sessions.touch(visit.hash, NOW + 50, NOW + 150)
        found = await store.sessions.get(visit.hash, NOW + 149)
        assert found == (replace(visit, seen=NOW + 50, expires=NOW + 150), replace(one, seen=NOW + 50))
        assert await store.sessions.remove(visit.hash)
        assert await store.sessions.get(visit.hash, NOW) is None
        assert not await store.sessions.remove(visit.hash)

    run(work())


def test_a_new_password_ends_all_sessions(store: ServiceStore) -> None:
    """Whoever was signed in with the old password is not any more."""
    one, other = account("Ada", AccountKind.ADMIN), account()
    mine, others = session(one), session(other)

    async def work() -> None:
        await store.accounts.add(one, mine)
        await store.accounts.add(other, others)
        assert await store.accounts.set_password(one.id, "hash")
        assert await store.sessions.get(mine.hash, NOW) is None
        assert await store.sessions.get(others.hash, NOW) is not None

    run(work())


def test_a_token_ends_by_time_or_by_hand(store: ServiceStore) -> None:
    """A token is found with its account until it expires or is revoked; it stays in the list."""
    one = account("EMS", AccountKind.FACULTY)
    short, long = token(one, expires=NOW + 10), token(one)

    async def work() -> None:
        await added(store, one)
        await store.tokens.add(short)
        await store.tokens.add(long)
        assert await store.tokens.get(short.hash, NOW + 9) == (short, one)
        assert await store.tokens.get(short.hash, NOW + 10) is None
        assert await store.tokens.revoke(long.id, NOW + 5)
        assert await store.tokens.get(long.hash, NOW + 5) is None
        expected = sorted([short, replace(long, revoked=NOW + 5)], key=lambda item: item.id)
        assert list(await store.tokens.page(one.id, "", 10)) == expected
        assert await store.tokens.page("nobody", "", 10) == []
        assert not await store.tokens.revoke("nothing", NOW)

    run(work())


def test_the_last_use_of_a_token_is_kept(store: ServiceStore) -> None:
    """The latest use counts, in whatever order uses are written down."""
    one = account()
    its = token(one)

    async def work() -> None:
        await added(store, one)
        await store.tokens.add(its)
        await store.tokens.used({its.id: NOW + 7})
        await store.tokens.used({its.id: NOW + 3, "gone": NOW})
        ((found),) = await store.tokens.page(None, "", 10)
        assert found.used == NOW + 7

    run(work())


def test_removing_an_account_removes_all_of_it(store: ServiceStore) -> None:
    """Nothing of a removed account can be found again, and nothing of another's is gone."""
    one, other = account(), account()
    mine = session(one)

    async def work() -> None:
        await store.accounts.add(one, mine)
        await added(store, other)
        await store.tokens.add(token(one))
        for owner in (one, other):
            await put(store, owner, "a", 1, calendar(lecture()))
        assert await store.accounts.remove(one.id)
        assert await store.sessions.get(mine.hash, NOW) is None
        assert await store.tokens.page(None, "", 10) == []
        assert await store.calendars.get(one.id, "a") is None
        assert await store.calendars.get(other.id, "a") is not None
        assert not await store.accounts.remove(one.id)

    run(work())


def test_counts(store: ServiceStore) -> None:
    """The figures count accounts by kind, living sessions, who came today, and of those who came before."""
    old, new, faculty = account(now=NOW - 200_000), account(), account("EMS", AccountKind.FACULTY, now=NOW - 200_000)

    async def work() -> None:
        await store.accounts.add(old, session(old))
        await store.accounts.add(new, session(new, expires=NOW - 1))
        await added(store, faculty)
        seen = session(old)
        await store.sessions.add(seen)
        await store.sessions.touch(seen.hash, NOW, NOW + 100)
        body = calendar(lecture())
        await put(store, new, "a", 1, body)
        counts = await store.accounts.counts(NOW)
        assert dict(counts.accounts) == {"student": 2, "faculty": 1}
        assert (counts.sessions, counts.active, counts.returning) == (2, 2, 1)
        assert (counts.calendars, counts.feeds, counts.stored) == (1, 0, len(body))

    run(work())


def test_sweeping_removes_what_is_over(store: ServiceStore) -> None:
    """A sweep deletes expired sessions and old answers, and leaves the others."""
    one = account()
    over, lasting = session(one, expires=NOW + 1), session(one, expires=NOW + 1_000)

    async def work() -> None:
        await store.accounts.add(one, over)
        await store.sessions.add(lasting)
        await put(store, one, "a", 1, calendar(lecture()), idempotency="old")
        await put(store, one, "a", 2, calendar(lecture()), idempotency="new", now=NOW + 100)
        swept = await store.sweep(NOW + 150, answers=100, renderings=100, students=1_000)
        assert dict(swept) == {"sessions": 1, "answers": 1, "renderings": 0, "accounts": 0}
        assert await store.sessions.get(lasting.hash, NOW) is not None
        assert await store.calendars.answer(one.id, "old") is None
        assert await store.calendars.answer(one.id, "new") == b"a 2"

    run(work())


def test_a_store_says_that_it_works(store: ServiceStore) -> None:
    """Checking a sound store raises nothing."""
    run(store.check())


def test_students_nobody_comes_back_to_are_forgotten(store: ServiceStore) -> None:
    """A student without a session, long not seen, is removed; one whose feed is read, and a faculty, stay."""
    gone, reading, coming = account(), account(), account()
    faculty = account("Law", AccountKind.FACULTY)
    its = feed(reading, "a")

    async def work() -> list[bool]:
        await added(store, gone, reading, coming, faculty)
        await put(store, reading, "a", 1, calendar(lecture()))
        await store.feeds.add(its, b"1" * 32, 10)
        await store.feeds.count({its.id: (1, 0)}, [], NOW + 900)
        await store.sessions.add(session(coming, expires=NOW + 5_000))
        await store.sweep(NOW + 1_500, answers=1e9, renderings=1e9, students=1_000)
        return [await store.accounts.get(one.id) is not None for one in (gone, reading, coming, faculty)]

    assert run(work()) == [False, True, True, True]
