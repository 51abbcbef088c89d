"""What the runs of a training record: settings, numbers, charts, words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from features.config.source_address import without_password
from features.config.subscriptions import SubscriptionConfig
from features.timestamps import format_timestamp
from models.bundle import Card
from models.design_matrix import encode
from train.recipe import Recipe
from train.tracking.dataset import TrainingData
from train.tracking.runs import Record

# What `mlflow.models.evaluate` calls the same.
MLFLOW_NAMES = {
    "auc": "roc_auc",
    "mae": "mean_absolute_error",
    "rmse": "root_mean_squared_error",
}
# Whoever compares runs reads it in each of them.
DIRECTIONS = (
    "Higher is better: `auc` (`roc_auc`), `gini`, `spearman`, `top_decile_capture`. Lower is "
    "better: `log_loss`, `brier`, `calibration_error`, `mae`, `rmse`, `decile_error`. `bias` is "
    "best at 0, `interval_coverage` at 0.8. `mae`, `rmse` and `interval_width` are money."
)


def run_name(name: str, task: Any) -> str:
    """What a run is called: by what it does, and as of when."""
    return f"{name} {format_timestamp(task.as_of, task.data.source.timezone)}"


def local_date(task: Any) -> str:
    """The date of a task's as_of where its customers are."""
    return format_timestamp(task.as_of, task.data.source.timezone)[:10]


def training_data(task: Any) -> TrainingData:
    """The data of a task as runs name them."""
    data, read = task.config.data, task.data.source
    source = data.customers if isinstance(task.config, SubscriptionConfig) else data.transactions
    columns = {name: each for name, each in data.columns.model_dump().items() if each}
    return TrainingData(without_password(source), read.sha256, columns, read.counts)


def model_record(recipe: Recipe, name: str, task: Any, trained: Any) -> Record:
    """The record of one model by its name: churn, or spend."""
    card, curve = trained.bundle.card, trained.curves[name]
    settings = getattr(task.config, name).model_dump()
    return Record(
        description=f"{recipe.description(name, trained)}\n\n{DIRECTIONS}",
        params={**settings, **recipe.params(card), "rounds": curve.chosen},
        metrics=in_both_names(metrics_of(name, card.metrics)),
        curves={"deviance": dict(zip(curve.rounds, curve.deviance, strict=True))},
        figures=recipe.model_figures(name, task, trained),
        documents={"features": [each.model_dump() for each in card.features]},
        tags=_tags(card, name),
        dataset=training_data(task),
        booster=getattr(trained.bundle, name),
        example=example_rows(card),
    )


def bundle_record(recipe: Recipe, trained: Any) -> Record:
    """The record of the bundle, that of the parent run."""
    card = trained.bundle.card
    return Record(
        description=f"{recipe.description('clv', trained)}\n\n{DIRECTIONS}",
        params=recipe.params(card),
        metrics=in_both_names(metrics_of("clv", card.metrics) or metrics_of("churn", card.metrics)),
        figures=recipe.bundle_figures(trained),
        documents={"card": card.model_dump(mode="json"), "counts": card.training.counts},
        tags=_tags(card, "clv"),
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


def metrics_of(part: str, metrics: Mapping[str, float]) -> dict[str, float]:
    """The metrics of one part, under names that all parts share."""
    prefix = f"{part}_"
    return {
        name.removeprefix(prefix): value
        for name, value in metrics.items()
        if name.startswith(prefix)
    }


def in_both_names(metrics: Mapping[str, float]) -> dict[str, float]:
    """Metrics by our names and, where `mlflow.models.evaluate` has another for one, by that too."""
    theirs = {other: metrics[ours] for ours, other in MLFLOW_NAMES.items() if ours in metrics}
    return {**metrics, **theirs}


def _tags(card: Card, model: str) -> dict[str, str]:
    """What every run of a training is found by."""
    as_of = format_timestamp(card.trained_as_of, card.timezone)[:10]
    return {"model": model, "as_of": as_of, "currency": card.currency}
