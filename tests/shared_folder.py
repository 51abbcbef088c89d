"""A folder for all processes of a run, in which what takes long is made once."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

# In the environment of everything that a run starts, and so of what it forgets to end, too.
RUN = "PERENNIAL_TESTS_RUN"


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """The first process of a run makes the folder that all of them share."""
    if not hasattr(session.config, "workerinput"):
        os.environ[RUN] = tempfile.mkdtemp(prefix="perennial-tests-")


@dataclass(frozen=True)
class Shared:
    """A folder that all processes of a run see."""

    folder: Path

    def once(self, name: str, make: Callable[[Path], object]) -> Path:
        """The folder of this name, filled by whoever asks first. Read it, or take a copy."""
        place = self.folder / name
        with self.locked(name):
            if not (done := self.folder / f"{name}.done").exists():
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                make(place)
                done.touch()
        return place

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """One process at a time."""
        with (self.folder / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@pytest.fixture(scope="session")
def shared() -> Shared:
    return Shared(Path(os.environ[RUN]))


@pytest.fixture(scope="session")
def tracking_database(shared: Shared) -> Callable[[Path], Path]:
    """Puts an empty database of MLflow into a folder: a copy, as to make one takes a second."""

    def make(folder: Path) -> None:
        from train.tracking.mlflow_library import library

        library().MlflowClient(f"sqlite:///{folder / 'mlflow.db'}").search_experiments()

    def copy(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared.once("tracking", make) / "mlflow.db", folder)
        return folder

    return copy
