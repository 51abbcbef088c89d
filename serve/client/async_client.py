"""The client where calls are awaited: `await AsyncClient(url, key).predict(customers)`.

async with AsyncClient("http://127.0.0.1:3000", key) as clv:
    reply = await clv.predict(customers, as_of="2011-12-10")
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self, TypeVar, Unpack

from serve.api.responses import CustomerReply, LookupReply, ModelReply, PredictReply, ReadyReply
from serve.client import frames, questions
from serve.client.flow import Flow, run_async
from serve.client.options import (
    Customer,
    FrameOptions,
    Options,
    PredictOptions,
    Row,
    TransactionFrameOptions,
)
from serve.client.transport import AsyncTransport, Destination

Result = TypeVar("Result")
Frame = TypeVar("Frame")


class AsyncClient:
    """A service and the key to it, as `Client`, with methods that are awaited, many at a time.

    Arguments, results and errors are those of `Client`.
    """

    def __init__(
        self, url: str, key: str | None = None, *, timeout: float = 60.0, retries: int = 5
    ) -> None:
        self._transport = AsyncTransport(Destination(url, key, timeout, retries))

    def __repr__(self) -> str:
        return f"AsyncClient({self._transport.destination.address!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def predict(
        self, customers: Iterable[Customer], **options: Unpack[PredictOptions]
    ) -> PredictReply:
        """Raw transactions -> predictions."""
        return await self._run(questions.predict(customers, options))

    async def predict_features(
        self, rows: Iterable[Row], **options: Unpack[PredictOptions]
    ) -> PredictReply:
        """Rows of the feature table, with a customer_id in each -> predictions."""
        return await self._run(questions.predict_features(rows, options))

    async def predict_frame(
        self, frame: Frame, **options: Unpack[TransactionFrameOptions]
    ) -> Frame:
        """A frame of transactions -> a frame of the same kind, a row a customer and horizon."""
        flow: Flow[Frame] = frames.predict(frame, options)
        return await self._run(flow)

    async def predict_features_frame(self, frame: Frame, **options: Unpack[FrameOptions]) -> Frame:
        """A frame of the feature table, a row a customer -> the same as `predict_frame`."""
        flow: Flow[Frame] = frames.predict_features(frame, options)
        return await self._run(flow)

    async def lookup(
        self, customer_ids: Iterable[str | int], **options: Unpack[Options]
    ) -> LookupReply:
        """Ids -> the scores of the last batch, or what the model predicts now where options ask."""
        return await self._run(questions.lookup(customer_ids, options))

    async def customer(
        self,
        customer_id: str,
        *,
        history: bool = False,
        features: bool = False,
        **options: Unpack[Options],
    ) -> CustomerReply:
        """The same for one customer; with the earlier batches, and with the features."""
        return await self._run(
            questions.customer(customer_id, options, history=history, features=features)
        )

    async def model(self) -> ModelReply:
        """The live model."""
        return await self._run(questions.model())

    async def ready(self) -> ReadyReply:
        """Whether the service is ready, and what it depends on; asked once, without a retry."""
        return await self._run(questions.ready())

    async def _run(self, flow: Flow[Result]) -> Result:
        return await run_async(flow, self._transport.send)
