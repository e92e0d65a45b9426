"""Who is who over HTTP: tokens with scopes, admins with passwords, and what other sites cannot do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tukscal.sync.service.access.secrets import Scope
from tukscal.tests.sync.service.routes.people import ADMIN, PASSWORD, account_of, cause, feed, put, token_for
from tukscal.tests.sync.service.samples import calendar, lecture
from tukscal.tests.sync.service.serving import Served, serving, settings

A = calendar(lecture())
DAY = 86_400.0


def bearer(token: str) -> dict[str, str]:
    """Return the header that signs in with a token."""
    return {"Authorization": f"Bearer {token}"}


def test_a_token_does_what_its_scopes_say(served: Served, admin: httpx.Client) -> None:
    """A token that may read cannot write, and one of a faculty cannot make tokens."""
    token = token_for(admin, "EMS", Scope.CALENDARS_READ)
    with httpx.Client(base_url=served.url, headers=bearer(token)) as client:
        assert client.get("/v1/account").json()["scopes"] == [Scope.CALENDARS_READ]
        assert client.get("/v1/calendars").status_code == 200
        assert cause(put(client, "a", 1, A)) == (403, "forbidden")
        assert cause(client.post("/v1/feeds", json={"calendars": ["a"]})) == (403, "forbidden")
        assert cause(client.get("/v1/tokens")) == (403, "forbidden")


def test_tokens_of_a_faculty_share_its_account(served: Served, admin: httpx.Client) -> None:
    """Two tokens of one faculty are one account."""
    tokens = [token_for(admin, "Law", Scope.CALENDARS_READ) for _ in range(2)]
    found = {httpx.get(f"{served.url}/v1/account", headers=bearer(token)).json()["id"] for token in tokens}
    assert len(found) == 1


def test_a_revoked_or_expired_token_is_unauthorized(served: Served, admin: httpx.Client) -> None:
    """A token is 401 from the moment it is revoked, or its days are over; so is what is no token."""
    made = admin.post("/v1/tokens", json={"faculty": "EBIT", "name": "x", "scopes": ["jobs"], "days": 400}).json()
    short = token_for(admin, "EBIT", Scope.JOBS, days=1)
    url = f"{served.url}/v1/account"
    assert [httpx.get(url, headers=bearer(token)).status_code for token in (made["token"], short)] == [200, 200]
    served.clock.turn(1.01 * DAY)
    assert cause(httpx.get(url, headers=bearer(short))) == (401, "unauthorized")
    assert admin.post("/v1/admin/login", json={"name": ADMIN, "password": PASSWORD}).status_code == 204
    assert admin.delete(f"/v1/tokens/{made['id']}").status_code == 204
    assert cause(httpx.get(url, headers=bearer(made["token"]))) == (401, "unauthorized")
    for header in ("Bearer", "Basic QTpi", "Bearer tuks_nothing", "tuks_x"):
        answer = httpx.get(url, headers={"Authorization": header})
        assert cause(answer) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_with_an_unknown_scope_is_not_made(admin: httpx.Client) -> None:
    """A scope that is none is refused by name."""
    wanted = {"faculty": "EMS", "name": "x", "scopes": ["everything"]}
    answer = admin.post("/v1/tokens", json=wanted)
    assert cause(answer) == (422, "invalid")
    assert "everything" in answer.json()["detail"]


def test_an_admin_needs_name_and_password(served: Served) -> None:
    """A wrong password, an unknown name and an empty one are one answer."""
    with served.person() as client:
        bodies = {
            client.post("/v1/admin/login", json={"name": name, "password": password}).content
            for name, password in ((ADMIN, "wrong"), ("Nobody", PASSWORD), (ADMIN, PASSWORD + " "))
        }
        assert len(bodies) == 1
        assert client.cookies == httpx.Cookies()


def test_an_admins_session_ends(served: Served, admin: httpx.Client) -> None:
    """A session ends by logging out or after its hours; the cookie is worth nothing then."""
    with served.person() as client:
        login = {"name": ADMIN, "password": PASSWORD}
        answer = client.post("/v1/admin/login", json=login)
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "SameSite=lax" in answer.headers["set-cookie"]
        cookie = dict(client.cookies)
        assert client.get("/v1/tokens").status_code == 200
        assert client.post("/v1/admin/logout").status_code == 204
        stale = httpx.get(
            f"{served.url}/v1/tokens", headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookie.items())}
        )
        assert cause(stale) == (401, "unauthorized")
        client.post("/v1/admin/login", json=login)
        served.clock.turn(8.1 * 3600)
        assert cause(client.get("/v1/tokens")) == (401, "unauthorized")
    assert admin.post("/v1/admin/login", json=login).status_code == 204


def test_a_changed_cookie_is_nobody(served: Served) -> None:
    """A cookie with one letter changed, or not signed by us, is no session."""
    with served.person() as client:
        client.post("/v1/admin/login", json={"name": ADMIN, "password": PASSWORD})
        ((name, value),) = client.cookies.items()
    # Not the last letter: some of its bits mean nothing.
    changed = value[:-5] + ("A" if value[-5] != "A" else "B") + value[-4:]
    for wrong in (changed, value[1:], "x", f"{value}."):
        answer = httpx.get(f"{served.url}/v1/account", headers={"Cookie": f"{name}={wrong}"})
        assert cause(answer) == (401, "unauthorized")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "own"},
        {},
    ],
)
def test_other_sites_cannot_write_with_a_cookie(served: Served, admin: httpx.Client, headers: dict[str, str]) -> None:
    """A write with a cookie that another site's page began, or nobody says who, is 403 and does nothing."""
    cookie = "; ".join(f"{name}={value}" for name, value in admin.cookies.items())
    given = {name: served.url if value == "own" else value for name, value in headers.items()} | {"Cookie": cookie}
    before = token_ids(admin)
    body = {"faculty": "Evil", "name": "x", "scopes": ["jobs"]}
    assert cause(httpx.post(f"{served.url}/v1/tokens", json=body, headers=given)) == (403, "forbidden")
    assert cause(httpx.post(f"{served.url}/v1/admin/logout", headers=given)) == (403, "forbidden")
    assert token_ids(admin) == before


def token_ids(admin: httpx.Client) -> list[str]:
    """Which tokens there are; when they were used last is written down later."""
    return [token["id"] for token in admin.get("/v1/tokens").json()["tokens"]]


def test_admins_come_from_allowed_addresses(served: Served, tmp_path: Path) -> None:
    """From an address that is not allowed neither the password nor a session's cookie is of use."""
    elsewhere = settings(tmp_path)
    elsewhere = replace(elsewhere, sessions=replace(elsewhere.sessions, admin_addresses=("192.0.2.0/24",)))
    elsewhere = replace(elsewhere, store=served.settings.store)
    with served.person() as client:
        client.post("/v1/admin/login", json={"name": ADMIN, "password": PASSWORD})
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with serving(elsewhere, served.clock) as there, there.person() as client:
        login = client.post("/v1/admin/login", json={"name": ADMIN, "password": PASSWORD})
        assert cause(login) == (403, "forbidden")
        assert cause(client.get("/v1/tokens", headers={"Cookie": cookie})) == (403, "forbidden")


def test_admins_change_accounts(served: Served, admin: httpx.Client, faculty: httpx.Client) -> None:
    """An admin lists accounts, makes one premium, and removes one with all it has; not the own one."""
    account = account_of(faculty)
    put(faculty, "a", 1, A)
    url = feed(faculty, "a")["url"]
    assert admin.put(f"/v1/admin/accounts/{account}/premium", json={"premium": True}).status_code == 204
    assert faculty.get("/v1/account").json()["premium"] is True
    page = admin.get("/v1/admin/accounts", params={"limit": 1000}).json()["accounts"]
    assert [item["premium"] for item in page if item["id"] == account] == [True]
    assert cause(admin.delete(f"/v1/admin/accounts/{account_of(admin)}")) == (409, "in_use")
    assert admin.delete(f"/v1/admin/accounts/{account}").status_code == 204
    assert cause(faculty.get("/v1/account")) == (401, "unauthorized")
    assert cause(httpx.get(url)) == (404, "not_found")
    for path in ("premium", "sessions"):
        method = "PUT" if path == "premium" else "DELETE"
        body = {"premium": True} if path == "premium" else None
        answer = admin.request(method, f"/v1/admin/accounts/nobody/{path}", json=body)
        assert cause(answer) == (404, "not_found")
