"""Predictions as the rows that a batch of scores consists of: one per customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from features.config.sections import Economics, Tiers
from models.bundle import Bundle, Card
from models.predictor import predictor_of
from models.segmentation.assign import assign_tiers_and_segments, tiers_apply
from models.segmentation.cutoffs import cutoffs


@dataclass(frozen=True)
class Terms:
    """What a batch is asked for."""

    as_of: datetime
    horizon_days: int
    economics: Economics


def predict_batch(
    bundle: Bundle,
    features: pd.DataFrame,
    terms: Terms,
    *,
    tiers: Tiers,
    previous: pd.Series | None = None,
) -> pd.DataFrame:
    """Feature table -> `models.predictor_interface.Predictor.predict`, with tier and segment.

    By the model's bounds, or, for another horizon or other economics than it was trained with, by
    those of this batch.

    previous   customer_id -> the tier so far: tiers do not flap between batches

    Raises UnboundedValueError where the economics give no value that anybody could live to see.
    """
    predictions = predictor_of(bundle).predict(
        features, as_of=terms.as_of, horizon_days=terms.horizon_days, economics=terms.economics
    )
    own = bundle.card.bounds if tiers_apply(bundle, terms.horizon_days, terms.economics) else None
    found = assign_tiers_and_segments(
        features,
        predictions["clv"],
        own or cutoffs(features, predictions["clv"], tiers),
        previous,
    )
    place = predictions.columns.get_loc("basis")
    return pd.concat([predictions.iloc[:, :place], found, predictions.iloc[:, place:]], axis=1)


def score_rows(
    bundle: Bundle, predictions: pd.DataFrame, terms: Terms, *, version: str
) -> pd.DataFrame:
    """The predictions of a batch as they are written, what they rest on beside them.

    customer_id, as_of, horizon_days, then the predictions' own columns, with `currency` and
    `model_version` before the last, `warnings`, which is one text.
    """
    scores = predictions.reset_index()
    scores.insert(1, "as_of", terms.as_of)
    scores.insert(2, "horizon_days", terms.horizon_days)
    return scores.assign(
        warnings=scores["warnings"].str.join("; ").astype("str"),
        currency=bundle.card.currency,
        model_version=version,
    )[[*(each for each in scores if each != "warnings"), "currency", "model_version", "warnings"]]


def before_the_model(as_of: datetime, card: Card) -> list[str]:
    """What to know of scores as of a time before the model's own, as a sentence; else nothing.

    The model has then seen days that the customers have not lived yet.
    """
    if as_of >= card.trained_as_of:
        return []
    return [
        f"as_of {as_of.isoformat()} lies before the model's own, {card.trained_as_of.isoformat()}: "
        "it has learnt from days after as_of, so these scores look better than they could have "
        "been then"
    ]
