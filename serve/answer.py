"""A request -> the feature table -> predictions -> a reply; there is no arithmetic here."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import ValidationError

from features import table
from features.contracts import ContractError
from features.log import parse_as_of, to_lines
from features.moments import next_midnight
from serve import transactions
from serve.errors import ServeError
from serve.predictions import Question, predictions
from serve.replies import Feature, ModelReply, ModelStamp, PredictReply
from serve.rows import feature_table
from serve.served import Served
from serve.transactions import Notes
from serve.wire import Asked, FeaturesRequest, PredictRequest


def respond(served: Served, request: Asked) -> str:
    """The reply as JSON. Raises ServeError where the request is at fault, only there."""
    try:
        if isinstance(request, PredictRequest):
            return predict(served, request).model_dump_json()
        return predict_features(served, request).model_dump_json()
    except ContractError as error:
        raise ServeError(str(error)) from None
    except ValidationError as error:
        # subtle: BentoML answers a ValidationError with 400, which would blame the client
        raise RuntimeError(f"a reply breaks its contract: {error}") from error


def predict(served: Served, request: PredictRequest) -> PredictReply:
    """Raw transactions -> predictions. Raises ServeError for a request without a moment."""
    card = served.bundle.card
    lines = transactions.frame(request.customers, card.timezone)
    canonical = to_lines(transactions.settle(lines, card), card.timezone)
    as_of = _as_of(request.as_of, canonical, card.timezone)
    # a customer without a purchase gets an empty row: the models say that it is insufficient
    ids = [customer.customer_id for customer in request.customers]
    features = table.build(canonical, as_of, optional=card.optional).reindex(ids)
    question = _question(served, request, features, as_of)
    return _reply(served, question, transactions.notes(lines, as_of, card))


def predict_features(served: Served, request: FeaturesRequest) -> PredictReply:
    """Rows of the feature table -> predictions. Raises ServeError for rows that do not fit."""
    card = served.bundle.card
    features = feature_table(request.rows, card)
    as_of = card.trained_as_of
    if request.as_of is not None:
        as_of = parse_as_of(request.as_of, card.timezone)
    return _reply(served, _question(served, request, features, as_of), {})


def describe(served: Served, notice: str | None) -> ModelReply:
    """What GET /model says."""
    card = served.bundle.card
    return ModelReply(
        **_stamp(served).model_dump(),
        run_id=served.run_id,
        source=served.source,
        notice=notice,
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


def show_moment(moment: datetime, timezone: str) -> str:
    """A date where it is midnight in `timezone`, else an ISO timestamp, as `parse_as_of` reads."""
    local = moment.astimezone(ZoneInfo(timezone))
    # subtle: of a midnight that occurs twice, a bare date means the second one
    only = local.replace(fold=1).utcoffset() == local.utcoffset()
    return local.date().isoformat() if only and local.time() == time() else local.isoformat()


def _as_of(text: str | None, lines: pd.DataFrame, timezone: str) -> datetime:
    if text is not None:
        return parse_as_of(text, timezone)
    if lines.empty:
        raise ServeError("as_of is missing, and no transaction says what it could be: give as_of")
    return next_midnight(int(lines["local_us"].max()), timezone)


def _question(
    served: Served,
    request: Asked,
    features: pd.DataFrame,
    as_of: datetime,
) -> Question:
    card, terms = served.bundle.card, request.economics
    return Question(
        features=features,
        as_of=as_of,
        horizon_days=request.horizon_days or card.horizon_days,
        economics=terms.over(card.economics) if terms else card.economics,
        curve=request.curve,
        explain=request.explain,
    )


def _reply(served: Served, question: Question, notes: Notes) -> PredictReply:
    card = served.bundle.card
    return PredictReply(
        model=_stamp(served),
        as_of=show_moment(question.as_of, card.timezone),
        horizon_days=question.horizon_days,
        currency=card.currency,
        predictions=predictions(served.bundle, question, notes),
    )


def _stamp(served: Served) -> ModelStamp:
    card = served.bundle.card
    return ModelStamp(
        name=served.name,
        version=served.version,
        trained_as_of=show_moment(card.trained_as_of, card.timezone),
    )
