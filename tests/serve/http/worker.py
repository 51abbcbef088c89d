"""A worker in this process: a real server with real sockets, and little that it may use."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import uvicorn
from starlette.types import Receive, Scope, Send

from serve.api.endpoints import ENDPOINTS, Endpoint
from serve.http.access_control import AccessControl
from serve.http.api_keys import ApiKeys, make_key
from serve.http.connection_limits import limited_protocol
from serve.http.middleware import Middleware
from serve.http.open_connections import ConnectionLimits
from serve.http.rate_limits import RateLimits
from serve.http.routes import Request, Router
from serve.settings import Settings

CRM, SHOP = make_key("crm"), make_key("shop")
SECONDS = 20.0


async def upstream(scope: Scope, receive: Receive, send: Send) -> None:
    """What is behind the middleware: it starts, it ends, and it has no pages."""
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        return
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@dataclass
class Worker:
    """The server, and what its handlers did.

    answered   how many requests came to a handler
    go_on      what /held waits for
    """

    settings: Settings
    limits: ConnectionLimits
    answered: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    _opened: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        keys = ApiKeys(self.settings.api_keys)
        access = AccessControl(keys, RateLimits(self.settings.rate_per_second))
        self.middleware = Middleware(upstream, self.settings, access, self._router)
        self.protocol = limited_protocol(self.limits)
        config = uvicorn.Config(
            self.middleware, port=0, http=self.protocol, log_config=None, server_header=False
        )
        self.server = uvicorn.Server(config)

    def find_port(self) -> None:
        """Where the server listens, once it has started."""
        [listening] = self.server.servers[0].sockets
        self.port = listening.getsockname()[1]

    def connect(self, *parts: bytes, buffer: int = 0) -> socket.socket:
        """A connection on which these bytes were sent."""
        plain = socket.socket()
        self._opened.append(plain)
        if buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        plain.settimeout(SECONDS)
        plain.connect(("127.0.0.1", self.port))
        for part in parts:
            plain.sendall(part)
        return plain

    def exchange(self, *parts: bytes) -> bytes:
        """What comes back until the connection is closed."""
        with self.connect(*parts) as plain:
            return everything(plain)

    def hang_up(self) -> None:
        """Close the connections that were made here, and wait until none is left."""
        self.go_on.set()
        while self._opened:
            self._opened.pop().close()
        until(lambda: not self.server.server_state.connections)

    def _router(self, is_shutting_down: Callable[[], bool]) -> Router:
        async def echo(request: Request) -> bytes:
            self.answered += 1
            return request.body

        async def count(request: Request) -> bytes:
            self.answered += 1
            return b"x" * int(request.path_value)

        async def held(request: Request) -> bytes:
            self.answered += 1
            while not self.go_on.is_set():
                await asyncio.sleep(0.01)
            return b"{}"

        return Router(
            [
                *[each for each in ENDPOINTS if each.upstream],
                Endpoint("POST", "/echo", "echo"),
                Endpoint("GET", "/bytes/{number}", "bytes"),
                Endpoint("GET", "/held", "held"),
            ],
            {"echo": echo, "bytes": count, "held": held},
        )


@contextlib.contextmanager
def running(limits: ConnectionLimits, **settings: object) -> Iterator[Worker]:
    """A worker in a thread of its own, with two keys unless there are to be none."""
    given = {"api_keys": f"{CRM['line']},{SHOP['line']}", "rate_per_second": 0, **settings}
    worker = Worker(Settings(tracking_uri="none", **given), limits)  # type: ignore[arg-type]
    thread = threading.Thread(target=worker.server.run, daemon=True)
    thread.start()
    until(lambda: worker.server.started)
    worker.find_port()
    try:
        yield worker
    finally:
        worker.hang_up()
        worker.server.force_exit = worker.server.should_exit = True
        thread.join(SECONDS)


def ask(method: str, path: str, *headers: str, key: str = CRM["key"], body: bytes = b"") -> bytes:
    """A request, on a connection that may be used again."""
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", *headers]
    lines += [f"x-api-key: {key}"] if key else []
    lines += ["content-type: application/json"] if method == "POST" else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def everything(plain: socket.socket) -> bytes:
    """What comes until the connection is closed, properly or not."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while part := plain.recv(1 << 20):
            got += part
    return got


def pump(plain: socket.socket, block: bytes, most: int) -> int:
    """Send a block again and again until the other side has had enough; how many bytes it took."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < most:
            sent += plain.send(block)
    return sent


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes soon."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
