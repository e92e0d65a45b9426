"""What is counted of askers: rules, where somebody stands with one, and answers to challenges that count once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """At most `amount` in any `seconds`; 0 is no limit. `exact` remembers each time, else they are counted."""

    name: str
    amount: int
    seconds: int
    exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Where somebody stands with a rule: what remains, and the whole seconds until more does."""

    rule: Rule
    remaining: int
    reset: int
    allowed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """An answer that was right: `id` may count once, and can be forgotten after `expires`, unix seconds."""

    id: bytes
    expires: float


def standing(rule: Rule, times: Sequence[float], now: float) -> Allowance:
    """Return where somebody stands whose last times within the rule's seconds, in order, are given; before one more."""
    if len(times) < rule.amount:
        oldest = times[0] if times else now
        return Allowance(rule=rule, remaining=rule.amount - len(times), reset=whole(oldest + rule.seconds - now))
    free = times[len(times) - rule.amount] + rule.seconds  # when the oldest of as many as are allowed is forgotten
    return Allowance(rule=rule, remaining=0, reset=whole(free - now), allowed=False)


def whole(seconds: float) -> int:
    """Return seconds rounded up, one at least: what Retry-After may say."""
    return max(1, math.ceil(seconds))
