"""Predictions of stored customers: POST /lookup and GET /customers/{customer_id}.

Without options the numbers of the last batch come back as they were stored. With any, the live
model predicts from the features that were stored beside them, as of the batch's as_of and with
the batch's horizon and economics where the request names none.
"""

from __future__ import annotations

from typing import Any

import msgspec

from features.config.sections import Economics
from features.timestamps import format_timestamp
from models.design_matrix import numbers_of_rows
from serve.api.feature_rows import FeatureRows
from serve.api.query import CustomerQuery
from serve.api.requests import LookupRequest, Options, parse
from serve.errors import ServeError
from serve.handlers.batch_description import describe_batch
from serve.handlers.predict import reply
from serve.handlers.prediction_query import CustomerFeatures, prediction_query
from serve.model.loaded import LoadedModel
from serve.store.database import Database
from serve.store.lookups import LookupResult, history, lookup
from serve.store.records import Score

encode = msgspec.json.Encoder().encode


def lookup_customers(model: LoadedModel, database: Database, body: bytes) -> bytes:
    """Customer ids -> their predictions, and which ids the batch does not have.

    Raises ServeError for a request that is at fault (400), and where nothing is stored (503).
    """
    request = parse(LookupRequest, body)
    found = lookup(database, request.customer_ids, features=_has_options(request))
    return _reply(model, request, found, "/lookup", unknown=found.unknown)


def lookup_customer(model: LoadedModel, database: Database, customer_id: str, query: str) -> bytes:
    """The same for one customer, options in the query; `history` adds the earlier batches.

    Raises ServeError: 404 for an unknown customer, and as `lookup_customers` does.
    """
    request = CustomerQuery.read(query)
    found = lookup(database, [customer_id], features=True)
    if not found.scores:
        raise ServeError(
            "no such customer in the last batch; GET /model says when it was scored", status=404
        )
    more: dict[str, Any] = {}
    if request.features:
        more["features"] = found.scores[0].features
    if request.history:
        more["history"] = [
            {"batch": describe_batch(batch), **score.prediction}
            for batch, score in history(database, customer_id)
        ]
    return _reply(model, request.options, found, "/customers/{customer_id}", **more)


def _has_options(request: Options) -> bool:
    """Whether the request asks for other numbers than the stored ones."""
    return bool(request.horizon_days or request.economics or request.curve or request.explain)


def _reply(
    model: LoadedModel, request: Options, found: LookupResult, endpoint: str, **more: object
) -> bytes:
    batch = found.batch
    beside = {"batch": describe_batch(batch), **more}
    if not _has_options(request):
        return encode(
            {
                "model": {
                    "name": batch.model_name,
                    "version": batch.model_version,
                    "trained_as_of": format_timestamp(batch.trained_as_of, batch.timezone),
                },
                "as_of": format_timestamp(batch.as_of, batch.timezone),
                "horizon_days": batch.horizon_days,
                "currency": batch.currency,
                **beside,
                "predictions": [
                    {
                        "customer_id": each.customer_id,
                        "horizon_days": batch.horizon_days,
                        **each.prediction,
                    }
                    for each in found.scores
                ],
            }
        )
    rows = _rows(model, found.scores)
    query = prediction_query(
        CustomerFeatures.of_rows(rows, model.bundle.names, batch.as_of),
        request,
        horizon_days=batch.horizon_days,
        economics=Economics.model_validate(batch.economics),
    )
    return reply(model, query, endpoint, **beside)


def _rows(model: LoadedModel, scores: list[Score]) -> FeatureRows:
    """Stored features as the live model reads them."""
    names = model.bundle.names
    tables = [each.features or {} for each in scores]
    if any(name not in table for table in tables for name in names):
        raise ServeError(
            "the stored features are not those that the live model reads: score the customers "
            "again, or ask without options for what was stored",
            status=503,
        )
    cells = [[table[name] for name in names] for table in tables]
    matrix = numbers_of_rows(cells, names, model.bundle.card.levels)
    return FeatureRows([each.customer_id for each in scores], cells, matrix)
