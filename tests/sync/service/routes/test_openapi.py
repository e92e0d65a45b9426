"""The published document and the service agree: whatever is sent, answers are what was said and never 500."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tukscal.sync.service.access import secrets
from tukscal.sync.service.access.secrets import Scope
from tukscal.sync.service.app import build
from tukscal.sync.service.settings import RateSettings, Settings
from tukscal.sync.service.store.model import Account, AccountKind, Token
from tukscal.sync.service.store.sqlite import SqliteStore
from tukscal.tests.sync.service.serving import KEY, serving

# Not asked: whether every body that fits the schema is taken (a calendar is more than a string), nor whether every
# other one is refused (a key may be anything printable).
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, unsupported_method, ignored_auth,
]  # fmt: skip
EXAMPLES = 12
UNLIMITED = RateSettings(
    uploads_minute=0, uploads_hour=0, uploads_at_once=0, status_minute=0, logins_failed=0, anonymous_hour=0,
    address_minute=0, lists_minute=0, writes_minute=0,
)  # fmt: skip


async def token_for_all(store: SqliteStore) -> str:
    """Return a token that may do everything."""
    secret = secrets.new_secret()
    account = Account(id=secrets.new_id(), kind=AccountKind.FACULTY, name="all", created=0, seen=0)
    await store.accounts.add(account)
    hashed = secrets.hashed(secret)
    await store.tokens.add(
        Token(id=secrets.new_id(), hash=hashed, account=account.id, name="", scopes=tuple(Scope), created=0)
    )
    return secret


DOCUMENT = build(Settings(key=KEY)).openapi()
OPERATIONS = [
    (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if "blocks" not in path and path != "/metrics"  # a block could be of ourselves; metrics are for few addresses
]
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def api() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the address of a running service, and the header that may do everything there."""
    wanted = Settings(key=KEY, rates=UNLIMITED)
    store = SqliteStore(None)
    token = asyncio.run(token_for_all(store))
    with serving(wanted, store=store) as served:
        yield served.url, {"Authorization": f"Bearer {token}"}
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_are_what_the_document_says(method: str, path: str, api: tuple[str, dict[str, str]]) -> None:
    """Every operation answers whatever is sent with a status, a type and a body that the document names."""
    url, headers = api

    @hypothesis_settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(SCHEMA[path][method].as_strategy())
    def ask(case: Case[Any]) -> None:
        case.call_and_validate(base_url=url, headers=headers, checks=CHECKS, timeout=30)

    ask()
