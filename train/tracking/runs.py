"""Runs in MLflow: connect to a store, start runs and log what they found."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from features.redaction import redacted
from train.charts.drawing_library import ADDRESSES, can_draw
from train.charts.png import png
from train.charts.theme import Spec
from train.tracking.dataset import TrainingData, log_dataset
from train.tracking.mlflow_library import guarded, library
from train.tracking.run_life import TAG, end_dead_runs, process_alive
from train.tracking.serialization import batches, flat, requirements, shortened, to_json
from train.tracking.sqlite_store import make_or_check
from train.tracking.store_address import StoreAddress, store_address

if TYPE_CHECKING:
    import pandas as pd
    import xgboost as xgb

logger = logging.getLogger(__name__)

OPENING_TRIES, OPENING_SECONDS = 10, 1.0
LONGEST_PARAM, LONGEST_TAG = 6000, 8000


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a run logs; the same thing has the same name in every run.

    description  Markdown: what a newcomer sees in this run
    params       settings; nested mappings become dotted names
    metrics      final numbers; those that are not finite are named in the tag undefined_metrics
    curves       numbers by step: 0, 1, 2, ... or as the mapping's keys say
    figures      charts in Vega-Lite -> plots/<name>.png
    documents    -> <name>.json
    texts        -> <name>, which has its own suffix
    dataset      what was trained on, for the column Datasets
    booster      logged in XGBoost's own format, with `example`: float32 rows of what it reads
    """

    description: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Sequence[float] | Mapping[int, float]] = field(default_factory=dict)
    figures: Mapping[str, Spec] = field(default_factory=dict)
    documents: Mapping[str, Mapping[str, Any] | Sequence[Any]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    dataset: TrainingData | None = None
    booster: xgb.Booster | None = None
    example: pd.DataFrame | None = None


@guarded
def connect(experiment: str) -> None:
    """Choose the store and the experiment of the runs to come; runs of dead processes are ended.

    MLFLOW_TRACKING_URI wins; else <var>/mlflow.db with artefacts in <var>/artifacts, where var is
    PERENNIAL_VAR or ./var. Inside `mlflow run` the project's run decides the experiment.

    Raises ConnectionError when the store cannot be used.
    """
    store = store_address()
    with _environment_kept():
        library().set_tracking_uri(store.uri)
        with store.locked():
            if store.file:
                make_or_check(store.file)
            _open(store)
            _choose_experiment(redacted(experiment), store)
            end_dead_runs(store)


def _open(store: StoreAddress) -> None:
    """Have MLflow make its tables in a database server; another machine may be at it, too."""
    from sqlalchemy.exc import IntegrityError, ProgrammingError

    for left in reversed(range(OPENING_TRIES)):
        try:
            library().MlflowClient(store.uri).get_experiment_by_name("Default")
            return
        except (IntegrityError, ProgrammingError):
            if store.file or not left:
                raise
            time.sleep(OPENING_SECONDS)


def _choose_experiment(name: str, store: StoreAddress) -> None:
    mlflow = library()
    if run_id := os.environ.get("MLFLOW_RUN_ID"):
        mlflow.set_experiment(experiment_id=mlflow.get_run(run_id).info.experiment_id)
        return
    if mlflow.get_experiment_by_name(name) is None:
        place = (store.folder / "artifacts").as_uri() if store.default else None
        try:
            mlflow.create_experiment(name, artifact_location=place)
        except mlflow.MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another machine was faster
                raise
    mlflow.set_experiment(name)


@contextmanager
def start_run(
    name: str, record: Record, *, config: Mapping[str, object] | None = None
) -> Iterator[str]:
    """A run that may hold others; yields its id. Inside `mlflow run` it is the project's run.

    config  the whole configuration: becomes config.json and params with dotted names

    A run whose body raises is recorded as failed, one that is interrupted as killed.
    """
    with process_alive(store_address()) as process, _run(name, process) as run_id:
        params = {**flat(config or {}), **flat(record.params)}
        documents = {**({"config": config} if config else {}), **record.documents}
        log(replace(record, params=params, documents=documents))
        yield run_id


def log_run(name: str, record: Record) -> str:
    """A finished run of its own under the parent; returns its id."""
    process = library().active_run().data.tags.get(TAG, "")
    with _run(name, process, nested=True) as run_id:
        log(record)
    return run_id


@guarded
def log(record: Record) -> None:
    """Write the record to the run that is open."""
    mlflow = library()
    mlflow.set_tags(_tags(record))
    for batch in batches(_params(mlflow, record).items(), 100):
        mlflow.log_params(dict(batch))
    mlflow.log_metrics(_defined(record.metrics))
    _log_curves(mlflow, record)
    _log_figures(mlflow, record.figures)
    for name, document in record.documents.items():
        mlflow.log_text(to_json(document), f"{name}.json")
    for name, text in record.texts.items():
        mlflow.log_text(text, name)
    if record.dataset is not None:
        log_dataset(mlflow.active_run().info.run_id, record.dataset)
    if record.booster is not None:
        _log_booster(mlflow, record)


@contextmanager
def _run(name: str, process: str, *, nested: bool = False) -> Iterator[str]:
    mlflow = library()
    tags = {TAG: process} if process else None
    run = guarded(mlflow.start_run)(run_name=name, nested=nested, tags=tags)
    try:
        yield str(run.info.run_id)
    except BaseException as error:
        try:
            guarded(mlflow.end_run)("FAILED" if isinstance(error, Exception) else "KILLED")
        except ConnectionError as second:
            logger.warning("the run stays open: %s", second)
        raise
    guarded(mlflow.end_run)()


@contextmanager
def _environment_kept() -> Iterator[None]:
    """Undo what MLflow writes to the environment, which a later `connect` would obey."""
    names = ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID")
    before = {name: os.environ[name] for name in names if name in os.environ}
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)


def _defined(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}


def _tags(record: Record) -> dict[str, str]:
    tags = dict(record.tags)
    if unknown := sorted(record.metrics.keys() - _defined(record.metrics).keys()):
        tags["undefined_metrics"] = ", ".join(unknown)
    if record.description:
        tags["mlflow.note.content"] = record.description
    return {name: shortened(value, LONGEST_TAG) for name, value in tags.items()}


def _params(mlflow: Any, record: Record) -> dict[str, str]:
    """Flat params; one that the project's run already holds with another value is renamed."""
    taken = mlflow.get_run(mlflow.active_run().info.run_id).data.params
    found = {}
    for name, value in flat(record.params).items():
        text = shortened(value, LONGEST_PARAM)
        found[name if taken.get(name, text) == text else f"{name}.used"] = text
    return found


def _log_figures(mlflow: Any, figures: Mapping[str, Spec]) -> None:
    """A run is worth more without its charts than not at all."""
    if figures and not can_draw():
        logger.warning("the run has no charts: %s", ADDRESSES)
        return
    with TemporaryDirectory() as folder:
        for name, chart in figures.items():
            path = Path(folder, f"{name}.png")
            path.write_bytes(png(chart))
            mlflow.log_artifact(str(path), "plots")


def _log_curves(mlflow: Any, record: Record) -> None:
    now = int(time.time() * 1000)
    points = [
        mlflow.entities.Metric(name, float(value), now, step)
        for name, values in record.curves.items()
        for step, value in (values.items() if isinstance(values, Mapping) else enumerate(values))
        if math.isfinite(value)
    ]
    client, run_id = mlflow.MlflowClient(), mlflow.active_run().info.run_id
    for batch in batches(points, 1000):
        client.log_batch(run_id, metrics=batch)


def _log_booster(mlflow: Any, record: Record) -> None:
    example = record.example
    mlflow.xgboost.log_model(
        record.booster,
        name="model",
        model_format="ubj",
        signature=None if example is None else mlflow.models.infer_signature(example),
        input_example=example,
        pip_requirements=requirements("xgboost", "xgboost-cpu", "numpy", "pandas"),
    )
