"""Access control: a key, or, where there are no keys, this machine alone."""

from __future__ import annotations

from serve.errors import MESSAGES, ServeError
from serve.http.api_keys import ApiKeys
from serve.http.headers import RequestHeaders
from serve.http.local_callers import refuse_strangers
from serve.http.rate_limits import RateLimits


class AccessControl:
    """Who may ask, and how often."""

    def __init__(self, keys: ApiKeys, rate_limits: RateLimits) -> None:
        self._keys = keys
        self._rate_limits = rate_limits

    def identify(
        self, headers: RequestHeaders, server: tuple[str, int | None] | None, is_open: bool
    ) -> str:
        """The name of the key, "" where none is needed. Raises ServeError: 401, 403.

        server    address that the request came in by; None for a socket of this machine
        is_open   whether the endpoint needs no key
        """
        if not self._keys.required:
            refuse_strangers(headers, server, is_open)
            return ""
        if is_open:
            return ""
        name = self._keys.name_of(headers.key)
        if name is None:
            raise ServeError(MESSAGES[401], status=401)
        return name

    def count(self, caller: str) -> None:
        """Count a request of a key. Raises ServeError (429) where it is one too many."""
        if caller:
            self._rate_limits.count(caller)

    def sharer(self, caller: str) -> str:
        """The key as one of several that share the service; "" where it has it for itself."""
        return caller if self._keys.are_several else ""
