"""The response of the service itself: its headers, and the messages that it is sent in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from starlette.types import Receive, Send

from serve.errors import ServeError, error_body
from serve.http.response_headers import DATA_HEADERS, Headers
from serve.http.routes import JSON_TYPE, StreamedResponse
from serve.http.streaming import send_parts
from serve.http.worker_state import WorkerState
from serve.metrics import record as metrics


class OwnResponse:
    """Sends one response: whole, in parts, or a refusal.

    started   whether anything was sent, of this response or of one in its place
    status    what is counted and logged, 0 as long as there is none; where something went wrong
              after the start, the status of that
    """

    __slots__ = ("_request_id", "_send", "_state", "started", "status")

    def __init__(self, state: WorkerState, send: Send, request_id: str) -> None:
        self._state, self._send, self._request_id = state, send, request_id
        self.started = False
        self.status = 0

    def own_headers(self, *, closes: bool = False) -> Headers:
        """The request's id, and that the connection closes if it does: where the worker shuts
        down it always does.
        """
        headers = [(b"x-request-id", self._request_id.encode())]
        closes = closes or self._state.shutting_down
        return [*headers, (b"connection", b"close")] if closes else headers

    async def send_whole(self, status: int, body: bytes, content_type: bytes) -> None:
        """Send a body that is made."""
        await self._start(status, [*_headers_of(body, content_type), *self.own_headers()])
        await self._send({"type": "http.response.body", "body": body})

    async def send_in_parts(
        self,
        response: StreamedResponse,
        receive: Receive,
        *,
        before_each: Callable[[], None],
        as_refusal: Callable[[Exception], ServeError],
    ) -> None:
        """Send parts as they are made; what goes wrong is the last of them.

        Raises ClientDisconnected; before the start, whatever the first part raises.
        """
        async with aclosing(response.parts) as parts:
            first = await anext(parts)
            headers = [(b"content-type", response.content_type), *DATA_HEADERS]
            await self._start(200, [*headers, *self.own_headers()])
            rest = self._with_error_line(parts, as_refusal)
            await send_parts(first, rest, self._send, receive, before_each=before_each)

    async def send_refusal(self, error: ServeError, *, unread: bool) -> None:
        """Send an error. Of a request that is not all read, `end` is to follow."""
        metrics.observe_refusal(error.reason)
        body = error_body(error, self._request_id)
        headers = [
            *_headers_of(body, JSON_TYPE),
            *[(name.encode(), value.encode()) for name, value in error.headers.items()],
            *self.own_headers(closes=unread),
        ]
        await self._start(error.status, headers)
        await self._send({"type": "http.response.body", "body": body, "more_body": unread})

    async def end(self) -> None:
        """Nothing more comes."""
        await self._send({"type": "http.response.body", "body": b""})

    async def _start(self, status: int, headers: Headers) -> None:
        self.status, self.started = status, True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _with_error_line(
        self, parts: AsyncGenerator[bytes], as_refusal: Callable[[Exception], ServeError]
    ) -> AsyncGenerator[bytes]:
        try:
            async for part in parts:
                yield part
        except Exception as error:
            refusal = error if isinstance(error, ServeError) else as_refusal(error)
            self.status = refusal.status
            metrics.observe_refusal(refusal.reason)
            yield error_body(refusal, self._request_id) + b"\n"


def _headers_of(body: bytes, content_type: bytes) -> Headers:
    length = b"%d" % len(body)
    return [(b"content-type", content_type), (b"content-length", length), *DATA_HEADERS]
