"""The BentoML service: HTTP in, HTTP out; it translates and delegates."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import bentoml
from starlette.requests import Request
from starlette.responses import Response

from serve import wire
from serve.body import read_body
from serve.errors import OneShape, ServeError, error_response
from serve.page import pages
from serve.replies import ModelReply, PredictReply
from serve.settings import read_settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

THREADS = 2
MOST_AT_ONCE = 64
TIMEOUT_SECONDS = 60


class _Unread(bentoml.IODescriptor):  # type: ignore[misc]
    """An input that is handed on as it came, so that its size is limited and errors are ours."""

    __root_input__ = True

    @classmethod
    async def from_http_request(cls, request: Request, serde: object) -> Request:
        """The request itself; the type only describes it."""
        return request


class PredictBody(_Unread, wire.PredictRequest):
    """Raw transactions."""


class FeaturesBody(_Unread, wire.FeaturesRequest):
    """Rows of the feature table."""


class _Shaped(bentoml.Service[Any]):  # type: ignore[misc]
    """A service whose errors all have one shape, BentoML's own included."""

    def to_asgi(self, is_main: bool = True) -> Starlette:
        """The application, its errors shaped at the rim and once more inside.

        subtle: BentoML's timeout waits in vain for an answer from an application that raised, so
        what escapes must become an answer inside of it; its own errors are shaped outside.
        """
        self.add_asgi_middleware(OneShape)
        app: Starlette = super().to_asgi(is_main)
        app.add_middleware(OneShape)
        return app


def _describe() -> ModelReply:
    running: ClvService = bentoml.get_current_service()
    return running.describe()


@bentoml.asgi_app(pages(_describe), name="pages")
@bentoml.service(
    name="clv",
    service_class=_Shaped,
    traffic={"timeout": TIMEOUT_SECONDS, "max_concurrency": MOST_AT_ONCE},
)
class ClvService:
    """Customer lifetime value from raw transactions or from rows of the feature table."""

    def __init__(self) -> None:
        # BentoML is the door here and lets only warnings of other packages through
        logging.getLogger("serve").setLevel(logging.INFO)

        # imported here: the process that supervises the workers reads this module, but not these
        from serve import answer
        from serve.current import Current

        self._answer = answer
        self._settings = read_settings()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        self._current = Current(self._settings)
        self._current.start()

    async def __is_ready__(self) -> bool:
        return self._current.served is not None

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """End the background threads."""
        self._current.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @bentoml.api(input_spec=PredictBody, output_spec=PredictReply)  # type: ignore[untyped-decorator]
    async def predict(self, request: Request, /) -> Response:
        """Raw transactions of one or more customers -> predictions."""
        return await self._respond(request, wire.PredictRequest)

    @bentoml.api(input_spec=FeaturesBody, output_spec=PredictReply)  # type: ignore[untyped-decorator]
    async def predict_features(self, request: Request, /) -> Response:
        """Rows of the feature table -> predictions."""
        return await self._respond(request, wire.FeaturesRequest)

    def describe(self) -> ModelReply:
        """The model that answers now. Raises ServeError (503) when there is none."""
        return self._answer.describe(self._current.require(), self._current.notice)

    async def _respond(self, request: Request, kind: type[wire.Asked]) -> Response:
        try:
            body = await read_body(request, self._settings.max_body_bytes)
            loop = asyncio.get_running_loop()
            reply = await loop.run_in_executor(self._threads, self._reply, kind, body)
        except ServeError as error:
            return error_response(error)
        return Response(reply, media_type="application/json")

    def _reply(self, kind: type[wire.Asked], body: bytes) -> str:
        """From bytes to JSON, in a thread: a large request must not hold up the small ones."""
        asked = wire.parse(kind, body)
        return self._answer.respond(self._current.require(), asked)
