"""How much one caller may ask for: a rate for each key."""

from __future__ import annotations

from math import ceil
from time import time

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from serve.errors import ServeError


class Rates:
    """Requests per second of each key, counted in this process; 0: as many as they like."""

    def __init__(self, per_second: int) -> None:
        self._item = RateLimitItemPerSecond(per_second) if per_second else None
        # the cheapest that the library has: 5 us a request, the others 7 to 8
        self._limiter = FixedWindowRateLimiter(MemoryStorage()) if per_second else None

    def count(self, caller: str) -> None:
        """Count a request of this key. Raises ServeError (429) where it is one too many."""
        if self._limiter is None or self._item is None or self._limiter.hit(self._item, caller):
            return
        ends = self._limiter.get_window_stats(self._item, caller).reset_time
        raise ServeError(
            f"this key may send {self._item.amount} requests a second; wait as retry-after says",
            status=429,
            headers={"retry-after": str(max(ceil(ends - time()), 1))},
            reason="rate",
        )
