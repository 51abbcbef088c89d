"""Train the churn model on stacked snapshots."""

from __future__ import annotations

from features.config.sections import Boosting
from models.boosting import NO_CURVE, no_trees
from models.purchases.churn import ChurnModel
from train.purchases.snapshots import Stack

FEWEST_ROWS = 50


def fit_churn(
    settings: Boosting, rows: Stack, *, horizon_days: int, seed: int, columns: int
) -> ChurnModel:
    """The churn model; one without trees where there is too little to learn from."""
    model = ChurnModel(**settings.model_dump(), random_state=seed)
    if len(rows.churned) < FEWEST_ROWS:
        model.curve_, model.booster_ = NO_CURVE, no_trees(columns, "binary:logistic")
        return model
    return model.fit(
        rows.features,
        rows.churned,
        p_order=rows.p_order,
        as_of=rows.moment,
        customer=rows.customer,
        horizon_days=horizon_days,
    )
