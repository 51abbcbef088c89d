"""The BentoML service: HTTP in, HTTP out; it translates and delegates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import bentoml

from serve.api import requests as wire
from serve.api.endpoints import ENDPOINTS
from serve.api.responses import LookupReply, PredictReply
from serve.handlers.page import pages
from serve.http.application import StartupCheck, WrappedService
from serve.http.routes import Handler, Request, Response, Router
from serve.metrics import record as metrics
from serve.settings import read_settings

THREADS = 2
STORE_THREADS = 4
INLINE_BYTES = 64 * 1024

Kind = TypeVar("Kind")


class PredictBody(bentoml.IODescriptor, wire.PredictRequest):  # type: ignore[misc]
    """Raw transactions."""


class FeaturesBody(bentoml.IODescriptor, wire.FeaturesRequest):  # type: ignore[misc]
    """Rows of the feature table."""


class LookupBody(bentoml.IODescriptor, wire.LookupRequest):  # type: ignore[misc]
    """Ids of scored customers."""


@bentoml.asgi_app(pages(), name="pages")
@bentoml.service(
    name="clv",
    service_class=WrappedService,
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
class ClvService(StartupCheck):
    """Customer lifetime value from raw transactions, from feature rows, or as it was stored.

    The middleware routes requests to handlers by `router`; the methods that BentoML knows go
    through the same handlers.
    """

    def __init__(self) -> None:
        # imported here: the process that supervises the workers reads this module, but not these
        from serve.api.openapi import describe_api
        from serve.handlers import examples
        from serve.handlers import lookup as stored
        from serve.handlers import predict as answer
        from serve.handlers.customer_list import list_customers
        from serve.handlers.model_info import describe_model
        from serve.handlers.overview import OverviewCache
        from serve.handlers.smoke_test import smoke_test
        from serve.model.live import LiveModel
        from serve.store.database import Database
        from serve.store.health import HealthCheck
        from serve.store.replica import Replica

        settings = read_settings()
        self._answer, self._stored = answer, stored
        self._listed, self._overview = list_customers, OverviewCache().read
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        self._readers = ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="store")
        self._live = LiveModel(settings, smoke_test)
        self._database = Database(settings.store, wait_seconds=settings.timeout_seconds)
        self._replica = Replica(self._database, settings.var / "last_good")
        self._health = HealthCheck(self._database, self._replica, settings.poll_seconds)
        self._is_shutting_down: Callable[[], bool] = bool
        keys = bool(settings.api_keys or settings.api_keys_file)

        def describe(bundle: object) -> dict[str, Any]:
            return describe_api(examples.of_bodies(bundle), keys=keys)

        self._describe_api, self._describe_model = describe, describe_model
        self._described: tuple[Any, bytes] | None = None
        self._live.start()
        self._health.start()

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """End the background threads."""
        self._live.stop()
        self._health.stop()
        for each in (self._threads, self._readers):
            each.shutdown(wait=False, cancel_futures=True)
        self._replica.close()
        self._database.close()

    @bentoml.api(input_spec=PredictBody, output_spec=PredictReply)  # type: ignore[untyped-decorator]
    async def predict(self, **asked: Any) -> Any:
        """Raw transactions of one or more customers -> predictions."""
        return await self._decoded(self._predict, asked)

    @bentoml.api(input_spec=FeaturesBody, output_spec=PredictReply)  # type: ignore[untyped-decorator]
    async def predict_features(self, **asked: Any) -> Any:
        """Rows of the feature table -> predictions."""
        return await self._decoded(self._predict_features, asked)

    @bentoml.api(input_spec=LookupBody, output_spec=LookupReply)  # type: ignore[untyped-decorator]
    async def lookup(self, **asked: Any) -> Any:
        """Customer ids -> the stored scores of the last batch."""
        return await self._decoded(self._lookup, asked, LookupReply)

    def router(self, is_shutting_down: Callable[[], bool]) -> Router:
        """The endpoints with their handlers; `is_shutting_down` is asked by /readyz."""
        self._is_shutting_down = is_shutting_down
        handlers: dict[str, Handler] = {
            "predict": self._predict,
            "predict_features": self._predict_features,
            "lookup": self._lookup,
            "customer": self._customer,
            "customers": self._customers,
            "overview": self._totals,
            "model": self._model,
            "ready": self._ready,
            "metrics": self._metrics,
            "describe": self._docs,
        }
        return Router(ENDPOINTS, handlers)

    async def _predict(self, request: Request) -> bytes:
        return await self._answered(self._answer.predict, request.body)

    async def _predict_features(self, request: Request) -> bytes:
        return await self._answered(self._answer.predict_features, request.body)

    async def _answered(self, answer: Callable[..., bytes], body: bytes) -> bytes:
        """A large request goes to a thread: it must not hold up the small ones."""
        model = self._live.require()
        if len(body) <= INLINE_BYTES:
            return answer(model, body)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, answer, model, body)

    async def _lookup(self, request: Request) -> bytes:
        return await self._read(self._stored.lookup_customers, request.body)

    async def _customer(self, request: Request) -> bytes:
        return await self._read(self._stored.lookup_customer, request.path_value, request.query)

    async def _customers(self, request: Request) -> Response:
        """No model is needed to show what one has left."""
        return await self._in_reader(lambda store: self._listed(store, request.query))

    async def _totals(self, request: Request) -> bytes:
        return await self._in_reader(self._overview)

    async def _read(self, answer: Callable[..., bytes], *asked: bytes | str) -> bytes:
        """The store is read in threads of its own: a slow one must not hold up predictions."""
        model = self._live.require()
        return await self._in_reader(lambda store: answer(model, store, *asked))

    async def _in_reader(self, answer: Callable[[Any], Kind]) -> Kind:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._replica.read, answer)

    async def _model(self, request: Request) -> bytes:
        live = self._live
        described = self._describe_model(live.require(), live.notice, live.candidate)
        return described.model_dump_json().encode()

    async def _ready(self, request: Request) -> Response:
        live, shutting_down = self._live, self._is_shutting_down()
        model = live.loaded
        registry = {True: "up", False: "down", None: "unused"}[live.registry_up]
        notices = [
            live.notice,
            self._health.notice,
            "it is about to end" if shutting_down else None,
        ]
        content = {
            "ready": model is not None and not shutting_down,
            "model": model and {"version": model.version, "source": model.source},
            "registry": registry,
            "store": self._health.state,
            "notice": "; ".join(filter(None, notices)) or None,
        }
        return Response(json.dumps(content).encode(), status=200 if content["ready"] else 503)

    async def _docs(self, request: Request) -> bytes:
        model = self._live.loaded
        if self._described is None or self._described[0] is not model:
            document = self._describe_api(model and model.bundle)
            self._described = model, json.dumps(document).encode()
        return self._described[1]

    async def _metrics(self, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        text = await loop.run_in_executor(self._readers, metrics.exposition)
        return Response(text, content_type=metrics.CONTENT_TYPE)

    async def _decoded(
        self,
        handler: Callable[[Request], Any],
        asked: dict[str, Any],
        reply: type[PredictReply] = PredictReply,
    ) -> Any:
        """A handler as BentoML calls it, from values to values."""
        given = {name: each for name, each in asked.items() if each is not None}
        body = json.dumps(given, default=lambda each: each.model_dump(mode="json")).encode()
        return reply.model_validate_json(await handler(Request(body, "", "")))
