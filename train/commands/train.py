"""The commands `clv`, `churn` and `spend`: read, train, record, register, report."""

from __future__ import annotations

import logging
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from features.ingest.health.finding import by_name
from models import bundle as bundles
from models.bundle import Bundle
from train.progress import bar
from train.read_task import AnyTask, read_task
from train.recipe import Recipe
from train.recipe_lookup import recipe_of, require_command
from train.report.run_report import log_report
from train.run_records import bundle_record, local_date, model_record, run_name, training_data
from train.tracking import runs as tracking
from train.tracking.registry import Registered, register

logger = logging.getLogger(__name__)


def clv(arguments: Namespace) -> dict[str, Any]:
    """Train all models, record them under one parent run and register their bundle."""
    task = read_task(arguments)
    recipe = recipe_of(task.config)
    with _run("clv", task) as run_id:
        trained = _train(recipe, task, recipe.models)
        for name in recipe.models:
            title = run_name(name, task)
            tracking.log_run(title, model_record(recipe, name, task, trained))
        tracking.log(bundle_record(recipe, trained))
        registered = _register(trained.bundle)
        log_report(trained, task)
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
    with _run(name, task) as run_id:
        trained = _train(recipe, task, (name,))
        tracking.log(model_record(recipe, name, task, trained))
    return _result(recipe, task, trained, run_id)


def _train(recipe: Recipe, task: AnyTask, models: Sequence[str]) -> Any:
    with bar("training", recipe.steps(task)) as step:
        trained = recipe.train(task, models, step)
    logger.info("%s", recipe.holdout_table(trained))
    return trained


@contextmanager
def _run(name: str, task: AnyTask) -> Iterator[str]:
    """The run of a command, and its id; a failure is recorded with it."""
    tracking.connect(task.config.tracking.experiment)
    started = tracking.Record(
        params={"command": name},
        tags={"as_of": local_date(task), "model": name},
        dataset=training_data(task),
    )
    title = run_name(name, task)
    with tracking.start_run(title, started, config=task.config.model_dump()) as run_id:
        yield run_id


def _register(bundle: Bundle) -> Registered:
    """Register a bundle, of purchases or of subscriptions, from the open run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        bundles.save(bundle, path)
        card = bundle.card
        return register(
            path,
            metrics=card.metrics,
            tags={
                "trained_as_of": card.trained_as_of.isoformat(),
                "currency": card.currency,
                "relationship": bundle.relationship,
            },
        )


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
