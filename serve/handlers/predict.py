"""A request -> a question to the models -> a reply; there is no arithmetic here."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import msgspec

from features.config.sections import Economics
from features.errors import DataError
from features.timestamps import format_timestamp, parse_as_of
from models.subscriptions.bundle import SubscriptionBundle
from serve.api.feature_rows import Rows, feature_rows
from serve.api.requests import FeaturesRequest, Options, PredictRequest, parse
from serve.api.responses import Candidate, Feature, ModelReply
from serve.errors import ServeError
from serve.handlers import transactions
from serve.handlers.prediction_query import PredictionQuery, feature_table
from serve.handlers.predictions import predictions
from serve.metrics import record as meters
from serve.model.loaded import LoadedModel

encode = msgspec.json.Encoder().encode


def predict(model: LoadedModel, body: bytes) -> bytes:
    """Raw transactions of one or more customers -> predictions.

    Raises ServeError where the request is at fault, only there.
    """
    request, bundle = parse(PredictRequest, body), model.bundle
    if isinstance(bundle, SubscriptionBundle):
        raise ServeError(
            "the model that answers knows contracts, not transactions: send rows of the feature "
            "table, which GET /model lists, to /predict_features"
        )
    try:
        known = transactions.read_features(request, bundle)
    except DataError as error:
        raise ServeError(str(error)) from None
    card = model.bundle.card
    question = PredictionQuery(
        ids=known.ids,
        matrix=known.matrix,
        table=known.table,
        as_of=known.as_of,
        horizons=request.horizon_days or (card.horizon_days,),
        economics=_terms(request, card.economics),
        curve=request.curve,
        explain=request.explain,
        notes=known.notes,
    )
    return reply(model, question, "/predict")


def predict_features(model: LoadedModel, body: bytes) -> bytes:
    """Rows of the feature table -> predictions. Raises ServeError for rows that do not fit."""
    usual = model.read_rows(body)
    request, rows = usual if usual is not None else _with_care(model, body)
    card = model.bundle.card
    question = query_rows(
        model,
        request,
        rows,
        as_of=_as_of(model, request),
        horizon_days=card.horizon_days,
        economics=card.economics,
    )
    return reply(model, question, "/predict_features")


def query_rows(
    model: LoadedModel,
    request: Options,
    rows: Rows,
    *,
    as_of: datetime,
    horizon_days: int,
    economics: Economics,
) -> PredictionQuery:
    """What is asked about rows of the feature table; horizon and economics are defaults."""
    return PredictionQuery(
        ids=rows.ids,
        matrix=rows.matrix,
        table=partial(feature_table, rows.ids, rows.cells, model.bundle.names),
        as_of=as_of,
        horizons=request.horizon_days or (horizon_days,),
        economics=_terms(request, economics),
        curve=request.curve,
        explain=request.explain,
        notes={},
    )


def reply(model: LoadedModel, question: PredictionQuery, door: str, **more: object) -> bytes:
    """The predictions as they are sent; `more` stands beside them."""
    card = model.bundle.card
    found = predictions(model.bundle, question)
    meters.observe_answer(
        door,
        [each["p_churn"] for each in found],
        [each["clv"] for each in found],
        [each["basis"] for each in found],
    )
    several = len(question.horizons) > 1
    return encode(
        {
            "model": model.stamp,
            "as_of": format_timestamp(question.as_of, card.timezone),
            "horizon_days": question.horizons if several else question.horizons[0],
            "currency": card.currency,
            **more,
            "predictions": found,
        }
    )


def describe(
    model: LoadedModel, notice: str | None, candidate: Candidate | None = None
) -> ModelReply:
    """What GET /model says."""
    card = model.bundle.card
    return ModelReply(
        **model.stamp,
        relationship=model.bundle.relationship,
        run_id=model.run_id,
        source=model.source,
        notice=notice,
        candidate=candidate,
        horizon_days=card.horizon_days,
        fitted_horizon_days=card.fitted_horizon_days,
        currency=card.currency,
        timezone=card.timezone,
        economics=card.economics,
        customers=card.training.customers,
        metrics=card.metrics,
        features=[
            Feature(name=each.name, unit=each.unit, meaning=each.meaning) for each in card.features
        ],
    )


def _with_care(model: LoadedModel, body: bytes) -> tuple[Options, Rows]:
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


def _terms(request: Options, defaults: Economics) -> Economics:
    return request.economics.over(defaults) if request.economics else defaults
