"""How often a student may make or change something: each write may cost much more than it takes to send."""

from __future__ import annotations

from .engine import engine_of
from .limits import Rule
from .problems import Problem
from .service import Service
from .store.model import AccountKind
from .who import Principal


async def limited_write(who: Principal, the: Service) -> None:
    """Count a student's write; faculties push as much as they have. Raises Problem 429."""
    if who.account.kind is not AccountKind.STUDENT:
        return
    engine = engine_of(the)
    rule = Rule(name="writes", amount=the.settings.rates.writes_minute, seconds=60)
    try:
        await engine.limiter.check(rule, who.account.id, "This account changes things too often.")
    except Problem:
        engine.metrics.refused(rule.name)
        await engine.blocks.refused(who.account.id)
        raise
