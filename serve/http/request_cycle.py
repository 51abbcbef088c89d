"""One request and its response: the steps in order, and what is counted and logged of them."""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter

from starlette.types import Receive, Scope, Send

from serve.errors import ServeError, error_for_status
from serve.http.bentoml_response import UpstreamResponse
from serve.http.body import (
    BodyReader,
    ClientDisconnected,
    discard_rest,
    ignore_body,
    read_body,
)
from serve.http.headers import RequestHeaders
from serve.http.own_response import OwnResponse
from serve.http.response_headers import PAGE_HEADERS
from serve.http.routes import (
    JSON_TYPE,
    UNKNOWN,
    Request,
    Response,
    StreamedResponse,
    refuse_query,
)
from serve.http.worker_state import WorkerState
from serve.metrics import record as metrics

logger = logging.getLogger(__name__)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
DISCARD_SECONDS = 5.0
# a slow caller has had its time; and nothing is waited for where the process ends
DISCARD_SECONDS_OF = {408: 1.0, 503: 0.0}
ENDED = "the service ends, and this answer would have taken longer: ask again"
# The status that is logged where the client closed the connection (nginx's convention).
CLIENT_CLOSED = 499


class Exchange:
    """One request from its headers to the end of its response."""

    __slots__ = (
        *("_begun", "_body", "_body_is_read", "_caller", "_deadline", "_error", "_headers"),
        *("_is_counted", "_path", "_receive", "_response", "_route", "_scope", "_seconds", "_send"),
        *("_sharer", "_state"),
    )

    def __init__(self, state: WorkerState, scope: Scope, receive: Receive, send: Send) -> None:
        self._begun = perf_counter()
        self._state, self._scope, self._receive, self._send = state, scope, receive, send
        self._body = BodyReader(receive, state.body_memory)
        self._headers = RequestHeaders(scope["headers"])
        self._path: str = scope["path"]
        self._route = UNKNOWN
        self._response = OwnResponse(state, send, self._headers.request_id)
        self._caller = self._sharer = ""
        self._seconds = 0.0
        self._is_counted = self._body_is_read = False
        self._error: BaseException | None = None
        self._deadline = asyncio.timeout(state.settings.body_seconds)

    async def run(self) -> None:
        """Answer the request, then count and log it."""
        try:
            await self._answer_or_refuse()
        finally:
            self._release()
            self._record()

    async def _answer_or_refuse(self) -> None:
        try:
            async with self._deadline:
                await self._answer()
            return
        except ServeError as error:
            refusal = error
        except ClientDisconnected:
            self._response.status = CLIENT_CLOSED
            return
        except asyncio.CancelledError:
            if not self._state.shutting_down or self._response.started:
                raise
            refusal = ServeError(ENDED, status=503)
        except Exception as error:
            refusal = self._as_refusal(error)
        if self._response.started:
            # subtle: too late for an error; the server closes the connection of an unfinished
            # response
            self._response.status = refusal.status
            return
        await self._refuse(refusal)

    async def _answer(self) -> None:
        state, scope = self._state, self._scope
        route, path_value = state.router.find(self._path, scope.get("raw_path", b""))
        self._route = route
        self._caller = state.access.identify(self._headers, scope.get("server"), route.open)
        self._sharer = state.access.sharer(self._caller)
        state.access.count(self._caller)
        if self._headers.has_body and not route.reads_body:
            await ignore_body(self._body, self._path)
        if route.handler is None:
            await self._pass_on()
            return
        if scope["method"] not in route.methods:
            allow = ", ".join(route.methods)
            raise error_for_status(405, method=scope["method"], path=self._path, allow=allow)
        query = scope["query_string"].decode("latin-1")
        if query and not route.reads_query:
            refuse_query(route, query)
        body = b""
        if route.reads_body:
            self._body.count_for(self._sharer)
            most_bytes = state.settings.max_body_bytes
            body = await read_body(self._headers, self._path, self._body, most_bytes)
        if not route.exempt_from_limit:
            self._count_in_flight()
        self._start_answer_deadline()
        asked = Request(body, path_value, query, self._headers.accepts_lines)
        await self._respond(await route.handler(asked))

    def _count_in_flight(self) -> None:
        in_flight = self._state.in_flight
        in_flight.take(self._sharer)
        self._is_counted = True
        metrics.set_in_flight(in_flight.used)

    def _release(self) -> None:
        self._body.release()
        if self._is_counted:
            self._is_counted = False
            in_flight = self._state.in_flight
            in_flight.give_back(self._sharer)
            metrics.set_in_flight(in_flight.used)

    def _start_answer_deadline(self) -> None:
        """The body, if any, is read: from now on it is the service's time that runs."""
        self._body_is_read = True
        seconds = self._state.settings.timeout_seconds
        self._deadline.reschedule(asyncio.get_running_loop().time() + seconds)

    async def _pass_on(self) -> None:
        """Let the application behind the middleware answer: BentoML, and the page."""
        self._start_answer_deadline()
        headers = [*PAGE_HEADERS, *self._response.own_headers()]
        upstream = UpstreamResponse(self._send, self._scope["method"], self._path, headers)
        try:
            await self._state.app(self._scope, self._receive, upstream.send)
        finally:
            self._response.started, self._response.status = upstream.started, upstream.status
        if upstream.error is not None:
            raise upstream.error

    async def _respond(self, made: bytes | Response | StreamedResponse) -> None:
        """Send what a handler has made; of parts, the deadline is that of each, not of all."""
        if isinstance(made, bytes):
            await self._response.send_whole(200, made, JSON_TYPE)
        elif isinstance(made, StreamedResponse):
            await self._response.send_in_parts(
                made,
                self._receive,
                before_each=self._start_answer_deadline,
                as_refusal=self._as_refusal,
            )
        else:
            await self._response.send_whole(made.status, made.body, made.content_type)

    def _as_refusal(self, error: Exception) -> ServeError:
        """What went wrong that is not the caller's doing."""
        if isinstance(error, TimeoutError) and self._deadline.expired():
            return error_for_status(504 if self._body_is_read else 408, method="", path="")
        self._error = error
        return error_for_status(500, method="", path="")

    async def _refuse(self, error: ServeError) -> None:
        self._release()
        unread = self._headers.has_body and not self._body.is_complete
        await self._response.send_refusal(error, unread=unread)
        self._seconds = perf_counter() - self._begun
        if unread:
            if not self._headers.expects_continue:
                seconds = DISCARD_SECONDS_OF.get(error.status, DISCARD_SECONDS)
                await discard_rest(self._body, seconds)
            await self._response.end()

    def _record(self) -> None:
        """One count and, for errors or if the settings say so, one log line."""
        seconds = self._seconds or perf_counter() - self._begun
        method = self._scope["method"] if self._scope["method"] in METHODS else "OTHER"
        label, status = self._route.label, self._response.status
        metrics.observe_request(label, method, status, seconds)
        if status < 400 and self._state.settings.access_log == "errors":
            return
        level = logging.INFO if status < 500 else logging.WARNING
        logger.log(
            logging.ERROR if self._error else level,
            "%s %s: %d",
            *(method, label, status),
            exc_info=self._error,
            extra={
                "request_id": self._headers.request_id,
                "door": label,
                "method": method,
                "status": status,
                "milliseconds": round(seconds * 1e3, 3),
                "key": self._caller,
            },
        )
