"""A rate limit for each key."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from time import monotonic

from serve.errors import ServeError


class RateLimits:
    """Requests per second of each key, counted in this process; 0: as many as they like.

    A token bucket of one second's requests, which fills as time passes: a key that was quiet may
    send that many at once, and over any longer time no more than the rate.
    """

    def __init__(self, per_second: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def count(self, caller: str) -> None:
        """Count a request of this key. Raises ServeError (429) where it is one too many."""
        rate = self._per_second
        if not rate:
            return
        now = self._clock()
        tokens, seen = self._buckets.get(caller, (float(rate), now))
        tokens = min(tokens + (now - seen) * rate, float(rate))
        if tokens >= 1:
            self._buckets[caller] = tokens - 1, now
            return
        raise ServeError(
            f"this key may send {rate:,} a second; wait as retry-after says",
            status=429,
            headers={"retry-after": str(max(ceil((1 - tokens) / rate), 1))},
            reason="rate",
        )
