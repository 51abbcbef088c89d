"""The one middleware, outermost: every request comes in here, and every answer goes out here."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.http.access import Guard
from serve.http.body import Stock
from serve.http.exchange import Visit
from serve.http.routes import Router
from serve.http.shutdown import delay_sigterm
from serve.settings import Settings

# Largest bodies that may be in memory at once.
MOST_BODIES = 8


class Front:
    """The application with everything in front of it.

    router    finds handlers; made once the application has started, and told how to know that the
              worker is about to end
    draining  whether the worker is about to end
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        guard: Guard,
        make_router: Callable[[Callable[[], bool]], Router],
    ) -> None:
        self.app = app
        self.settings = settings
        self.guard = guard
        self.router = Router()
        self.in_flight = 0
        self.draining = False
        self.stock = Stock(MOST_BODIES * settings.max_body_bytes)
        self._make_router = make_router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass the start and the end on."""
        if scope["type"] == "http":
            await Visit(self, scope, receive, send).run()
        elif scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def started(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self.router = self._make_router(lambda: self.draining)
                delay_sigterm(self.settings.drain_seconds, self._drain)
            await send(message)

        await self.app(scope, receive, started)

    def _drain(self) -> None:
        self.draining = True
