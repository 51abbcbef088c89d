"""A training for an estimator: what the commands compose, on data that have been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.config.purchases import PurchaseConfig
from features.config.read import AnyConfig, validated
from features.config.subscriptions import SubscriptionConfig
from features.errors import ConfigError, DataError
from models import bundle as bundles
from models.bundle import Bundle
from models.purchases.bundle import PurchaseBundle

if TYPE_CHECKING:
    import pandas as pd

    from features.dataset import Dataset
    from train.charts.theme import Spec
    from train.read_task import AnyTask
    from train.recipe import Recipe

REGISTERED = "clv"


@dataclass(frozen=True)
class Training:
    """What was asked of a training, and what came of it."""

    recipe: Recipe
    task: AnyTask
    trained: Any


def train(config: AnyConfig, dataset: Dataset, as_of: datetime) -> Training:
    """Train on data that have been read, as of a time, with a bar on a terminal.

    Raises DataError for a time of which nothing is known.
    """
    # these bring the models and their libraries, which an import need not wait for
    from train.progress import bar
    from train.read_task import task_on
    from train.recipe_lookup import recipe_of

    recipe = recipe_of(config)
    task = task_on(config, dataset, as_of, config.problem.horizon_days)
    with bar("training", recipe.steps(task)) as step:
        return Training(recipe, task, recipe.train(task, recipe.models, step))


def holdout(config: AnyConfig, metrics: Mapping[str, float]) -> pd.DataFrame:
    """The metrics of a card as `train.holdout_table.HoldoutTable.frame`."""
    from train.holdout_table import HoldoutTable
    from train.recipe_lookup import recipe_of

    return HoldoutTable("", metrics, recipe_of(config).holdout_rows(metrics)).frame()


def backtest(training: Training, origins: int) -> pd.DataFrame:
    """The leaderboard of models at so many origins, the model's name as the first column.

    Raises DataError where there are not so many.
    """
    from train.leaderboard import leaderboard
    from train.progress import bar

    if isinstance(origins, bool) or not isinstance(origins, int) or not 0 < origins <= 100:
        raise ConfigError(f"backtest: origins must be a number from 1 to 100, got {origins!r}")
    recipe = training.recipe.backtest
    tasks = recipe.origins(training.task, origins)
    with bar("backtest", len(tasks) * len(recipe.models())) as step:
        reports = [recipe.evaluate(each, step).report for each in tasks]
    return leaderboard(reports).reset_index()


def figure(training: Training, name: str) -> Spec:
    """The chart of the holdout evaluation that is called so.

    Raises DataError where there is none.
    """
    figures = training.recipe.holdout_figures(training.trained)
    if name not in figures:
        raise DataError(
            "there is nothing to show: too little was known a horizon earlier to evaluate on"
        )
    return figures[name]


def record(training: Training, register: str | None, experiment: str | None) -> tuple[str, str]:
    """Record in MLflow; the id of the run, and the address of the version, "" where there is none.

    Raises ConfigError for a name that is not the model's, ConnectionError when the store fails.
    """
    if register not in (None, REGISTERED):
        raise ConfigError(
            f"log_to_mlflow: register must be {REGISTERED!r}, under which the service looks for "
            f"it, or None, got {register!r}"
        )
    from train.recorded_training import log_and_register, log_training, open_run

    task = training.task
    if experiment is not None:
        tracking = task.config.tracking.model_copy(update={"experiment": experiment})
        config: Any = task.config.model_copy(update={"tracking": tracking})
        task = type(task)(config, task.data, task.as_of, task.horizon_days)  # type: ignore[arg-type]
    with open_run(REGISTERED, task) as run_id:
        if register is None:
            log_training(training.recipe, task, training.trained)
            return run_id, ""
        found = log_and_register(training.recipe, task, training.trained)
        return run_id, f"models:/{found.name}/{found.version}"


def save(bundle: Bundle, folder: Path) -> None:
    """Write a bundle in place of an earlier one, or of nothing.

    Raises DataError for a folder that holds something else, and where it cannot be written.
    """
    try:
        if folder.exists() and not (folder / bundles.CARD).is_file() and any(folder.iterdir()):
            raise DataError(f"{folder}: holds something else than a bundle; give a new folder")
        bundles.save(bundle, folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(f"{folder}: cannot be written: {reason}; give another folder") from None


def load(address: str | Path, *, relationship: str) -> tuple[Bundle, str]:
    """The bundle at an address, of this kind of customers, and what its version is called.

    Raises BundleError for a folder that holds none, DataError for another address or kind.
    """
    bundle, version = _at(address)
    if bundle.relationship != relationship:
        raise DataError(
            f"{address}: is a model of {bundle.relationship}, not of {relationship}; load it by "
            "the other estimator"
        )
    return bundle, version


def settings_of(bundle: Bundle) -> AnyConfig:
    """The configuration that a bundle was trained with. Raises ConfigError."""
    settings = bundle.card.training.settings
    if not isinstance(bundle, PurchaseBundle):
        return validated(Path(bundles.CARD), settings, SubscriptionConfig)
    # subtle: an earlier version did not say so, and what it did is not the default any more
    matched = "match" if bundle.card.matches_refunds else "none"
    data = {"refund_matching": matched, **settings.get("data", {})}
    return validated(Path(bundles.CARD), {**settings, "data": data}, PurchaseConfig)


def _at(address: str | Path) -> tuple[Bundle, str]:
    """The bundle in a folder, or of a registered version, and what its version is called."""
    folder = Path(address)
    if str(address).startswith("models:/"):
        from train.tracking.registry import fetch

        found = fetch(str(address), document="card.json")
        return found.bundle, found.version
    if not folder.is_dir():
        raise DataError(f"{address}: no such folder; give the folder of a bundle, or models:/...")
    return bundles.load(folder), bundles.version_of(folder)
