"""An amount that all callers share; one key may take no more than it leaves to the others."""

from __future__ import annotations

from serve.errors import ServeError


class SharedLimit:
    """What is taken of an amount, all together and by each key.

    A key that is alone may so take half of it, two keys a third each: whoever comes next finds
    something left.

    limit   all there is
    full    the refusal where nothing is left
    unit    what is counted, as in "this key has 64 requests in flight"
    used    taken by all together
    """

    __slots__ = ("_of_key", "full", "limit", "unit", "used")

    def __init__(self, limit: int, *, full: str, unit: str) -> None:
        self.limit, self.full, self.unit = limit, full, unit
        self.used = 0
        self._of_key: dict[str, int] = {}

    def take(self, key: str, amount: int = 1) -> None:
        """Take some of it. Raises ServeError (429) where that is too much, and takes nothing.

        key   "" for a caller who shares with nobody: there are no keys, or only one
        """
        left = self.limit - self.used
        if amount > left:
            raise ServeError(self.full, status=429, reason="busy")
        if key:
            own = self._of_key.get(key, 0)
            if own + amount > left:
                raise ServeError(
                    f"this key has {own:,} {self.unit}, and the rest is for others; "
                    "try again when one of its requests is answered",
                    status=429,
                    reason="share",
                )
            self._of_key[key] = own + amount
        self.used += amount

    def give_back(self, key: str, amount: int = 1) -> None:
        """What was taken is free again."""
        self.used -= amount
        if key:
            own = self._of_key[key] - amount
            if own:
                self._of_key[key] = own
            else:
                del self._of_key[key]
