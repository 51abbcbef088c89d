"""A small service behind the real middleware, for tests that need a process of their own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import bentoml

from serve.api.endpoints import ENDPOINTS, Endpoint
from serve.handlers.page import pages
from serve.http.application import StartupCheck, WrappedService
from serve.http.routes import Request, Response, Router
from serve.metrics import record as metrics
from serve.settings import read_settings


@bentoml.asgi_app(pages(), name="pages")
@bentoml.service(
    name="tiny",
    service_class=WrappedService,
    workers=2,
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
class Tiny(StartupCheck):
    def router(self, is_shutting_down: Callable[[], bool]) -> Router:
        async def echo(request: Request) -> bytes:
            return request.body

        async def slow(request: Request) -> bytes:
            """Until a test lets it go on."""
            while not (read_settings().var / "go-on").exists():
                await asyncio.sleep(0.02)
            return b"{}"

        async def broken(request: Request) -> bytes:
            logging.getLogger("serve.tiny").warning("a warning on the way")
            raise RuntimeError(f"{request.path_value} has spent {request.body.decode()}")

        async def ready(request: Request) -> Response:
            return Response(b"{}", status=503 if is_shutting_down() else 200)

        async def numbers(request: Request) -> Response:
            return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)

        return Router(
            [
                *[each for each in ENDPOINTS if each.upstream],
                Endpoint("POST", "/predict", "predict"),
                Endpoint("POST", "/slow", "slow"),
                Endpoint("POST", "/broken", "broken"),
                Endpoint("GET", "/customers/{customer_id}", "customer"),
                Endpoint("GET", "/readyz", "ready", open=True, exempt_from_limit=True),
                Endpoint("GET", "/metrics", "metrics", exempt_from_limit=True),
            ],
            {
                "predict": echo,
                "slow": slow,
                "broken": broken,
                "customer": broken,
                "ready": ready,
                "metrics": numbers,
            },
        )
