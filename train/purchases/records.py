"""What the runs of a training leave behind: settings, numbers, pictures, words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb

from models.bundle import Card
from models.encoding import encode
from models.purchases.card import PurchaseCard
from models.purchases.explain import importance
from train.purchases import figures as pictures
from train.purchases.train import TrainedPurchases
from train.tracking.runs import Record

ABOUT = {
    "churn": "**Churn**: P(no order in the horizon). XGBoost on top of the probability model's "
    "log odds. Metrics without a prefix are this model's on the newest matured window, which it "
    "had not seen; `prior_` is BG/NBD on the same customers.",
    "spend": "**Spend**: E[revenue in the horizon, given an order]. XGBoost (gamma) on top of the "
    "probability model's log spend. Metrics are over customers who ordered, on the newest matured "
    "window; `prior_` is BG/NBD x Gamma-Gamma.",
    "clv": "**CLV**: churn and spend as one bundle. Metrics compare expected with actual revenue "
    "of every customer on the newest matured window; `prior_` is BG/NBD x Gamma-Gamma. The child "
    "runs hold each model; `card.json` is everything about the bundle that is not a tree.",
}


def model_record(
    name: str, trained: TrainedPurchases, settings: Mapping[str, Any], table: pd.DataFrame
) -> Record:
    """The record of one model, churn or spend; `table` holds the features as of training."""
    card = trained.bundle.card
    booster = getattr(trained.bundle, name)
    curve = trained.curves[name]
    return Record(
        description=ABOUT[name],
        params={**settings, **_shared(card), "rounds": curve.chosen},
        metrics=metrics_of(name, card.metrics),
        curves={"deviance": dict(zip(curve.rounds, curve.deviance, strict=True))},
        figures={
            **pictures.of_model(
                name, curve, _gains(booster, card), importance(trained.bundle, table)[name]
            ),
            **pictures.of_holdout(name, trained.holdout, card),
        },
        documents={"features": [each.model_dump() for each in card.features]},
        tags=tags_of(card, name),
        booster=booster,
        example=example_rows(card),
    )


def clv_record(trained: TrainedPurchases) -> Record:
    """The record of the bundle, that of the parent run."""
    card = trained.bundle.card
    return Record(
        description=ABOUT["clv"],
        params=_shared(card),
        metrics=metrics_of("clv", card.metrics),
        figures=pictures.of_holdout("clv", trained.holdout, card),
        documents={"card": card.model_dump(mode="json"), "counts": card.training.counts},
        tags=tags_of(card, "clv"),
    )


def example_rows(card: Card) -> pd.DataFrame:
    """Two made-up rows as the boosters read them: the ends of what each feature was seen to be."""
    rows = pd.DataFrame(
        [[each.lowest for each in card.features], [each.highest for each in card.features]],
        columns=[each.name for each in card.features],
    )
    texts = dict.fromkeys(card.levels, "")
    return pd.DataFrame(
        encode(rows.assign(**texts), list(rows.columns), card.levels), columns=rows.columns
    )


def _shared(card: PurchaseCard) -> dict[str, Any]:
    """What both models and the bundle have in common."""
    return {
        "as_of": card.trained_as_of.isoformat(),
        "horizon_days": card.horizon_days,
        "fitted_horizon_days": card.fitted_horizon_days,
        "snapshots_used": len(card.training.snapshots),
        "data_sha256": card.training.data_sha256,
        "prior": card.prior.purchases.variant,
    }


def tags_of(card: Card, model: str) -> dict[str, str]:
    """What every run of a training is found by."""
    return {"model": model, "as_of": f"{card.trained_as_of:%Y-%m-%d}", "currency": card.currency}


def metrics_of(part: str, metrics: Mapping[str, float]) -> dict[str, float]:
    """The metrics of one part, under names that all parts share."""
    prefix = f"{part}_"
    return {
        name.removeprefix(prefix): value
        for name, value in metrics.items()
        if name.startswith(prefix)
    }


def _gains(booster: xgb.Booster, card: PurchaseCard) -> dict[str, float]:
    """Total gain by feature; XGBoost names the columns of a matrix f0, f1, ..."""
    if not booster.num_boosted_rounds():
        return {}
    gains = booster.get_score(importance_type="total_gain")
    return {card.features[int(name[1:])].name: float(np.sum(gain)) for name, gain in gains.items()}
