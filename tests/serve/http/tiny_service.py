"""A service of a few doors behind the real front, for tests that need a process of their own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import bentoml

from serve.handlers.page import pages
from serve.http.application import Careful, Fronted
from serve.http.routes import Call, Door, Doors, Reply
from serve.metrics import record as meters


@bentoml.asgi_app(pages(), name="pages")
@bentoml.service(
    name="tiny",
    service_class=Fronted,
    workers=2,
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
class Tiny(Careful):
    def doors(self, draining: Callable[[], bool]) -> Doors:
        async def echo(call: Call) -> bytes:
            return call.body

        async def slow(call: Call) -> bytes:
            await asyncio.sleep(0.7)
            return b"{}"

        async def broken(call: Call) -> bytes:
            logging.getLogger("serve.tiny").warning("a warning on the way")
            raise RuntimeError(f"{call.value} has spent {call.body.decode()}")

        async def ready(call: Call) -> Reply:
            return Reply(b"{}", status=503 if draining() else 200)

        async def numbers(call: Call) -> Reply:
            return Reply(meters.exposition(), kind=meters.KIND)

        return Doors(
            [
                Door("/predict", echo, "POST"),
                Door("/slow", slow, "POST"),
                Door("/broken", broken, "POST"),
                Door("/customers/{customer_id}", broken),
                Door("/readyz", ready, open=True, spare=True),
                Door("/metrics", numbers, spare=True),
            ]
        )
