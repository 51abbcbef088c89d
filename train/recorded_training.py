"""A training as runs in MLflow: one for the bundle, which is registered, one for each model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models import bundle as bundles
from models.bundle import Bundle
from train.read_task import AnyTask
from train.recipe import Recipe
from train.report.run_report import log_report
from train.run_records import bundle_record, local_date, model_record, run_name, training_data
from train.tracking import runs as tracking
from train.tracking.registry import Registered, register


@contextmanager
def open_run(name: str, task: AnyTask) -> Iterator[str]:
    """The run of a training, and its id; a failure is recorded with it."""
    tracking.connect(task.config.tracking.experiment)
    started = tracking.Record(
        params={"command": name},
        tags={"as_of": local_date(task), "model": name},
        dataset=training_data(task),
    )
    title = run_name(name, task)
    with tracking.start_run(title, started, config=task.config.model_dump()) as run_id:
        yield run_id


def log_training(recipe: Recipe, task: AnyTask, trained: Any) -> None:
    """Write all that was trained to the open run and to a run for each model, without the report.

    Raises ConnectionError when the store fails.
    """
    for name in recipe.models:
        title = run_name(name, task)
        tracking.log_run(title, model_record(recipe, name, task, trained))
    tracking.log(bundle_record(recipe, trained))


def log_and_register(recipe: Recipe, task: AnyTask, trained: Any) -> Registered:
    """The same, with the bundle registered and the report; where the bundle is found again."""
    log_training(recipe, task, trained)
    registered = register_bundle(trained.bundle)
    log_report(trained, task)
    return registered


def register_bundle(bundle: Bundle) -> Registered:
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
