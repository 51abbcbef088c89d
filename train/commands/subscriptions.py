"""The commands behind the door where customers have contracts."""

from __future__ import annotations

import logging
from argparse import Namespace
from typing import Any, cast

from features.errors import DataError
from train.arguments import read_task
from train.commands.purchases import about, announce, named, recorded, register_bundle
from train.progress import bar
from train.report.run_report import log_report
from train.subscriptions.backtest import backtest as backtest
from train.subscriptions.records import churn_record, clv_record, holdout_table
from train.subscriptions.snapshot_cache import SubscriptionTask
from train.subscriptions.train import STEPS, TrainedSubscriptions, train
from train.tracking import runs as tracking

logger = logging.getLogger(__name__)


def clv(arguments: Namespace) -> dict[str, Any]:
    """Train, record under one parent run and register the bundle."""
    task = _read(arguments)
    with recorded("clv", task.config, task.as_of) as run_id:
        trained = _train(task)
        tracking.child("churn", churn_record(task, trained))
        tracking.leave(clv_record(trained))
        registered = register_bundle(trained.bundle)
        log_report(trained, task)
    announce(registered)
    return _result(task, trained, run_id) | named(registered)


def churn(arguments: Namespace) -> dict[str, Any]:
    """Train and record the churn model; nothing is registered."""
    task = _read(arguments)
    with recorded("churn", task.config, task.as_of) as run_id:
        trained = _train(task)
        tracking.leave(churn_record(task, trained))
    return _result(task, trained, run_id)


def spend(arguments: Namespace) -> dict[str, Any]:
    """Raises DataError: there is nothing to learn."""
    raise DataError(
        f"{arguments.config}: a contract says what is paid each month, so there is no spend model "
        "to learn; train without a command, or churn"
    )


def tune(arguments: Namespace) -> dict[str, Any]:
    """Raises DataError: the search knows models of purchases only."""
    raise DataError(
        f"{arguments.config}: settings are searched for models of purchases only; change [churn] "
        "by hand and compare the runs in MLflow"
    )


def _read(arguments: Namespace) -> SubscriptionTask:
    return cast(SubscriptionTask, read_task(arguments))


def _train(task: SubscriptionTask) -> TrainedSubscriptions:
    with bar("training", STEPS) as step:
        trained = train(task, step=step)
    logger.info("%s", holdout_table(trained))
    return trained


def _result(task: SubscriptionTask, trained: TrainedSubscriptions, run_id: str) -> dict[str, Any]:
    card, rounds = trained.bundle.card, {"churn": trained.curves["churn"].chosen}
    return {
        **about(card, run_id, rounds=rounds, horizon_days=task.horizon_days),
        "relationship": card.relationship,
        "counts": task.data.source.counts,
        "data_sha256": task.data.source.sha256,
    }
