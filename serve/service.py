"""The BentoML service: HTTP in, HTTP out; it translates and delegates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import bentoml

from serve.api.budget import LINES_TYPE
from serve.api.endpoints import ENDPOINTS
from serve.api.requests import FeaturesRequest, LookupRequest, PredictRequest
from serve.api.responses import LookupReply, PredictReply
from serve.handlers.page import pages
from serve.http.application import StartupCheck, WrappedService
from serve.http.routes import Handler, Request, Response, Router, StreamedResponse
from serve.http.turns import in_turns
from serve.metrics import record as metrics
from serve.settings import read_settings

if TYPE_CHECKING:
    from serve.handlers.answer import Answer

THREADS = 2
STORE_THREADS = 4
# What is no more than this is answered at once: it takes as long as to hand it to a thread.
INLINE_BYTES = 64 * 1024
INLINE_WORK = 2_000

Kind = TypeVar("Kind")


class PredictBody(bentoml.IODescriptor, PredictRequest):  # type: ignore[misc]
    """Raw transactions."""


class FeaturesBody(bentoml.IODescriptor, FeaturesRequest):  # type: ignore[misc]
    """Rows of the feature table."""


class LookupBody(bentoml.IODescriptor, LookupRequest):  # type: ignore[misc]
    """Ids of scored customers."""


@bentoml.asgi_app(pages(), name="pages")
@bentoml.service(
    name="clv",
    service_class=WrappedService,
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
class ClvService(StartupCheck):
    """Customer lifetime value from raw transactions, from feature rows, or as a batch stored it.

    The middleware routes requests to handlers by `router`; the methods that BentoML knows go
    through the same handlers.
    """

    def __init__(self) -> None:
        # imported here: the process that supervises the workers reads this module, but not these
        from serve.api.openapi import describe_api
        from serve.handlers import answer, examples, lookup, predict
        from serve.handlers.customer_list import list_customers
        from serve.handlers.model_info import describe_model
        from serve.handlers.overview import OverviewCache
        from serve.handlers.readiness import readiness
        from serve.handlers.smoke_test import smoke_test
        from serve.model.live import LiveModel
        from serve.store.database import Database
        from serve.store.health import HealthCheck
        from serve.store.replica import Replica

        settings = read_settings()
        self._prediction, self._lookups, self._answers = predict, lookup, answer
        self._list_customers, self._read_overview = list_customers, OverviewCache().read
        self._prediction_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="predict")
        self._store_threads = ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="store")
        self._live = LiveModel(settings, smoke_test)
        self._database = Database(settings.store, wait_seconds=settings.timeout_seconds)
        self._replica = Replica(self._database, settings.var / "last_good")
        self._health = HealthCheck(self._database, self._replica, settings.poll_seconds)
        self._is_shutting_down: Callable[[], bool] = bool
        keys = bool(settings.api_keys or settings.api_keys_file)

        def describe(bundle: object) -> dict[str, Any]:
            return describe_api(examples.of_bodies(bundle), keys=keys)

        self._describe_api, self._describe_model = describe, describe_model
        self._readiness = readiness
        self._described: tuple[Any, bytes] | None = None
        self._live.start()
        self._health.start()

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """End the background threads."""
        self._live.stop()
        self._health.stop()
        for each in (self._prediction_threads, self._store_threads):
            each.shutdown(wait=False, cancel_futures=True)
        self._replica.close()
        self._database.close()

    @bentoml.api(input_spec=PredictBody, output_spec=PredictReply)  # type: ignore[untyped-decorator]
    async def predict(self, **fields: Any) -> Any:
        """Raw transactions of one or more customers -> predictions."""
        return await self._call(self._predict, fields)

    @bentoml.api(input_spec=FeaturesBody, output_spec=PredictReply)  # type: ignore[untyped-decorator]
    async def predict_features(self, **fields: Any) -> Any:
        """Rows of the feature table -> predictions."""
        return await self._call(self._predict_features, fields)

    @bentoml.api(input_spec=LookupBody, output_spec=LookupReply)  # type: ignore[untyped-decorator]
    async def lookup(self, **fields: Any) -> Any:
        """Customer ids -> the stored scores of the last batch."""
        return await self._call(self._lookup, fields, LookupReply)

    def router(self, is_shutting_down: Callable[[], bool]) -> Router:
        """The endpoints with their handlers; `is_shutting_down` is asked by /readyz."""
        self._is_shutting_down = is_shutting_down
        handlers: dict[str, Handler] = {
            "predict": self._predict,
            "predict_features": self._predict_features,
            "lookup": self._lookup,
            "customer": self._customer,
            "customers": self._customers,
            "overview": self._overview,
            "model": self._model,
            "ready": self._ready,
            "metrics": self._metrics,
            "describe": self._describe,
        }
        return Router(ENDPOINTS, handlers)

    async def _predict(self, request: Request) -> bytes | StreamedResponse:
        # the one look at the clock: it warns of transactions that are yet to come
        read = partial(self._prediction.read_predict, now=datetime.now(UTC))
        return await self._run_prediction(read, request)

    async def _predict_features(self, request: Request) -> bytes | StreamedResponse:
        return await self._run_prediction(self._prediction.read_predict_features, request)

    async def _run_prediction(
        self, read: Callable[..., Answer], request: Request
    ) -> bytes | StreamedResponse:
        """A large body is read in a thread: it must not hold up the small ones."""
        model = self._live.require()
        ask = partial(read, model, request.body, streamed=request.lines)
        if len(request.body) <= INLINE_BYTES:
            answer = ask()
        else:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._prediction_threads, ask)
        return await self._respond(answer, lines=request.lines)

    async def _lookup(self, request: Request) -> bytes | StreamedResponse:
        read, model = self._lookups.read_lookup, self._live.require()
        answer = await self._in_store_thread(
            lambda store: read(model, store, request.body, streamed=request.lines)
        )
        return await self._respond(answer, lines=request.lines)

    async def _customer(self, request: Request) -> bytes | StreamedResponse:
        read, model = self._lookups.read_customer, self._live.require()
        answer = await self._in_store_thread(
            lambda store: read(model, store, request.path_value, request.query)
        )
        return await self._respond(answer, lines=False)

    async def _respond(self, answer: Answer, *, lines: bool) -> bytes | StreamedResponse:
        """As JSON or as JSON lines; a large answer is made in turns with others."""
        if lines:
            parts = self._answers.as_lines(answer)
            return StreamedResponse(in_turns(parts, self._prediction_threads), LINES_TYPE.encode())
        parts = self._answers.as_json(answer)
        if answer.work <= INLINE_WORK:
            return b"".join(parts)
        return b"".join([each async for each in in_turns(parts, self._prediction_threads)])

    async def _customers(self, request: Request) -> Response:
        """The store alone is read: no model is needed."""
        return await self._in_store_thread(lambda store: self._list_customers(store, request.query))

    async def _overview(self, request: Request) -> bytes:
        return await self._in_store_thread(self._read_overview)

    async def _in_store_thread(self, read: Callable[[Any], Kind]) -> Kind:
        """The store is read in threads of its own: a slow one must not hold up predictions."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._store_threads, self._replica.read, read)

    async def _model(self, request: Request) -> bytes:
        live = self._live
        described = self._describe_model(live.require(), live.notice, live.candidate)
        return described.model_dump_json().encode()

    async def _ready(self, request: Request) -> Response:
        return self._readiness(self._live, self._health, shutting_down=self._is_shutting_down())

    async def _describe(self, request: Request) -> bytes:
        model = self._live.loaded
        if self._described is None or self._described[0] is not model:
            document = self._describe_api(model and model.bundle)
            self._described = model, json.dumps(document).encode()
        return self._described[1]

    async def _metrics(self, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        text = await loop.run_in_executor(self._store_threads, metrics.exposition)
        return Response(text, content_type=metrics.CONTENT_TYPE)

    async def _call(
        self,
        handler: Callable[[Request], Any],
        fields: dict[str, Any],
        reply: type[PredictReply] = PredictReply,
    ) -> Any:
        """Call a handler as BentoML does, from values to values."""
        given = {name: each for name, each in fields.items() if each is not None}
        body = json.dumps(given, default=lambda each: each.model_dump(mode="json")).encode()
        return reply.model_validate_json(await handler(Request(body, "", "")))
