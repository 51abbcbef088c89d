"""Limits on a connection before there is a request: bytes and seconds of its head.

The head is the request line with the headers. The server itself reads one however long it is,
waits for its end as long as it takes, and says in plain text that something was not HTTP.
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


class LimitedProtocol(HttpToolsProtocol):
    """A connection on which a head must be short, and come soon."""

    head_seconds = 20.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first head has to come."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes: of a head, of a body, or of both."""
        if self._in_head:
            self._start_timer()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MOST_HEAD_BYTES:
            self._close_with(TOO_LONG)

    def on_message_begin(self) -> None:
        """The first byte of a head, if need be in one packet with the body before it."""
        self._start_timer()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A request is there."""
        super().on_headers_complete()
        # subtle: not before, since that may find the head to be wrong
        self._in_head, self._head_bytes = False, 0
        self._stop_timer()

    def on_message_complete(self) -> None:
        """What comes next is a head again; until its first byte, it may take its time."""
        self._in_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Send the error in the one shape."""
        self._close_with(NOT_HTTP)

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.head_seconds, self._on_timeout)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timeout(self) -> None:
        self._timer = None
        if self._is_answering():
            # the head of the next request: the answer to this one comes first
            self._start_timer()
        else:
            self._close_with(TOO_SLOW)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _close_with(self, error: ServeError) -> None:
        self._stop_timer()
        if self.transport.is_closing():
            return
        in_body = not self._in_head and not self.cycle.response_started
        if in_body or not self._is_answering():
            body = error_body(error, os.urandom(8).hex())
            headers = b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d"
            head = LINES[error.status] + b"\r\n" + headers % len(body)
            self.transport.write(head + b"\r\n\r\n" + body)
        self.transport.close()


def limit_connections(head_seconds: float) -> None:
    """Let the server of this process use this protocol: it is made after the application."""
    LimitedProtocol.head_seconds = head_seconds
    config.HTTP_PROTOCOLS["auto"] = f"{__name__}:{LimitedProtocol.__name__}"
