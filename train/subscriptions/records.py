"""What the runs of a training on contracts leave behind."""

from __future__ import annotations

from typing import Any

from models.subscriptions.card import SubscriptionCard
from train.purchases.records import example_rows, metrics_of, tags_of
from train.subscriptions import figures as pictures
from train.subscriptions.months import known_by, month_rows
from train.subscriptions.snapshot_cache import SubscriptionTask
from train.subscriptions.train import TrainedSubscriptions
from train.tracking.runs import Record

TODAYS = (
    "The table holds today's attributes and amounts only, and they are laid beside months that are "
    "past: customers who changed their contract before they left or stayed look easier to tell "
    "than they were."
)
ABOUT = {
    "churn": "**Churn**: P(a subscriber cancels in a month). XGBoost on top of the shifted "
    "beta-geometric's log odds. Metrics without a prefix are this model's; `prior_` is the "
    "shifted beta-geometric on the same rows.",
    "clv": "**CLV** of contracts: what is paid is known, so that the churn model and the economics "
    "give the value of the remaining life. The child run holds the model; `card.json` is "
    "everything about the bundle that is not a tree.",
}
ROWS = {
    "auc": "ROC-AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "calibration_error": "calibration error",
}
VALUE = {
    "gini": "normalised Gini",
    "spearman": "Spearman",
    "mae": "MAE",
    "rmse": "RMSE",
    "bias": "bias of the total",
    "decile_error": "decile error",
}


def churn_record(task: SubscriptionTask, trained: TrainedSubscriptions) -> Record:
    """The record of the churn model."""
    card = trained.bundle.card
    known = known_by(task.data.source, task.as_of)
    _, rows = month_rows(known, task.data.names, card.levels)
    curve = trained.curves["churn"]
    return Record(
        description=_about("churn", trained),
        params={**task.config.churn.model_dump(), **_shared(card), "rounds": curve.chosen},
        metrics=metrics_of("churn", card.metrics),
        curves={"deviance": dict(zip(curve.rounds, curve.deviance, strict=True))},
        figures={
            **pictures.of_trees(trained, rows),
            **pictures.of_holdout(trained.holdout, card.currency),
        },
        documents={"features": [each.model_dump() for each in card.features]},
        tags=tags_of(card, "churn"),
        booster=trained.bundle.churn,
        example=example_rows(card),
    )


def clv_record(trained: TrainedSubscriptions) -> Record:
    """The record of the bundle, that of the parent run."""
    card = trained.bundle.card
    return Record(
        description=_about("clv", trained),
        params=_shared(card),
        metrics=metrics_of("clv", card.metrics) or metrics_of("churn", card.metrics),
        figures=pictures.of_holdout(trained.holdout, card.currency),
        documents={"card": card.model_dump(mode="json"), "counts": card.training.counts},
        tags=tags_of(card, "clv"),
    )


def holdout_table(trained: TrainedSubscriptions) -> str:
    """Metrics beside the probability model's, aligned, for a terminal."""
    holdout, metrics = trained.holdout, trained.bundle.card.metrics
    if holdout is None:
        return "held out: nothing, too few months of too few customers were watched"
    part = "churn" if holdout.of == "horizon" else "churn_month"
    lines = [f"held out: {holdout.about}", f"  {'':22}{'Perennial':>12}{'sBG':>14}"]
    names = [(part, *row) for row in ROWS.items()] + [("clv", *row) for row in VALUE.items()]
    for group, name, label in names:
        if f"{group}_{name}" in metrics:
            prior = metrics.get(f"{group}_prior_{name}", float("nan"))
            lines.append(f"  {label:22}{metrics[f'{group}_{name}']:12.4g}{prior:14.4g}")
    return "\n".join([*lines, f"  {TODAYS}"])


def _about(name: str, trained: TrainedSubscriptions) -> str:
    holdout = trained.holdout
    judged = f" Judged on {holdout.about}." if holdout else " There was too little to judge by."
    return f"{ABOUT[name]}{judged} {TODAYS}"


def _shared(card: SubscriptionCard) -> dict[str, Any]:
    return {
        "as_of": card.trained_as_of.isoformat(),
        "horizon_days": card.horizon_days,
        "relationship": card.relationship,
        "data_sha256": card.training.data_sha256,
        "prior": "sbg",
        "prior.alpha": card.prior.alpha,
        "prior.beta": card.prior.beta,
        "months_watched": card.prior.last_month,
    }
