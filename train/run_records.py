"""What the runs of a training record: settings, numbers, charts, words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from models.bundle import Card
from models.design_matrix import encode
from train.recipe import Recipe
from train.tracking.runs import Record


def model_record(recipe: Recipe, name: str, task: Any, trained: Any) -> Record:
    """The record of one model by its name: churn, or spend."""
    card, curve = trained.bundle.card, trained.curves[name]
    settings = getattr(task.config, name).model_dump()
    return Record(
        description=recipe.description(name, trained),
        params={**settings, **recipe.params(card), "rounds": curve.chosen},
        metrics=metrics_of(name, card.metrics),
        curves={"deviance": dict(zip(curve.rounds, curve.deviance, strict=True))},
        figures=recipe.model_figures(name, task, trained),
        documents={"features": [each.model_dump() for each in card.features]},
        tags=_tags(card, name),
        booster=getattr(trained.bundle, name),
        example=example_rows(card),
    )


def bundle_record(recipe: Recipe, trained: Any) -> Record:
    """The record of the bundle, that of the parent run."""
    card = trained.bundle.card
    return Record(
        description=recipe.description("clv", trained),
        params=recipe.params(card),
        metrics=metrics_of("clv", card.metrics) or metrics_of("churn", card.metrics),
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


def _tags(card: Card, model: str) -> dict[str, str]:
    """What every run of a training is found by."""
    return {"model": model, "as_of": f"{card.trained_as_of:%Y-%m-%d}", "currency": card.currency}
