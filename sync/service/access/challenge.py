"""A proof of work (altcha) instead of a locked door: for addresses that upload more than a campus does.

A challenge is signed, expires, and counts once: what is spent is written down with the upload it was spent on. Nothing
is asked of anybody else's server, and nothing is kept of challenges that nobody answers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import altcha

from ..clock import Clock
from ..store.rate_model import Spent

HEADER = "Tukscal-Challenge"
_ALGORITHM = "SHA-256"
_MOST = 4096  # characters of an answer
_EXPIRES = "expires"  # not altcha's own expiry, which looks at the computer's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """How much work a challenge is: `cost` hashes a try, a found key begins with `prefix`; `seconds` to answer."""

    cost: int = 100
    prefix: str = "000"
    seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Challenges:
    """Makes challenges and checks answers; `secret` signs."""

    secret: bytes = field(repr=False)
    clock: Clock
    difficulty: Difficulty = field(default_factory=Difficulty)

    def new(self) -> dict[str, object]:
        """Return a challenge as altcha's clients take it."""
        made = altcha.create_challenge(
            _ALGORITHM,
            self.difficulty.cost,
            key_prefix=self.difficulty.prefix,
            data={_EXPIRES: int(self.clock.now() + self.difficulty.seconds)},
            hmac_secret=self.secret,
        )
        return dict(made.to_dict())

    def check(self, answer: str) -> Spent | None:
        """Return what a right answer spends, None for one that is wrong, too late or not to our challenge."""
        if len(answer) > _MOST or not altcha.verify_solution(answer, self.secret).verified:
            return None
        challenge = altcha.Payload.from_base64(answer).challenge  # verified: it is what we signed
        expires = float((challenge.parameters.data or {})[_EXPIRES])
        if expires < self.clock.now():
            return None
        return Spent(id=hashlib.sha256(str(challenge.signature).encode()).digest(), expires=expires)


def solve(challenge: dict[str, object]) -> str:
    """Return the answer to a challenge: what a browser does, for load tests and programs."""
    made = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(made)
    if solution is None:
        raise ValueError("This challenge cannot be solved in the time there is.")
    return altcha.Payload(made, solution).to_base64()
