"""The proof of work."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tukscal.sync.service.access.rates import Challenges, Difficulty, solve
from tukscal.tests.clock import Clock

EASY = Difficulty(cost=1, prefix="0", seconds=600.0)


def changed(answer: str, *path: str, to: Any) -> str:
    """Return an answer with another value somewhere."""
    whole = there = json.loads(base64.b64decode(answer))
    for name in path[:-1]:
        there = there[name]
    there[path[-1]] = to
    return base64.b64encode(json.dumps(whole).encode()).decode()


def test_a_right_answer_spends_its_challenge() -> None:
    """A solved challenge is right until it expires, and has one name however it is sent."""
    clock = Clock()
    challenges = Challenges(b"secret", clock, EASY)
    answer = solve(challenges.new())
    spent = challenges.check(answer)
    assert spent is not None
    assert spent.expires == clock.now() + 600
    again = challenges.check(changed(answer, "solution", "time", to=1.5))
    assert again is not None
    assert again.id == spent.id
    clock.turn(601)
    assert challenges.check(answer) is None


@pytest.mark.parametrize("answer", ["", "no base64", "e30=", base64.b64encode(b"[]").decode(), "A" * 5000])
def test_what_is_no_answer_is_wrong(answer: str) -> None:
    """Anything that is no solved challenge of ours is wrong, and no fault."""
    assert Challenges(b"secret", Clock(), EASY).check(answer) is None


def test_a_challenge_cannot_be_made_easier() -> None:
    """Another prefix, cost or expiry than was signed, another's challenge, or no work, is refused."""
    clock = Clock()
    challenges = Challenges(b"secret", clock, EASY)
    answer = solve(challenges.new())
    for path, value in (
        (("challenge", "parameters", "keyPrefix"), ""),
        (("challenge", "parameters", "cost"), 0),
        (("challenge", "parameters", "data"), {"expires": 9e12}),
        (("challenge", "signature"), None),
        (("solution", "counter"), -1),
        (("solution", "derivedKey"), "00"),
    ):
        assert challenges.check(changed(answer, *path, to=value)) is None, path
    assert Challenges(b"other", clock, EASY).check(answer) is None
    assert "secret" not in repr(challenges)
