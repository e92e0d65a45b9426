"""What routes take from a request: the service's parts, the address it comes from, and whether it comes too often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from ..context import Context
from ..problems import HttpProblem
from ..store.model import Account, AccountKind
from ..store.rate_model import Rule


def context_of(request: Request) -> Context:
    """Return the service a request is for."""
    context: Context = request.app.state.context
    return context


The = Annotated[Context, Depends(context_of)]
Limit = Annotated[int, Query(ge=1, le=1000)]
"""How many rows a page has at most."""


def address_of(request: Request) -> str:
    """Return the address a request comes from, empty if that is no network's."""
    return request.client.host if request.client else ""


async def limited(rule: Rule, account: str, the: Context, detail: str) -> Mapping[str, str]:
    """Count a request of an account and return the headers of its answer.

    Raises HttpProblem 429; too many of these block the account.
    """
    try:
        return await the.limiter.check(rule, account, detail)
    except HttpProblem:
        the.metrics.refused(rule.name)
        await the.blocks.refused(account)
        raise


async def limited_write(account: Account, the: Context) -> None:
    """Count a student's write, which may cost much more than it takes to send; faculties push as much as they have.

    Raises HttpProblem 429.
    """
    if account.kind is AccountKind.STUDENT:
        rule = Rule(name="writes", amount=the.settings.rates.writes_minute, seconds=60)
        await limited(rule, account.id, the, "This account changes things too often.")
