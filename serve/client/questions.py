"""Each question that the client asks, as a flow of requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from serve.api.requests import FUTURE_AS_OF
from serve.api.responses import CustomerReply, LookupReply, ModelReply, PredictReply, ReadyReply
from serve.client.chunks import split_into_chunks
from serve.client.errors import ApiError
from serve.client.flow import Flow, Request
from serve.client.merge import Ask, latest_timestamps, merged_reply, warned
from serve.client.options import Customer, Options, Row

Reply = TypeVar("Reply", bound=BaseModel)
Kind = TypeVar("Kind", bound=PredictReply)
Given = Mapping[str, object]
Step = Callable[[int], object]


def no_step(customers: int) -> None:
    """Nobody is told."""


def predict(
    customers: Iterable[Customer], options: Given, *, step: Step = no_step
) -> Flow[PredictReply]:
    """POST /predict, as of the midnight after the last transaction of all customers."""
    given = list(customers)
    chunks = split_into_chunks(
        "customers", given, lambda each: len(each["transactions"]), options=options
    )
    warnings: list[str] = []

    def settled(asked: Given) -> Flow[Given]:
        if asked.get("as_of"):
            return asked
        last = yield from _last_transaction(given)
        found = [each for one in last.predictions for each in one.warnings]
        warnings.extend(each for each in found if each == FUTURE_AS_OF)
        return {**asked, "as_of": last.as_of}

    ask = _post(PredictReply, "/predict")
    reply = yield from merged_reply(ask, chunks, options, settled=settled, step=step)
    return warned(reply, warnings)


def predict_features(
    rows: Iterable[Row], options: Given, *, step: Step = no_step
) -> Flow[PredictReply]:
    """POST /predict_features."""
    chunks = split_into_chunks("rows", rows, options=options)
    return merged_reply(_post(PredictReply, "/predict_features"), chunks, options, step=step)


def lookup(customer_ids: Iterable[str | int], options: Given) -> Flow[LookupReply]:
    """POST /lookup."""
    chunks = split_into_chunks("customer_ids", customer_ids, options=options)
    return merged_reply(_post(LookupReply, "/lookup"), chunks, options)


def customer(
    customer_id: str, options: Options, *, history: bool, features: bool
) -> Flow[CustomerReply]:
    """GET /customers/{customer_id}."""
    if not customer_id:
        raise ValueError("customer_id must not be empty")
    query = _query(options, history=history, features=features)
    # subtle: a path of dots would be taken for a way up
    name = quote(customer_id, safe="").replace(".", "%2E")
    return _get(CustomerReply, Request("GET", f"/customers/{name}", query))


def model() -> Flow[ModelReply]:
    """GET /model."""
    return _get(ModelReply, Request("GET", "/model"))


def ready() -> Flow[ReadyReply]:
    """GET /readyz, asked once."""
    return _get(ReadyReply, Request("GET", "/readyz", accepted=frozenset({503}), retried=False))


def _get(kind: type[Reply], request: Request) -> Flow[Reply]:
    return _read(kind, (yield request))


def _post(kind: type[Kind], path: str) -> Ask[Kind]:
    return lambda body: _get(kind, Request("POST", path, body=body))


def _last_transaction(customers: Sequence[Customer]) -> Flow[PredictReply]:
    """A reply as of what the service takes for the midnight after the last of all."""
    lines = [{"timestamp": each, "amount": 0.0} for each in latest_timestamps(customers)]
    [chunk] = split_into_chunks("customers", [{"customer_id": "last", "transactions": lines}])
    return _post(PredictReply, "/predict")(chunk.body({}))


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
