"""A client for programs: `Client(url, key).predict(customers, horizon_days=90)`.

with Client("http://127.0.0.1:3000", key) as clv:
    for each in clv.predict(customers, as_of="2011-12-10").predictions:
        print(each.customer_id, each.clv)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self, TypeVar, Unpack

from serve.api.responses import CustomerReply, LookupReply, ModelReply, PredictReply, ReadyReply
from serve.client import frames, questions
from serve.client.errors import ApiError
from serve.client.flow import Flow, run
from serve.client.options import (
    Customer,
    FrameOptions,
    Options,
    PredictOptions,
    Row,
    Terms,
    Transaction,
    TransactionFrameOptions,
)
from serve.client.transport import Destination, Transport

__all__ = ["ApiError", "Client", "Customer", "Options", "Terms", "Transaction"]

Result = TypeVar("Result")
Frame = TypeVar("Frame")


class Client:
    """A service and the key to it; may be used from several threads.

    timeout  seconds to connect, and between two bytes of a response
    retries  how often a request is sent again after 429, 503, 504 or a broken connection, with
             growing, random waits, or as long as the service asks for; 0: never

    Any number of customers may be asked about: they are sent in several requests where one is not
    enough, and come back as one reply, in the order given and from one version of the model.
    Methods raise ApiError; ValueError or TypeError for what JSON cannot hold.
    """

    def __init__(
        self, url: str, key: str | None = None, *, timeout: float = 60.0, retries: int = 5
    ) -> None:
        self._transport = Transport(Destination(url, key, timeout, retries))

    def __repr__(self) -> str:
        return f"Client({self._transport.destination.address!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def predict(
        self, customers: Iterable[Customer], **options: Unpack[PredictOptions]
    ) -> PredictReply:
        """Raw transactions -> predictions.

        Default as_of: midnight after the last transaction of all, however many requests it takes.
        """
        return self._run(questions.predict(customers, options))

    def predict_features(
        self, rows: Iterable[Row], **options: Unpack[PredictOptions]
    ) -> PredictReply:
        """Rows of the feature table, with a customer_id in each -> predictions."""
        return self._run(questions.predict_features(rows, options))

    def predict_frame(self, frame: Frame, **options: Unpack[TransactionFrameOptions]) -> Frame:
        """A frame of transactions -> a frame of the same kind, a row a customer and horizon.

        Pandas, Polars, or what gives an Arrow C stream (PyArrow, DuckDB), for which a pyarrow.Table
        comes back. NaN, NaT and NA are null. Columns are those of `serve.client.frames.COLUMNS`.

        Raises ValueError for a column that is not there, and for a customer without an id.
        """
        flow: Flow[Frame] = frames.predict(frame, options)
        return self._run(flow)

    def predict_features_frame(self, frame: Frame, **options: Unpack[FrameOptions]) -> Frame:
        """A frame of the feature table, a row a customer -> the same as `predict_frame`."""
        flow: Flow[Frame] = frames.predict_features(frame, options)
        return self._run(flow)

    def lookup(self, customer_ids: Iterable[str | int], **options: Unpack[Options]) -> LookupReply:
        """Ids -> the scores of the last batch, or what the model predicts now where options ask."""
        return self._run(questions.lookup(customer_ids, options))

    def customer(
        self,
        customer_id: str,
        *,
        history: bool = False,
        features: bool = False,
        **options: Unpack[Options],
    ) -> CustomerReply:
        """The same for one customer; with the earlier batches, and with the features."""
        return self._run(
            questions.customer(customer_id, options, history=history, features=features)
        )

    def model(self) -> ModelReply:
        """The live model."""
        return self._run(questions.model())

    def ready(self) -> ReadyReply:
        """Whether the service is ready, and what it depends on; asked once, without a retry."""
        return self._run(questions.ready())

    def _run(self, flow: Flow[Result]) -> Result:
        return run(flow, self._transport.send)
