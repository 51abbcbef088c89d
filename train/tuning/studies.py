"""The file of studies that Optuna keeps: made whole, bounded, and refused where it is spoiled."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from features.atomic_file import replace_file
from features.errors import ConfigError
from features.file_lock import locked
from features.redaction import redacted

MOST_STUDIES = 100
LOCK = ".tuning.lock"
WAIT_SECONDS = 60.0


def library() -> Any:
    """Optuna, imported on first use. Raises ConfigError where it is not installed."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        if error.name != "optuna":
            raise
        raise ConfigError(
            "tune needs Optuna, which is not installed: pip install optuna, or the extra `train`"
        ) from None
    return optuna


def open_study(var: Path, name: str) -> Any:
    """The study of that name in <var>/tuning.db, with what it knows; a new one where it is not.

    Raises ConnectionError where the file cannot be used.
    """
    optuna = library()
    path = var.resolve() / "tuning.db"
    with quiet(), usable(str(path)):
        _make(path)
        study = optuna.create_study(
            storage=f"sqlite:///{path}", study_name=name, load_if_exists=True
        )
        _remove_old(study)
    return study


def _make(path: Path) -> None:
    """Make the file where there is none; it appears whole, also when several do so at once."""
    with locked(path.with_name(LOCK), wait_seconds=WAIT_SECONDS):
        if not path.exists():
            with replace_file(path) as draft:
                library().storages.RDBStorage(f"sqlite:///{draft}").engine.dispose()


def _remove_old(study: Any) -> None:
    """Of too many studies the first ones go: those of earlier data, settings or code."""
    storage = study._storage
    numbers = sorted(each._study_id for each in storage.get_all_studies())
    for number in numbers[:-MOST_STUDIES]:
        if number != study._study_id:
            storage.delete_study(number)


@contextmanager
def usable(path: str = "tuning.db") -> Iterator[None]:
    """Raises ConnectionError where the file of the studies cannot be used."""
    from sqlalchemy.exc import SQLAlchemyError

    optuna = library()
    try:
        yield
    # subtle: a file of another version of Optuna is a RuntimeError
    except (OSError, RuntimeError, SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        what = redacted(reason or str(error).partition("\n")[0])
        raise ConnectionError(
            f"{path}: cannot be used ({what}); remove it, or set PERENNIAL_VAR to another folder"
        ) from None


@contextmanager
def quiet() -> Iterator[None]:
    """Let Optuna and its store report trouble only."""
    loggers = [logging.getLogger(name) for name in ("optuna", "alembic")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
