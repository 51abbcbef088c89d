"""Train the spend model on the stacked snapshots' returners."""

from __future__ import annotations

from features.config.sections import Boosting
from models.boosting import NO_CURVE, no_trees
from models.purchases.spend import SpendModel
from train.purchases.snapshots import Stack

FEWEST_ROWS = 50


def fit_spend(
    settings: Boosting, rows: Stack, *, horizon_days: int, seed: int, columns: int
) -> SpendModel:
    """The spend model, of customers who ordered in the horizon only: it answers for those.

    One without trees where there is too little to learn from.
    """
    model = SpendModel(**settings.model_dump(), random_state=seed)
    ordered = rows.churned == 0
    if ordered.sum() < FEWEST_ROWS:
        model.curve_, model.booster_ = NO_CURVE, no_trees(columns, "reg:gamma")
        return model
    return model.fit(
        rows.features[ordered],
        rows.revenue[ordered],
        spend=rows.spend[ordered],
        as_of=rows.moment[ordered],
        customer=rows.customer[ordered],
        horizon_days=horizon_days,
    )
