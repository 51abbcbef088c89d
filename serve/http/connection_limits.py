"""Limits on a connection: the bytes and seconds of a head, and what comes beside and after a body.

The head is the request line with the headers. The server itself reads one however long it is,
waits for its end as long as it takes, keeps trailers, queues requests that were sent ahead, and
says in plain text that something was not HTTP.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from typing import Any

from uvicorn import config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serve.errors import MESSAGES, ServeError, error_body
from serve.http.open_connections import ConnectionLimits, OpenConnections

MOST_HEAD_BYTES = 64 * 1024
MOST_HEADERS = 100
# Bytes of a chunked body that are none of it: sizes, extensions, trailers.
MOST_FRAMING_BYTES, MOST_FRAMING_TIMES = 64 * 1024, 16
MOST_PIPELINED = 100
NOWHERE: deque[tuple[bytes, bytes]] = deque(maxlen=0)
NOT_HTTP = ServeError("this is no HTTP request: its first line, a header or its length is wrong")
TOO_LONG = ServeError(f"the head is larger than {MOST_HEAD_BYTES:,} bytes", status=431)
TOO_MANY = ServeError(f"the head has more than {MOST_HEADERS} headers", status=431)
TOO_MUCH_FRAMING = ServeError(
    "chunk sizes, extensions and trailers are larger than the body: send it in larger chunks"
)
TOO_MANY_AHEAD = ServeError(
    f"more than {MOST_PIPELINED} requests were sent ahead of their answers: use more connections",
    status=429,
)
NO_ROOM = ServeError("too many connections are open; try again in a second", status=503)
TOO_SLOW = ServeError(MESSAGES[408], status=408)
LINES = {
    400: b"HTTP/1.1 400 Bad Request",
    408: b"HTTP/1.1 408 Request Timeout",
    429: b"HTTP/1.1 429 Too Many Requests",
    431: b"HTTP/1.1 431 Request Header Fields Too Large",
    503: b"HTTP/1.1 503 Service Unavailable",
}


class OrderlyFlow(FlowControl):
    """Reads nothing more from a connection while requests that were sent ahead wait on it."""

    def __init__(self, transport: asyncio.Transport, ahead: deque[Any]) -> None:
        super().__init__(transport)
        self._ahead = ahead

    def resume_reading(self) -> None:
        """Go on reading, unless requests wait: the last of them goes on when its turn comes."""
        if not self._ahead:
            super().resume_reading()


class LimitedProtocol(HttpToolsProtocol):
    """A connection on which a head must be short, and come soon, and nothing else is endless."""

    limited = OpenConnections(ConnectionLimits())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # no connection is to become another kind, which these limits would not know
        self.ws_protocol_class = None
        self._in_head = True
        self._head_bytes = 0
        self._sent_bytes = self._body_bytes = 0
        self._refusal = NOT_HTTP
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the answer has begun before the request was there."""
        return self.cycle is not None and self.cycle.response_started and not self._in_head

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first head has to come."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self.flow = OrderlyFlow(self.transport, self.pipeline)
        if self.limited.add(self):
            self._start_timer()
        else:
            self._close_with(NO_ROOM)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_timer()
        self.limited.remove(self)
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes: of a head, of a body, or of both."""
        if self._in_head:
            self._start_timer()
            self._head_bytes += len(data)
        else:
            self._sent_bytes += len(data)
        super().data_received(data)
        if self._in_head:
            if self._head_bytes > MOST_HEAD_BYTES:
                self._close_with(TOO_LONG)
        elif self._sent_bytes > MOST_FRAMING_BYTES + MOST_FRAMING_TIMES * self._body_bytes:
            self._close_with(TOO_MUCH_FRAMING)

    def on_message_begin(self) -> None:
        """The first byte of a head, if need be in one packet with the body before it."""
        self._start_timer()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A request is there. Raises ServeError, which the server takes for a wrong request."""
        if (
            len(self.headers) > MOST_HEADERS
            or self._head_bytes > MOST_HEAD_BYTES
            or len(self.pipeline) >= MOST_PIPELINED
        ):
            self._check_head()
        super().on_headers_complete()
        # subtle: not before, since that may find the head to be wrong
        self._in_head = False
        self._head_bytes = self._sent_bytes = self._body_bytes = 0
        # subtle: trailers are headers to the parser; here they go nowhere
        self.headers = NOWHERE  # type: ignore[assignment]
        self._stop_timer()
        self.limited.stops_waiting(self)

    def on_body(self, body: bytes) -> None:
        """Some bytes of a body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """What comes next is a head again; until its first byte, it may take its time."""
        self._in_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The next request may come, unless the body of this one is still on its way."""
        is_last = not self.pipeline
        super().on_response_complete()
        if not is_last:
            return
        if self._in_head:
            self.limited.starts_waiting(self)
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        """The caller reads more slowly than it is answered."""
        super().pause_writing()
        self.limited.bound_unsent()

    def send_400_response(self, msg: str) -> None:
        """Send the error in the one shape."""
        self._close_with(self._refusal)

    def _check_head(self) -> None:
        if len(self.headers) > MOST_HEADERS:
            self._refusal = TOO_MANY
        elif len(self.pipeline) >= MOST_PIPELINED:
            self._refusal = TOO_MANY_AHEAD
        elif self._head_bytes > MOST_HEAD_BYTES and self._size_of_head() > MOST_HEAD_BYTES:
            self._refusal = TOO_LONG
        else:
            return
        raise self._refusal

    def _size_of_head(self) -> int:
        """Bytes of the head alone; those that were received may be a body's, too."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _start_timer(self) -> None:
        if self._timer is None:
            seconds = self.limited.limits.head_seconds
            self._timer = asyncio.get_running_loop().call_later(seconds, self._on_timeout)

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


def limited_protocol(limits: ConnectionLimits) -> type[LimitedProtocol]:
    """The protocol of one server, whose connections these limits bind together."""

    class Limited(LimitedProtocol):
        limited = OpenConnections(limits)

    return Limited


def limit_connections(limits: ConnectionLimits) -> None:
    """Let the server of this process use this protocol: it is made after the application."""
    config.HTTP_PROTOCOLS["auto"] = limited_protocol(limits)  # type: ignore[assignment]
