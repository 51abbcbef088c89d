"""One request, told once and in order; each step is a small piece of its own."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from time import perf_counter
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from serve.errors import MESSAGES, ServeError, error_body, foreign
from serve.http.access import Guard
from serve.http.body import Gone, Incoming, Stock, read_body
from serve.http.headers import Head
from serve.http.response_headers import DATA, PAGE, Headers
from serve.http.routes import JSON_TYPE, UNKNOWN, Request, Router
from serve.http.upstream import Held
from serve.metrics import record as meters
from serve.settings import Settings

logger = logging.getLogger(__name__)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
LINGER_SECONDS = 5.0
LINGER_SLOW_SECONDS = 1.0
GONE = 499


class House(Protocol):
    """What a request comes to: the front, as far as a visit knows it."""

    app: ASGIApp
    settings: Settings
    guard: Guard
    router: Router
    in_flight: int
    stock: Stock
    draining: bool


class Visit:
    """One request from its head to the end of its answer."""

    __slots__ = (
        *(
            "_begun",
            "_caller",
            "_clock",
            "_entered",
            "_error",
            "_front",
            "_head",
            "_incoming",
        ),
        *("_path", "_read", "_receive", "_route", "_scope", "_seconds", "_send", "_started"),
        "_status",
    )

    def __init__(self, front: House, scope: Scope, receive: Receive, send: Send) -> None:
        self._begun = perf_counter()
        self._front, self._scope, self._receive, self._send = front, scope, receive, send
        self._incoming = Incoming(receive, front.stock)
        self._head = Head(scope["headers"])
        self._path: str = scope["path"]
        self._route = UNKNOWN
        self._caller = ""
        self._status = 0
        self._seconds = 0.0
        self._entered = self._read = self._started = False
        self._error: BaseException | None = None
        self._clock = asyncio.timeout(front.settings.body_seconds)

    async def run(self) -> None:
        """The story, and what is told of it."""
        try:
            await self._told()
        finally:
            self._leave()
            self._record()

    async def _told(self) -> None:
        try:
            async with self._clock:
                await self._story()
            return
        except ServeError as error:
            refusal = error
        except Gone:
            self._status = GONE
            return
        except Exception as error:
            refusal = self._failed(error)
        if self._started:
            # subtle: too late to say; the server closes a connection whose answer is not complete
            self._status = refusal.status
            return
        await self._refuse(refusal)

    async def _story(self) -> None:
        raw_path = self._scope.get("raw_path", b"")
        route, value = self._front.router.find(self._path, raw_path)
        self._route = route
        self._caller = self._front.guard.caller(self._head, self._scope.get("server"), route.open)
        self._front.guard.count(self._caller)
        if route.handler is None:
            await self._pass_on()
            return
        if self._scope["method"] not in route.methods:
            allow = ", ".join(route.methods)
            raise foreign(405, method=self._scope["method"], path=self._path, allow=allow)
        if not route.spare:
            self._enter()
        body = await self._body() if route.reads_body else b""
        self._give_time()
        query = self._scope["query_string"].decode("latin-1")
        reply = await route.handler(Request(body, value, query))
        if isinstance(reply, bytes):
            await self._answer(200, reply, JSON_TYPE)
        else:
            await self._answer(reply.status, reply.body, reply.content_type)

    def _enter(self) -> None:
        front = self._front
        if front.in_flight >= front.settings.max_in_flight:
            raise ServeError(MESSAGES[429], status=429, reason="busy")
        front.in_flight += 1
        self._entered = True
        meters.set_in_flight(front.in_flight)

    def _leave(self) -> None:
        self._incoming.give_back()
        if self._entered:
            self._entered = False
            self._front.in_flight -= 1
            meters.set_in_flight(self._front.in_flight)

    async def _body(self) -> bytes:
        most = self._front.settings.max_body_bytes
        return await read_body(self._head, self._path, self._incoming, most)

    def _give_time(self) -> None:
        """The body is here, if there is one: from now on it is our time that runs."""
        self._read = True
        seconds = self._front.settings.timeout_seconds
        self._clock.reschedule(asyncio.get_running_loop().time() + seconds)

    async def _pass_on(self) -> None:
        """The pages and what BentoML answers itself."""
        self._give_time()
        held = Held(self._send, self._scope["method"], self._path, [*PAGE, *self._closing()])
        try:
            await self._front.app(self._scope, self._receive, held.send)
        finally:
            self._started, self._status = held.started, held.status
        if held.error is not None:
            raise held.error

    async def _answer(self, status: int, body: bytes, kind: bytes) -> None:
        self._status, self._started = status, True
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *DATA]
        headers += self._closing()
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _closing(self) -> Headers:
        own = [(b"x-request-id", self._head.request_id.encode())]
        return [*own, (b"connection", b"close")] if self._front.draining else own

    def _failed(self, error: Exception) -> ServeError:
        """What went wrong that is not the caller's doing."""
        if isinstance(error, TimeoutError) and self._clock.expired():
            waiting = self._entered and not self._read
            return foreign(408 if waiting else 504, method="", path="")
        self._error = error
        return foreign(500, method="", path="")

    async def _refuse(self, error: ServeError) -> None:
        self._status, self._started = error.status, True
        self._leave()
        meters.observe_refusal(error.reason)
        body = error_body(error, self._head.request_id)
        unread = self._head.has_body and not self._incoming.ended
        headers = [
            *[(b"content-type", JSON_TYPE), (b"content-length", b"%d" % len(body)), *DATA],
            *[(name.encode(), value.encode()) for name, value in error.headers.items()],
            *self._closing(),
        ]
        if unread and not self._front.draining:
            headers.append((b"connection", b"close"))
        start = {"type": "http.response.start", "status": error.status, "headers": headers}
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body, "more_body": unread})
        self._seconds = perf_counter() - self._begun
        if unread:
            await self._linger()
            await self._send({"type": "http.response.body", "body": b""})

    async def _linger(self) -> None:
        """Let the rest of the body come and go, so that the caller gets to see the answer.

        subtle: to close a connection on which bytes are unread throws the answer away as well.
        """
        if self._head.expects:
            return
        seconds = LINGER_SLOW_SECONDS if self._status == 408 else LINGER_SECONDS
        with suppress(TimeoutError, Gone):
            async with asyncio.timeout(seconds):
                while not self._incoming.ended:
                    await self._incoming.skip()

    def _record(self) -> None:
        """One count and, where it is wanted, one line."""
        seconds = self._seconds or perf_counter() - self._begun
        method = self._scope["method"] if self._scope["method"] in METHODS else "OTHER"
        meters.observe_request(self._route.label, method, self._status, seconds)
        if self._status < 400 and self._front.settings.access_log == "errors":
            return
        level = logging.INFO if self._status < 500 else logging.WARNING
        logger.log(
            logging.ERROR if self._error else level,
            "%s %s: %d",
            *(method, self._route.label, self._status),
            exc_info=self._error,
            extra={
                "request_id": self._head.request_id,
                "door": self._route.label,
                "method": method,
                "status": self._status,
                "milliseconds": round(seconds * 1e3, 3),
                "key": self._caller,
            },
        )
