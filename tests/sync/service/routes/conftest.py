"""A running service with an admin and a faculty's token."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from tukscal.sync.service.access.secrets import OWN_SCOPES, make_admin
from tukscal.sync.service.store.sqlite import SqliteStore
from tukscal.tests.clock import Clock
from tukscal.tests.sync.service.routes.people import ADMIN, PASSWORD, token_for
from tukscal.tests.sync.service.serving import Served, serving, settings


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield the service, which knows one admin."""
    folder = tmp_path_factory.mktemp("service")
    wanted, clock = settings(folder), Clock()
    store = SqliteStore(wanted.store)
    asyncio.run(make_admin(store, ADMIN, PASSWORD, clock.now()))
    store.close()
    with serving(wanted, clock) as running:
        yield running


@pytest.fixture
def admin(served: Served) -> Iterator[httpx.Client]:
    """Yield an admin who is logged in."""
    with served.person() as client:
        assert client.post("/v1/admin/login", json={"name": ADMIN, "password": PASSWORD}).status_code == 204
        yield client


@pytest.fixture
def faculty(served: Served, admin: httpx.Client, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Yield a program of a faculty of this test's own."""
    token = token_for(admin, request.node.name[:90], *OWN_SCOPES)
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {token}"}, timeout=30.0) as client:
        yield client


@pytest.fixture
def other(served: Served, admin: httpx.Client, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Yield a program of another faculty."""
    token = token_for(admin, f"{request.node.name[:80]} other", *OWN_SCOPES)
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {token}"}, timeout=30.0) as client:
        yield client
