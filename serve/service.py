"""The BentoML service: HTTP in, HTTP out; it translates and delegates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import bentoml

from serve import meters
from serve.application import Careful, Fronted
from serve.doors import Call, Door, Doors, Reply
from serve.page import pages
from serve.registry import SCHEME
from serve.settings import read_settings

if TYPE_CHECKING:
    from serve.served import Served

THREADS = 2
INLINE_BYTES = 64 * 1024


@bentoml.asgi_app(pages(), name="pages")
@bentoml.service(
    name="clv",
    service_class=Fronted,
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
class ClvService(Careful):
    """Customer lifetime value from raw transactions or from rows of the feature table."""

    def __init__(self) -> None:
        # imported here: the process that supervises the workers reads this module, but not these
        from serve import answer
        from serve.current import Current

        self._answer = answer
        self._settings = read_settings()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        self._current = Current(self._settings)
        self._current.start()

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """End the background threads."""
        self._current.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def doors(self, draining: Callable[[], bool]) -> Doors:
        """What is answered at which path; `draining` says whether the worker is about to end."""
        self._draining = draining
        return Doors(
            [
                Door("/predict", partial(self._predict, "predict"), "POST"),
                Door("/predict_features", partial(self._predict, "predict_features"), "POST"),
                Door("/model", self._model),
                Door("/readyz", self._ready, open=True, spare=True),
                Door("/metrics", self._metrics, spare=True),
            ]
        )

    async def _predict(self, door: str, call: Call) -> bytes:
        """A large request goes to a thread: it must not hold up the small ones."""
        served = self._current.require()
        if len(call.body) <= INLINE_BYTES:
            return self._respond(served, door, call.body)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._respond, served, door, call.body)

    def _respond(self, served: Served, door: str, body: bytes) -> bytes:
        answer: Callable[[Served, bytes], bytes] = getattr(self._answer, door)
        return answer(served, body)

    async def _model(self, call: Call) -> bytes:
        served = self._current.require()
        return self._answer.describe(served, self._current.notice).model_dump_json().encode()

    async def _ready(self, call: Call) -> Reply:
        served, notice = self._current.served, self._current.notice
        ready = served is not None and not self._draining()
        registry = "down" if notice else "up"
        content = {
            "ready": ready,
            "model": served and {"version": served.version, "source": served.source},
            "registry": registry if self._settings.model.startswith(SCHEME) else "unused",
            "store": "unused",
            "notice": "the service is about to end" if self._draining() else notice,
        }
        return Reply(json.dumps(content).encode(), status=200 if ready else 503)

    async def _metrics(self, call: Call) -> Reply:
        self._tell_meters()
        loop = asyncio.get_running_loop()
        text = await loop.run_in_executor(self._threads, meters.exposition)
        return Reply(text, kind=meters.KIND)

    def _tell_meters(self) -> None:
        served = self._current.served
        if served is not None:
            trained = served.bundle.card.trained_as_of
            meters.set_model(served.name, served.version, served.source, trained)
        if self._settings.model.startswith(SCHEME):
            meters.set_health(registry=self._current.notice is None)
