"""What the head of a request says, as far as it matters here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
JSON = b"application/json"


class Head:
    """The headers that decide about a request.

    key          what was presented as an API key; b"" if nothing
    request_id   the caller's own where it is a plain token, else a new one
    length       declared bytes of the body; None without a declaration
    has_body     whether a body follows
    """

    __slots__ = ("encoding", "expects", "has_body", "host", "key", "kind", "length", "request_id")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.key = self.host = self.encoding = b""
        self.kind = JSON
        self.length: int | None = None
        self.expects = self.has_body = False
        self.request_id = ""
        for name, value in headers:
            if name in READ:
                READ[name](self, value)
        self.request_id = self.request_id or os.urandom(8).hex()


def _authorization(head: Head, value: bytes) -> None:
    scheme, _, key = value.partition(b" ")
    if scheme.lower() == b"bearer":
        head.key = key.strip()


def _api_key(head: Head, value: bytes) -> None:
    """Of two keys the one in Authorization counts, in whichever order they come."""
    head.key = head.key or value.strip()


def _request_id(head: Head, value: bytes) -> None:
    if SANE_ID.fullmatch(value):
        head.request_id = value.decode()


def _content_type(head: Head, value: bytes) -> None:
    head.kind = value.split(b";", maxsplit=1)[0].strip().lower()


def _content_length(head: Head, value: bytes) -> None:
    if value.isdigit() and len(value) < 20:
        head.length = int(value)
        head.has_body = head.has_body or head.length > 0


def _transfer_encoding(head: Head, value: bytes) -> None:
    """subtle: the server undoes chunks only, and passes on what was packed besides."""
    head.has_body = True
    if value.strip().lower() != b"chunked":
        head.encoding = value


def _content_encoding(head: Head, value: bytes) -> None:
    head.encoding = head.encoding or value.strip().lower().replace(b"identity", b"")


def _expect(head: Head, value: bytes) -> None:
    head.expects = True


def _host(head: Head, value: bytes) -> None:
    """Two names are none that can be relied on."""
    head.host = value if not head.host else b"two names"


READ = {
    b"authorization": _authorization,
    b"content-encoding": _content_encoding,
    b"content-length": _content_length,
    b"content-type": _content_type,
    b"expect": _expect,
    b"host": _host,
    b"transfer-encoding": _transfer_encoding,
    b"x-api-key": _api_key,
    b"x-request-id": _request_id,
}
