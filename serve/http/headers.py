"""The request headers that the middleware acts on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

TOKEN = re.compile(rb"[A-Za-z0-9._-]{1,64}")
JSON = b"application/json"
JSON_LINES = frozenset({b"application/x-ndjson", b"application/jsonl"})


class RequestHeaders:
    """The headers that decide how a request is handled.

    key                what was presented as an API key; b"" if nothing
    request_id         the caller's own where it is a plain token, else a new one
    encoding           what the body is packed with; b"" if with nothing
    content_length     declared bytes of the body; None without a declaration
    has_body           whether a body follows
    expects_continue   whether the caller waits before it sends the body
    host               the name that the service was asked by
    origin             the page that asks, as a browser says; b"" without one
    fetch_site         how far that page is from here, as a browser says; b"" without one
    is_forwarded       whether it comes from elsewhere, by a proxy
    accepts_lines      whether JSON lines are asked for
    """

    __slots__ = (
        *("accepts_lines", "content_length", "content_type", "encoding", "expects_continue"),
        *("fetch_site", "has_body", "host", "is_forwarded", "key", "origin", "request_id"),
    )

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.key = self.host = self.encoding = self.origin = self.fetch_site = b""
        self.content_type = JSON
        self.content_length: int | None = None
        self.expects_continue = self.has_body = self.is_forwarded = self.accepts_lines = False
        self.request_id = ""
        for name, value in headers:
            if name in READERS:
                READERS[name](self, value)
        self.request_id = self.request_id or os.urandom(8).hex()


def _authorization(headers: RequestHeaders, value: bytes) -> None:
    scheme, _, key = value.partition(b" ")
    if scheme.lower() == b"bearer":
        headers.key = key.strip()


def _api_key(headers: RequestHeaders, value: bytes) -> None:
    """Of two keys the one in Authorization counts, in whichever order they come."""
    headers.key = headers.key or value.strip()


def _request_id(headers: RequestHeaders, value: bytes) -> None:
    if TOKEN.fullmatch(value):
        headers.request_id = value.decode()


def _content_type(headers: RequestHeaders, value: bytes) -> None:
    headers.content_type = value.split(b";", maxsplit=1)[0].strip().lower()


def _content_length(headers: RequestHeaders, value: bytes) -> None:
    """subtle: the server reads lengths that are too large for this, and what follows them."""
    headers.has_body = headers.has_body or value.strip(b"0") != b""
    if value.isdigit() and len(value) < 20:
        headers.content_length = int(value)


def _transfer_encoding(headers: RequestHeaders, value: bytes) -> None:
    """subtle: the server undoes chunks only, and passes on what was packed besides."""
    headers.has_body = True
    if value.strip().lower() != b"chunked":
        headers.encoding = value


def _content_encoding(headers: RequestHeaders, value: bytes) -> None:
    headers.encoding = headers.encoding or value.strip().lower().replace(b"identity", b"")


def _expect(headers: RequestHeaders, value: bytes) -> None:
    headers.expects_continue = True


def _accept(headers: RequestHeaders, value: bytes) -> None:
    kinds = {each.split(b";", maxsplit=1)[0].strip().lower() for each in value.split(b",")}
    headers.accepts_lines = headers.accepts_lines or not kinds.isdisjoint(JSON_LINES)


def _host(headers: RequestHeaders, value: bytes) -> None:
    """Two names are none that can be relied on."""
    headers.host = value if not headers.host else b"two names"


def _origin(headers: RequestHeaders, value: bytes) -> None:
    headers.origin = value if not headers.origin else b"two origins"


def _fetch_site(headers: RequestHeaders, value: bytes) -> None:
    headers.fetch_site = value if not headers.fetch_site else b"two sites"


def _forwarded(headers: RequestHeaders, value: bytes) -> None:
    headers.is_forwarded = True


READERS = {
    b"accept": _accept,
    b"authorization": _authorization,
    b"content-encoding": _content_encoding,
    b"content-length": _content_length,
    b"content-type": _content_type,
    b"expect": _expect,
    b"forwarded": _forwarded,
    b"host": _host,
    b"origin": _origin,
    b"sec-fetch-site": _fetch_site,
    b"transfer-encoding": _transfer_encoding,
    b"via": _forwarded,
    b"x-api-key": _api_key,
    b"x-forwarded-for": _forwarded,
    b"x-forwarded-host": _forwarded,
    b"x-forwarded-proto": _forwarded,
    **dict.fromkeys(
        (
            *(b"cf-connecting-ip", b"true-client-ip", b"x-client-ip", b"x-cluster-client-ip"),
            *(b"x-envoy-external-address", b"x-forwarded", b"x-forwarded-port"),
            *(b"x-forwarded-server", b"x-original-forwarded-for", b"x-real-ip"),
        ),
        _forwarded,
    ),
    b"x-request-id": _request_id,
}
