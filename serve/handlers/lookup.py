"""Predictions of stored customers: POST /lookup and GET /customers/{customer_id}.

Without options the numbers of the last batch come back as they were stored. With any, the live
model predicts from the features that were stored beside them, as of the batch's as_of and with
the batch's horizon and economics where the request names none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from features.config.sections import Economics
from features.single_values import read_id
from features.timestamps import format_timestamp
from serve.api.budget import check_budget
from serve.api.field_types import LONGEST_DAYS
from serve.api.query import CustomerQuery
from serve.api.requests import LookupRequest, Options, parse
from serve.errors import ServeError
from serve.handlers.answer import Answer, answer_of_query, as_json, customers_a_chunk
from serve.handlers.batch_description import describe_batch
from serve.handlers.prediction_query import CustomerFeatures, prediction_query
from serve.handlers.stored_features import stored_feature_rows
from serve.model.loaded import LoadedModel
from serve.store.database import Database
from serve.store.lookups import LookupResult, current_batch, history, lookup
from serve.store.records import Batch


def lookup_customers(model: LoadedModel, database: Database, body: bytes) -> bytes:
    """Customer ids -> the whole reply. Raises as `read_lookup`."""
    return b"".join(as_json(read_lookup(model, database, body)))


def lookup_customer(model: LoadedModel, database: Database, customer_id: str, query: str) -> bytes:
    """The same for one customer. Raises as `read_customer`."""
    return b"".join(as_json(read_customer(model, database, customer_id, query)))


def read_lookup(
    model: LoadedModel, database: Database, body: bytes, *, streamed: bool = False
) -> Answer:
    """Customer ids -> their predictions, and which ids the batch does not have.

    Raises ServeError for a request that is at fault (400) or asks for too much (413), and where
    nothing is stored, or is not what the live model could read (503).
    """
    request = parse(LookupRequest, body)
    work = _work(database, request, len(request.customer_ids), streamed=streamed)
    found = lookup(database, request.customer_ids, features=_has_options(request))
    return _answer(model, request, found, work, "/lookup", unknown=found.unknown)


def read_customer(model: LoadedModel, database: Database, customer_id: str, query: str) -> Answer:
    """The same for one customer, options in the query; `history` adds the earlier batches.

    Raises ServeError: 404 for an unknown customer, and as `read_lookup` does.
    """
    request = CustomerQuery.read(query)
    customer_id = _id(customer_id)
    found = lookup(database, [customer_id], features=True)
    if not found.scores:
        raise ServeError(
            "no such customer in the last batch; GET /model says when it was scored", status=404
        )
    work = _work(database, request.options, 1, streamed=False)
    more: dict[str, Any] = {}
    if request.features:
        more["features"] = found.scores[0].features
    if request.history:
        more["history"] = [
            {"batch": describe_batch(batch), **score.prediction}
            for batch, score in history(database, customer_id)
        ]
    return _answer(model, request.options, found, work, "/customers/{customer_id}", **more)


def _id(text: str) -> str:
    """An id as files and bodies are read; one that is none belongs to nobody."""
    try:
        return read_id(text)
    except ValueError as error:
        raise ServeError(f"no such customer: customer_id {error}", status=404) from None


def _has_options(request: Options) -> bool:
    """Whether the request asks for other numbers than the stored ones."""
    return bool(request.horizon_days or request.economics or request.curve or request.explain)


def _work(database: Database, options: Options, customers: int, *, streamed: bool) -> int:
    """The work of the request. Raises ServeError (413) where it is too much for a reply."""
    horizons = options.horizon_days
    if horizons is None:
        batch = current_batch(database) if options.curve else None
        # without a curve, a prediction is as much work whatever its horizon
        horizons = (batch.horizon_days if batch else LONGEST_DAYS,)
    return check_budget(
        customers, horizons, curve=options.curve, explain=options.explain, streamed=streamed
    )


def _answer(
    model: LoadedModel,
    options: Options,
    found: LookupResult,
    work: int,
    endpoint: str,
    **more: object,
) -> Answer:
    batch = found.batch
    beside = {"batch": describe_batch(batch), **more}
    if not _has_options(options):
        return Answer(_stored_head(batch) | beside, _stored(found, work), work)
    rows = stored_feature_rows(model, found)
    query = prediction_query(
        CustomerFeatures.of_rows(rows, model.bundle.names, batch.as_of),
        options,
        horizon_days=batch.horizon_days,
        economics=Economics.model_validate(batch.economics),
    )
    return answer_of_query(model, query, endpoint, work, **beside)


def _stored_head(batch: Batch) -> dict[str, Any]:
    return {
        "model": {
            "name": batch.model_name,
            "version": batch.model_version,
            "trained_as_of": format_timestamp(batch.trained_as_of, batch.timezone),
        },
        "as_of": format_timestamp(batch.as_of, batch.timezone),
        "horizon_days": batch.horizon_days,
        "currency": batch.currency,
    }


def _stored(found: LookupResult, work: int) -> Iterator[list[dict[str, Any]]]:
    scores, days = found.scores, found.batch.horizon_days
    size = customers_a_chunk(len(scores), work)
    for start in range(0, len(scores), size):
        yield [
            {"customer_id": each.customer_id, "horizon_days": days, **each.prediction}
            for each in scores[start : start + size]
        ]
