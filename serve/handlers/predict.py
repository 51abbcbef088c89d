"""POST /predict and /predict_features: a request -> a query of the model -> an answer.

The endpoints themselves, without arithmetic: `serve.handlers.prediction_query` has the query that
they make of a request, `serve.handlers.answer` what becomes of it, once `serve.api.budget` allows.
"""

from __future__ import annotations

from datetime import datetime

from features.errors import DataError
from features.timestamps import parse_as_of
from models.subscriptions.bundle import SubscriptionBundle
from serve.api.budget import check_budget
from serve.api.feature_rows import FeatureRows, feature_rows
from serve.api.requests import FeaturesRequest, Options, PredictRequest, parse
from serve.api.source_words import refuse_null_words
from serve.errors import ServeError
from serve.handlers.answer import Answer, answer_of_query, as_json
from serve.handlers.prediction_query import CustomerFeatures, PredictionQuery, prediction_query
from serve.handlers.transactions import read_features
from serve.model.loaded import LoadedModel


def predict(model: LoadedModel, body: bytes) -> bytes:
    """Raw transactions of one or more customers -> the whole reply. Raises as `read_predict`."""
    return b"".join(as_json(read_predict(model, body)))


def predict_features(model: LoadedModel, body: bytes) -> bytes:
    """Rows of the feature table -> the whole reply. Raises as `read_predict_features`."""
    return b"".join(as_json(read_predict_features(model, body)))


def read_predict(
    model: LoadedModel, body: bytes, *, streamed: bool = False, now: datetime | None = None
) -> Answer:
    """Raw transactions of one or more customers -> what is to be predicted of them.

    now  what the clock shows: it only warns, see `serve.handlers.transactions.read_features`

    Raises ServeError where the request is at fault, only there.
    """
    request, bundle = parse(PredictRequest, body), model.bundle
    if isinstance(bundle, SubscriptionBundle):
        raise ServeError(
            "the live model is of subscriptions, not of transactions: send rows of the feature "
            "table, which GET /model lists, to /predict_features"
        )
    work = _work(model, request, len(request.customers), streamed=streamed)
    try:
        customers = read_features(request, bundle, now=now)
    except DataError as error:
        raise ServeError(str(error)) from None
    return answer_of_query(model, _query(model, customers, request), "/predict", work)


def read_predict_features(model: LoadedModel, body: bytes, *, streamed: bool = False) -> Answer:
    """Rows of the feature table -> what is to be predicted of them.

    Raises ServeError for rows that do not fit.
    """
    fast = model.read_rows(body)
    request, rows = fast if fast is not None else _validated(model, body)
    refuse_null_words(rows.ids, "rows", model.bundle)
    work = _work(model, request, len(rows.ids), streamed=streamed)
    customers = CustomerFeatures.of_rows(rows, model.bundle.names, _as_of(model, request))
    return answer_of_query(model, _query(model, customers, request), "/predict_features", work)


def _work(model: LoadedModel, options: Options, customers: int, *, streamed: bool) -> int:
    """The work of the request. Raises ServeError (413) where it is too much for a reply."""
    return check_budget(
        customers,
        options.horizon_days or (model.bundle.card.horizon_days,),
        curve=options.curve,
        explain=options.explain,
        streamed=streamed,
    )


def _query(model: LoadedModel, customers: CustomerFeatures, options: Options) -> PredictionQuery:
    card = model.bundle.card
    return prediction_query(
        customers, options, horizon_days=card.horizon_days, economics=card.economics
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
