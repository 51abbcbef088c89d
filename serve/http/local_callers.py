"""Whether a request comes from this machine itself, not by it from elsewhere.

A browser on this machine sends what pages of other sites ask it to: it says so in two headers,
which no page can change. A proxy on this machine sends what others ask it to, and says so, too.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from serve.errors import ServeError
from serve.http.headers import RequestHeaders

LOCAL_HOST = re.compile(rb"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
# "none": the user has typed the address
NEAR = frozenset({b"", b"none", b"same-origin"})
SET_KEYS = "set PERENNIAL_API_KEYS or PERENNIAL_API_KEYS_FILE"
NO_KEYS = (
    "without API keys the service answers this machine alone, under localhost, 127.0.0.1 or [::1]: "
    f"{SET_KEYS}"
)
FORWARDED = (
    "without API keys the service answers this machine alone, and this request was forwarded by a "
    f"proxy: {SET_KEYS}"
)
OTHER_SITE = (
    "without API keys the service answers no page of another site, nor of another port: open its "
    f"own page, or {SET_KEYS}"
)


def refuse_strangers(
    headers: RequestHeaders, server: tuple[str, int | None] | None, is_open: bool
) -> None:
    """Raises ServeError (403) unless this machine itself asks.

    server    address that the request came in by; None for a socket of this machine
    is_open   whether the endpoint tells nothing that a page of another site may not see
    """
    if server is not None and not is_loopback(server[0]):
        raise ServeError(NO_KEYS, status=403)
    if LOCAL_HOST.fullmatch(headers.host) is None:
        # a page from elsewhere whose name was made to point here
        raise ServeError(NO_KEYS, status=403)
    if headers.is_forwarded:
        raise ServeError(FORWARDED, status=403)
    if not is_open and _is_of_other_site(headers):
        raise ServeError(OTHER_SITE, status=403)


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


def _is_of_other_site(headers: RequestHeaders) -> bool:
    """subtle: older browsers send Origin only, and no browser sends it with a plain GET."""
    if headers.fetch_site not in NEAR:
        return True
    if not headers.origin:
        return False
    scheme, _, host = headers.origin.lower().partition(b"://")
    return scheme not in {b"http", b"https"} or host != headers.host.lower()
