"""POST /predict and /predict_features: a request -> a query of the model -> a reply.

The endpoints themselves, without arithmetic: `serve.handlers.prediction_query` has the query that
they make of a request, `serve.handlers.build_predictions` what the model predicts for it.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from features.errors import DataError
from features.timestamps import format_timestamp, parse_as_of
from models.subscriptions.bundle import SubscriptionBundle
from serve.api.feature_rows import FeatureRows, feature_rows
from serve.api.requests import FeaturesRequest, Options, PredictRequest, parse
from serve.errors import ServeError
from serve.handlers.build_predictions import predictions
from serve.handlers.prediction_query import CustomerFeatures, PredictionQuery, prediction_query
from serve.handlers.transactions import read_features
from serve.metrics import record as metrics
from serve.model.loaded import LoadedModel

encode = msgspec.json.Encoder().encode


def predict(model: LoadedModel, body: bytes) -> bytes:
    """Raw transactions of one or more customers -> predictions.

    Raises ServeError where the request is at fault, only there.
    """
    request, bundle = parse(PredictRequest, body), model.bundle
    if isinstance(bundle, SubscriptionBundle):
        raise ServeError(
            "the live model is of subscriptions, not of transactions: send rows of the feature "
            "table, which GET /model lists, to /predict_features"
        )
    try:
        customers = read_features(request, bundle)
    except DataError as error:
        raise ServeError(str(error)) from None
    card = model.bundle.card
    query = prediction_query(
        customers, request, horizon_days=card.horizon_days, economics=card.economics
    )
    return reply(model, query, "/predict")


def predict_features(model: LoadedModel, body: bytes) -> bytes:
    """Rows of the feature table -> predictions. Raises ServeError for rows that do not fit."""
    fast = model.read_rows(body)
    request, rows = fast if fast is not None else _validated(model, body)
    card = model.bundle.card
    customers = CustomerFeatures.of_rows(rows, model.bundle.names, _as_of(model, request))
    query = prediction_query(
        customers, request, horizon_days=card.horizon_days, economics=card.economics
    )
    return reply(model, query, "/predict_features")


def reply(model: LoadedModel, query: PredictionQuery, endpoint: str, **more: object) -> bytes:
    """The predictions as they are sent; `more` stands beside them. Counted by endpoint."""
    card = model.bundle.card
    found = predictions(model.bundle, query)
    metrics.observe_predictions(
        endpoint,
        [each["p_churn"] for each in found],
        [each["clv"] for each in found],
        [each["basis"] for each in found],
    )
    several = len(query.horizons) > 1
    return encode(
        {
            "model": model.stamp,
            "as_of": format_timestamp(query.as_of, card.timezone),
            "horizon_days": query.horizons if several else query.horizons[0],
            "currency": card.currency,
            **more,
            "predictions": found,
        }
    )


def _validated(model: LoadedModel, body: bytes) -> tuple[Options, FeatureRows]:
    request = parse(FeaturesRequest, body)
    return request, feature_rows(request.rows, model.bundle)


def _as_of(model: LoadedModel, request: Options) -> datetime:
    card = model.bundle.card
    if request.as_of is None:
        return card.trained_as_of
    try:
        return parse_as_of(request.as_of, card.timezone)
    except DataError as error:
        raise ServeError(str(error)) from None
