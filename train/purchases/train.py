"""Both models, evaluated out of time, as one bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from models import intervals
from models.intervals import RevenueDistribution
from models.purchases.age_bands import AgeBand, age_bands
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from models.segmentation.cutoffs import cutoffs
from train.customer_codes import FEWEST_CUSTOMERS, customer_codes
from train.progress import Step
from train.purchases.fit import fit
from train.purchases.holdout import (
    PurchaseHoldout,
    churn_scores,
    clv_scores,
    evaluate,
    spend_scores,
)
from train.purchases.snapshot_cache import PurchaseTask
from train.purchases.snapshots import fitted_horizon
from train.training_result import Trained

BOTH = ("churn", "spend")


TrainedPurchases = Trained[PurchaseBundle, PurchaseHoldout]


def train(
    task: PurchaseTask,
    *,
    models: Sequence[str] = BOTH,
    step: Step,
) -> TrainedPurchases:
    """Train as of a point in time; no row at or after it is used for anything.

    The recipe is first tried one horizon earlier and evaluated on what followed: that gives the
    metrics and the spread of the intervals. Then it is repeated on all that is known.
    """
    holdout = _evaluate_earlier(task, models, step)
    fitted = fit(task, models=models, step=step)
    card = fitted.bundle.card
    if holdout is not None:
        spread = fit_intervals(holdout.customers, card.spread.level_sd)
        holdout = cross_fitted(holdout, card.spread.level_sd)
        seen = {"metrics": scores(holdout, models), "age_bands": holdout_bands(holdout)}
        card = card.model_copy(update={"spread": spread, **seen})
    bundle = _with_bounds(PurchaseBundle(card, fitted.bundle.churn, fitted.bundle.spend), task)
    return TrainedPurchases(bundle, fitted.curves, holdout)


def _with_bounds(bundle: PurchaseBundle, task: PurchaseTask) -> PurchaseBundle:
    """The bundle with the bounds of the tiers and segments of today's customers."""
    clv = PurchasePredictor(bundle).predict(task.table, as_of=task.as_of)["clv"]
    bounds = cutoffs(task.table, clv, task.config.tiers)
    named = bundle.card.model_copy(update={"bounds": bounds})
    return PurchaseBundle(named, bundle.churn, bundle.spend)


def scores(holdout: PurchaseHoldout, models: Sequence[str] = BOTH) -> dict[str, float]:
    """Every defined metric of a holdout, named after the model: churn_auc, clv_gini."""
    parts = {"churn": churn_scores, "spend": spend_scores, "clv": clv_scores}
    wanted = parts if set(models) == set(BOTH) else {name: parts[name] for name in models}
    return {
        f"{part}_{name}": value
        for part, score in wanted.items()
        for name, value in score(holdout).items()
        if np.isfinite(value)
    }


def holdout_bands(holdout: PurchaseHoldout) -> tuple[AgeBand, ...]:
    """What was said and what happened in the holdout evaluation, by age."""
    seen = {name: column.to_numpy(dtype=float) for name, column in holdout.customers.items()}
    return age_bands(
        seen["age_days"],
        p_order=1.0 - seen["p_churn"],
        expected_revenue=seen["expected_revenue"],
        ordered=1.0 - seen["churned"],
        revenue=seen["revenue"],
    )


def fit_intervals(customers: pd.DataFrame, level_sd: float) -> RevenueDistribution:
    """The spread of returners' revenue around what was expected of them."""
    returners = customers[customers["churned"] == 0]
    return intervals.fit(
        1.0 - returners["p_churn"].to_numpy(dtype=float),
        returners["expected_spend"].to_numpy(dtype=float),
        returners["revenue"].to_numpy(dtype=float),
        level_sd=level_sd,
    )


def cross_fitted(holdout: PurchaseHoldout, level_sd: float) -> PurchaseHoldout:
    """The holdout with intervals whose spread was learnt from the other half of the customers."""
    half = customer_codes(holdout.customers.index) % 2
    customers = holdout.customers.copy()
    for each in (0, 1):
        spread = fit_intervals(customers[half != each], level_sd)
        mine = customers[half == each]
        customers.loc[half == each, ["low", "high"]] = np.stack(
            intervals.revenue_interval(
                spread,
                1.0 - mine["p_churn"].to_numpy(dtype=float),
                mine["expected_spend"].to_numpy(dtype=float),
            ),
            axis=1,
        )
    return replace(holdout, customers=customers)


def _evaluate_earlier(
    task: PurchaseTask, models: Sequence[str], step: Step
) -> PurchaseHoldout | None:
    """The recipe one horizon earlier, evaluated; none where too little was known by then."""
    days = fitted_horizon(task)
    earlier = replace(task, as_of=task.as_of - timedelta(days=days), horizon_days=days)
    if earlier.as_of <= task.data.source.first or len(earlier.table) < FEWEST_CUSTOMERS:
        return None
    return evaluate(fit(earlier, models=models, step=step).bundle, earlier, by=task.as_of)
