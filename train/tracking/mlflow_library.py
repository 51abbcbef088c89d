"""MLflow, imported late and kept quiet; what fails in it is one sentence."""

from __future__ import annotations

import functools
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from features.redaction import redacted

SILENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # the links would show the store's password
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
}
P = ParamSpec("P")
R = TypeVar("R")


def library() -> Any:
    """MLflow, imported on first use, with telemetry, links and progress bars off."""
    for name, value in SILENT.items():
        os.environ.setdefault(name, value)
    import mlflow

    return mlflow


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Keep MLflow's chatter off stderr, and credentials out of its errors.

    Raises ConnectionError where the tracking store fails.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        mlflow = library()
        from alembic.util.exc import CommandError
        from sqlalchemy.exc import SQLAlchemyError

        failures = (mlflow.MlflowException, SQLAlchemyError, CommandError, sqlite3.Error)
        try:
            with _silence("mlflow", "alembic"):
                return function(*args, **kwargs)
        except (*failures, ImportError, OSError) as error:
            what = getattr(error, "strerror", None) or str(error).partition("\n")[0]
            where = mlflow.get_tracking_uri()
            raise ConnectionError(redacted(f"tracking store {where}: {what}")) from None

    return call


@contextmanager
def _silence(*names: str) -> Iterator[None]:
    """subtle: MLflow logs errors that it raises, too, with their tracebacks."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
