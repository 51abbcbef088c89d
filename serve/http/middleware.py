"""The one middleware, outermost: every request comes in here, every response goes out here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.errors import MESSAGES
from serve.http.access_control import AccessControl
from serve.http.request_cycle import Exchange
from serve.http.routes import Router
from serve.http.shared_limits import SharedLimit
from serve.http.shutdown import delay_sigterm, nothing_to_break_off
from serve.http.worker_state import WorkerState
from serve.settings import Settings

# Bodies of the largest size that may be in memory at once.
MOST_BODIES = 8


class Middleware:
    """ASGI middleware around BentoML's application.

    make_router   called once the application has started, with a function that returns whether the
                  worker is shutting down
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        access: AccessControl,
        make_router: Callable[[Callable[[], bool]], Router],
    ) -> None:
        body_memory = SharedLimit(
            MOST_BODIES * settings.max_body_bytes,
            full="too many large requests at once; try again in a second",
            unit="bytes of requests in memory",
        )
        in_flight = SharedLimit(
            settings.max_in_flight, full=MESSAGES[429], unit="requests in flight"
        )
        self.state = WorkerState(app, settings, access, Router(), body_memory, in_flight)
        self._make_router = make_router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass startup and shutdown on."""
        if scope["type"] == "http":
            await Exchange(self.state, scope, receive, send).run()
        elif scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def label(self, path: str) -> str:
        """What metrics, logs and traces call a path."""
        return self.state.router.find(path)[0].label

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = self.state
        break_off: Callable[[], Awaitable[None]] = nothing_to_break_off

        async def send_on(message: Message) -> None:
            nonlocal break_off
            if message["type"] == "lifespan.startup.complete":
                state.router = self._make_router(lambda: state.shutting_down)
                break_off = delay_sigterm(state.settings.drain_seconds, self._begin_shutdown)
            if message["type"] == "lifespan.shutdown.complete":
                await break_off()
            await send(message)

        await state.app(scope, receive, send_on)

    def _begin_shutdown(self) -> None:
        self.state.shutting_down = True
