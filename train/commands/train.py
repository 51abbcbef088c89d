"""The commands `clv`, `churn` and `spend`: read, train, record, register, report."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from features.ingest.health.finding import by_name
from train.progress import bar
from train.read_task import AnyTask, read_task
from train.recipe import Recipe
from train.recipe_lookup import recipe_of, require_command
from train.recorded_training import log_and_register, open_run
from train.run_records import model_record
from train.tracking import runs as tracking
from train.tracking.registry import Registered

logger = logging.getLogger(__name__)


def clv(arguments: Namespace) -> dict[str, Any]:
    """Train all models, record them under one parent run and register their bundle."""
    task = read_task(arguments)
    recipe = recipe_of(task.config)
    with open_run("clv", task) as run_id:
        trained = _train(recipe, task, recipe.models)
        registered = log_and_register(recipe, task, trained)
    _announce(registered)
    return _result(recipe, task, trained, run_id) | {
        "model": registered.name,
        "version": registered.version,
        "alias": registered.alias,
    }


def churn(arguments: Namespace) -> dict[str, Any]:
    """Train and record the churn model alone; nothing is registered."""
    return _single("churn", arguments)


def spend(arguments: Namespace) -> dict[str, Any]:
    """Train and record the spend model alone; nothing is registered.

    Raises DataError where customers have subscriptions: there is nothing to learn.
    """
    return _single("spend", arguments)


def _single(name: str, arguments: Namespace) -> dict[str, Any]:
    require_command(name, arguments.config)
    task = read_task(arguments)
    recipe = recipe_of(task.config)
    with open_run(name, task) as run_id:
        trained = _train(recipe, task, (name,))
        tracking.log(model_record(recipe, name, task, trained))
    return _result(recipe, task, trained, run_id)


def _train(recipe: Recipe, task: AnyTask, models: Sequence[str]) -> Any:
    with bar("training", recipe.steps(task)) as step:
        trained = recipe.train(task, models, step)
    logger.info("%s", recipe.holdout_table(trained).render())
    return trained


def _announce(registered: Registered) -> None:
    """Log where the model is, and how it comes to be served."""
    name, version = registered.name, registered.version
    logger.info("registered %s version %s as %s", name, version, registered.alias)
    if registered.alias == "challenger":
        logger.info(
            "the champion still answers; score with this one by --model models:/%s/%s, or move "
            "the alias champion in MLflow's model registry",
            name,
            version,
        )


def _result(recipe: Recipe, task: AnyTask, trained: Any, run_id: str) -> dict[str, Any]:
    card = trained.bundle.card
    return {
        "run_id": run_id,
        "as_of": card.trained_as_of.isoformat(),
        "horizon_days": task.horizon_days,
        "fitted_horizon_days": card.fitted_horizon_days,
        "customers": card.training.customers,
        "currency": card.currency,
        "rounds": {name: curve.chosen for name, curve in trained.curves.items()},
        "metrics": card.metrics,
        **recipe.result,
        "counts": task.data.source.counts,
        "findings": by_name(task.data.source.findings),
        "data_sha256": task.data.source.sha256,
    }
