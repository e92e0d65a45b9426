"""What is counted in memory and written down together, because nobody waits for it: hits of feeds, uses of tokens."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from ..store.interface import ServiceStore


class Tallies:
    """Counters of one process; used by the event loop alone. A kill loses the last seconds of them."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        """Since the start: feed_hits, feed_unchanged, feed_rendered, feed_unknown."""
        self._hits: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._renderings: set[bytes] = set()
        self._tokens: dict[str, float] = {}

    def feed(self, feed: str, fingerprint: bytes, *, unchanged: bool) -> None:
        """Count a reading of a feed."""
        self._hits[feed][0] += 1
        self._hits[feed][1] += unchanged
        self._renderings.add(fingerprint)
        self.totals["feed_hits"] += 1
        self.totals["feed_unchanged"] += unchanged

    def token(self, token: str, now: float) -> None:
        """Note that a token was used."""
        self._tokens[token] = now

    async def flush(self, store: ServiceStore, now: float) -> None:
        """Write down what was counted since the last time."""
        hits: Mapping[str, tuple[int, int]] = {feed: (counts[0], counts[1]) for feed, counts in self._hits.items()}
        used, tokens = frozenset(self._renderings), dict(self._tokens)
        self._hits.clear()
        self._renderings.clear()
        self._tokens.clear()
        if hits or used:
            await store.feeds.count(hits, used, now)
        if tokens:
            await store.tokens.used(tokens)
