"""The beginning of a request, before there is one: its head is bounded in bytes and in time.

The server itself reads a head however long it is, waits for its end as long as it takes, and says
in plain text that something was not HTTP.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from uvicorn import config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serve.errors import MESSAGES, ServeError, error_body

MOST_HEAD_BYTES = 64 * 1024
NOT_HTTP = ServeError("this is no HTTP request: its first line, a header or its length is wrong")
TOO_LONG = ServeError(f"the head is larger than {MOST_HEAD_BYTES:,} bytes", status=431)
TOO_SLOW = ServeError(MESSAGES[408], status=408)
LINES = {
    400: b"HTTP/1.1 400 Bad Request",
    408: b"HTTP/1.1 408 Request Timeout",
    431: b"HTTP/1.1 431 Request Header Fields Too Large",
}


class BoundedProtocol(HttpToolsProtocol):
    """A connection on which a head must be short, and come soon."""

    head_seconds = 20.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._in_head = True
        self._head_bytes = 0
        self._clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first head has to come."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wind()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes: of a head, of a body, or of both."""
        if self._in_head:
            self._wind()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MOST_HEAD_BYTES:
            self._end(TOO_LONG)

    def on_message_begin(self) -> None:
        """The first byte of a head, if need be in one packet with the body before it."""
        self._wind()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A request is there."""
        super().on_headers_complete()
        # subtle: not before, since that may find the head to be wrong
        self._in_head, self._head_bytes = False, 0
        self._stop()

    def on_message_complete(self) -> None:
        """What comes next is a head again; until its first byte, it may take its time."""
        self._in_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say it in the one shape."""
        self._end(NOT_HTTP)

    def _wind(self) -> None:
        if self._clock is None:
            self._clock = asyncio.get_running_loop().call_later(self.head_seconds, self._late)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _late(self) -> None:
        self._clock = None
        if self._answering():
            # the head of the next request: the answer to this one comes first
            self._wind()
        else:
            self._end(TOO_SLOW)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _end(self, error: ServeError) -> None:
        self._stop()
        if self.transport.is_closing():
            return
        in_body = not self._in_head and not self.cycle.response_started
        if in_body or not self._answering():
            body = error_body(error, os.urandom(8).hex())
            headers = b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d"
            head = LINES[error.status] + b"\r\n" + headers % len(body)
            self.transport.write(head + b"\r\n\r\n" + body)
        self.transport.close()


def bound(head_seconds: float) -> None:
    """Have the server of this process speak so; it is made after the application, and asks here."""
    BoundedProtocol.head_seconds = head_seconds
    config.HTTP_PROTOCOLS["auto"] = f"{__name__}:{BoundedProtocol.__name__}"
