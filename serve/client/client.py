"""A client for programs: `Client(url, key).predict(customers, horizon_days=90)`.

with Client("http://127.0.0.1:3000", key) as clv:
    for each in clv.predict(customers, as_of="2011-12-10").predictions:
        print(each.customer_id, each.clv)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NotRequired, Self, TypedDict, TypeVar, Unpack
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from serve.api.requests import FUTURE_AS_OF
from serve.api.responses import CustomerReply, LookupReply, ModelReply, PredictReply, ReadyReply
from serve.client.chunks import split_into_chunks
from serve.client.merge import latest_timestamps, merged_reply, warned
from serve.client.retry import ApiError, RetryingTransport

__all__ = ["ApiError", "Client", "Customer", "Options", "Terms", "Transaction"]

Row = Mapping[str, float | str | None]
Reply = TypeVar("Reply", bound=BaseModel)
Kind = TypeVar("Kind", bound=PredictReply)


class Transaction(TypedDict):
    """A line of an order; without an offset the timestamp is read in the model's time zone."""

    timestamp: str | date
    amount: float
    order_id: NotRequired[str | int | None]
    category: NotRequired[str | None]
    channel: NotRequired[str | None]


class Customer(TypedDict):
    """A customer and all that is known of the purchases."""

    customer_id: str | int
    transactions: Sequence[Transaction]


class Terms(TypedDict, total=False):
    """Economics in the place of the model's own."""

    margin: float
    discount_rate_annual: float
    acquisition_cost: float
    retention_cost_annual: float


class Options(TypedDict, total=False):
    """What may be asked of stored customers; a description of each is in /docs.json."""

    horizon_days: int | Sequence[int]
    economics: Terms
    curve: bool
    explain: bool


class PredictOptions(Options, total=False):
    """What may be asked of customers who are sent along."""

    as_of: str | date


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
        self._transport = RetryingTransport(url, key, timeout=timeout, retries=retries)

    def __repr__(self) -> str:
        return f"Client({self._transport.address!r})"

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
        given = list(customers)
        chunks = split_into_chunks(
            "customers", given, lambda each: len(each["transactions"]), options=options
        )

        warnings: list[str] = []

        def settled(asked: Mapping[str, object]) -> Mapping[str, object]:
            if asked.get("as_of"):
                return asked
            last = self._last_transaction(given)
            found = [each for one in last.predictions for each in one.warnings]
            warnings.extend(each for each in found if each == FUTURE_AS_OF)
            return {**asked, "as_of": last.as_of}

        reply = merged_reply(self._post(PredictReply, "/predict"), chunks, options, settled)
        return warned(reply, warnings)

    def predict_features(
        self, rows: Iterable[Row], **options: Unpack[PredictOptions]
    ) -> PredictReply:
        """Rows of the feature table, with a customer_id in each -> predictions."""
        post = self._post(PredictReply, "/predict_features")
        return merged_reply(post, split_into_chunks("rows", rows, options=options), options)

    def lookup(self, customer_ids: Iterable[str | int], **options: Unpack[Options]) -> LookupReply:
        """Ids -> the scores of the last batch, or what the model predicts now where options ask."""
        post = self._post(LookupReply, "/lookup")
        return merged_reply(
            post, split_into_chunks("customer_ids", customer_ids, options=options), options
        )

    def customer(
        self,
        customer_id: str,
        *,
        history: bool = False,
        features: bool = False,
        **options: Unpack[Options],
    ) -> CustomerReply:
        """The same for one customer; with the earlier batches, and with the features."""
        if not customer_id:
            raise ValueError("customer_id must not be empty")
        query = _query(options, history=history, features=features)
        # subtle: a path of dots would be taken for a way up
        name = quote(customer_id, safe="").replace(".", "%2E")
        return _read(CustomerReply, self._transport.get(f"/customers/{name}", params=query))

    def model(self) -> ModelReply:
        """The live model."""
        return _read(ModelReply, self._transport.get("/model"))

    def ready(self) -> ReadyReply:
        """Whether the service is ready, and what it depends on; asked once, without a retry."""
        status, content = self._transport.get_once("/readyz")
        if status in {200, 503}:
            return _read(ReadyReply, content)
        raise ApiError(f"/readyz answered {status}", status=status, code="foreign")

    def _post(self, kind: type[Kind], path: str) -> Callable[[bytes], Kind]:
        return lambda body: _read(kind, self._transport.post(path, body))

    def _last_transaction(self, customers: Sequence[Customer]) -> PredictReply:
        """A reply as of what the service takes for the midnight after the last of all."""
        lines = [{"timestamp": each, "amount": 0.0} for each in latest_timestamps(customers)]
        [chunk] = split_into_chunks("customers", [{"customer_id": "last", "transactions": lines}])
        return self._post(PredictReply, "/predict")(chunk.body({}))


def _read(kind: type[Reply], content: bytes) -> Reply:
    """A response as its type; fields that a newer service adds are passed over."""
    try:
        return kind.model_validate_json(content, extra="ignore")
    except ValidationError as error:
        # without the values that the error quotes: they are customers
        place = ".".join(map(str, error.errors()[0]["loc"]))
    raise ApiError(f"the response is not one of this service: {place}", code="foreign")


def _query(options: Options, **flags: bool) -> dict[str, str]:
    """Options as the query of a URL."""
    named: dict[str, object] = {**options, **(options.get("economics") or {}), **flags}
    named.pop("economics", None)
    return {
        name: _text(value)
        for name, value in named.items()
        if value is not None and value is not False
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(str, value))
    return str(value)
