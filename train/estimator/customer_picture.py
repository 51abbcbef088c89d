"""One customer's value month by month as a picture."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from features.errors import DataError
from models.bundle import Bundle
from models.predictor import predictor_of
from models.score_rows import predict_batch
from train.estimator.picture import Picture
from train.estimator.question import Question


def customer_picture(asked: Question, customer: str, features: pd.DataFrame) -> Picture:
    """The customer's features, one row, -> `train.charts.customer_value.customer_value`.

    Raises DataError where too little is known of the customer.
    """
    # what draws is imported where something is drawn
    from train.charts.customer_value import customer_value

    bundle, terms = asked.bundle, asked.terms
    predictor, currency = predictor_of(bundle), bundle.card.currency
    matrix = bundle.feature_matrix(features)
    if not predictor.assess(matrix, terms.horizon_days).known.all():
        raise DataError(f"too little is known of customer {customer!r} for a prediction")
    curve = predictor.forecast(matrix, as_of=terms.as_of).value_curve(
        terms.horizon_days, terms.economics
    )
    [clv] = predict_batch(bundle, features, terms, tiers=asked.config.tiers)["clv"]
    return Picture(
        customer_value(
            curve,
            terms.as_of.astimezone(ZoneInfo(asked.dataset.timezone)),
            customer=str(customer),
            value=f"clv {clv:,.2f} {currency}, {_covers(bundle, terms.horizon_days)}",
            currency=currency,
        )
    )


def _covers(bundle: Bundle, horizon_days: int) -> str:
    life = bundle.clv_covers == "life"
    return "of the whole remaining life" if life else f"of {horizon_days} days"
