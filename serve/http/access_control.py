"""Access control: a key, or, where there are no keys, this machine alone."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from serve.errors import MESSAGES, ServeError
from serve.http.api_keys import ApiKeys
from serve.http.headers import RequestHeaders
from serve.http.rate_limits import RateLimits

LOCAL_NAMES = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})
NO_KEYS = (
    "without API keys the service answers this machine alone, under localhost, 127.0.0.1 or [::1]: "
    "set PERENNIAL_API_KEYS or PERENNIAL_API_KEYS_FILE"
)


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
            if server is not None and not is_loopback(server[0]):
                raise ServeError(NO_KEYS, status=403)
            if _host_name(headers.host) not in LOCAL_NAMES:
                # a page from elsewhere whose name was made to point here
                raise ServeError(NO_KEYS, status=403)
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


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether an address is one of this machine's own; a path is that of a local socket."""
    if host.startswith("/") or host in {"", "localhost"}:
        return host != ""
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    inner = getattr(address, "ipv4_mapped", None)
    return (inner or address).is_loopback


@lru_cache(maxsize=64)
def _host_name(host: bytes) -> bytes:
    """The name in a Host header, without the port."""
    name = host.lower()
    if name.startswith(b"["):
        return name[: name.find(b"]") + 1]
    return name.partition(b":")[0]
