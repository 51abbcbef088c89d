"""A process that evaluates one model of ours: Perennial, a rung of the backtest, or ZILN."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.leaderboard.model_process import Predicted, answer
from benchmarks.leaderboard.zero_inflated_lognormal import zero_inflated_lognormal
from features.errors import DataError
from models.purchases.predictor import PurchasePredictor
from train.leaderboard import OURS
from train.purchases.baselines import BASELINES, Predictions
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.purchases.train import train
from train.read_task import read_task

ZILN = "zero_inflated_lognormal"


def perennial(task: PurchaseTask) -> Predictions:
    """The whole recipe, with the holdout evaluation that a training comes with."""
    bundle = train(task, step=lambda _: None).bundle
    forecast = PurchasePredictor(bundle).forecast_table(task.table, as_of=task.as_of)
    p_order = forecast.p_order(task.horizon_days)
    return Predictions(p_order, p_order * forecast.expected_spend(task.horizon_days))


MODELS: dict[str, Callable[[PurchaseTask], Predictions]] = {
    OURS: perennial,
    **BASELINES,
    ZILN: zero_inflated_lognormal,
}


def read(config: Path, horizon_days: int) -> PurchaseTask:
    """The task of a configuration, as of the end of its log.

    Raises ConfigError or DataError for what cannot be used.
    """
    arguments = {"config": config, "as_of": None, "horizon_days": horizon_days, "strict": False}
    task = read_task(Namespace(**arguments))
    if not isinstance(task.data, PurchaseSnapshots):
        raise DataError(
            f"{config}: is of subscriptions, and the leaderboard compares models of purchases; "
            f"name a configuration of transactions"
        )
    return task


def prepare(request: dict[str, Any]) -> list[Callable[[], Predicted]]:
    """The log is read and today's features are computed; snapshots are the model's to pay for."""
    whole = read(Path(request["config"]), request["horizon_days"])
    tasks = [_at(whole, datetime.fromisoformat(each["as_of"])) for each in request["origins"]]
    return [partial(_predict, MODELS[request["model"]], task) for task in tasks]


def _at(task: PurchaseTask, as_of: datetime) -> PurchaseTask:
    """The task as of an origin, nothing but its own features computed."""
    data = PurchaseSnapshots(task.data.source)
    data.table(as_of)
    return replace(task, data=data, as_of=as_of)


def _predict(model: Callable[[PurchaseTask], Predictions], task: PurchaseTask) -> Predicted:
    found = model(task)
    return found.p_order, found.expected_revenue


if __name__ == "__main__":
    answer(prepare)
