"""A run lives as long as its process: runs of a process that has died are ended as KILLED.

A process holds a lock on a file for as long as its runs go on, and tags them with the file's name.
Death releases the lock; whoever trains next finds that out. Runs without such a tag, of another
store or of another machine's folder are left alone.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from features.file_lock import try_lock
from train.tracking.mlflow_library import guarded, library
from train.tracking.store_address import StoreAddress

logger = logging.getLogger(__name__)

TAG = "perennial.process"
FOLDER = "runs"
NAME = re.compile(r"[0-9a-f]{12}-[0-9a-f]{16}")


@contextmanager
def process_alive(store: StoreAddress) -> Iterator[str]:
    """The value of the tag of all runs inside; they are over when the body ends without an error.

    Empty where the folder of locks cannot be written: such runs are nobody's to end.
    """
    found = _hold(store)
    if found is None:
        yield ""
        return
    path, descriptor = found
    try:
        yield path.name
        path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


@guarded
def end_dead_runs(store: StoreAddress) -> None:
    """End the runs whose process has died. To be called under the store's lock.

    Raises ConnectionError when the store fails.
    """
    for path in sorted((store.folder / FOLDER).glob(f"{store.fingerprint}-*")):
        if NAME.fullmatch(path.name) and not path.is_symlink():
            with _released(path) as released:
                if released:
                    _end(library().MlflowClient(), path.name)
                    path.unlink()


@guarded
def _hold(store: StoreAddress) -> tuple[Path, int] | None:
    path = store.folder / FOLDER / f"{store.fingerprint}-{secrets.token_hex(8)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # subtle: under the lock, or somebody may take the file for a dead process's
        with store.locked():
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            with suppress(OSError):  # without locks, nobody takes it for dead either
                try_lock(descriptor)
    except OSError as error:
        if store.file:
            raise
        logger.warning("%s: cannot be written (%s)", path.parent, error.strerror)
        return None
    return path, descriptor


@contextmanager
def _released(path: Path) -> Iterator[bool]:
    """Whether no process holds the file; False, too, where a file system knows no locks."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        released = False
        with suppress(OSError):
            released = try_lock(descriptor)
        yield released
    finally:
        os.close(descriptor)


def _end(client: Any, process: str) -> None:
    experiments = [each.experiment_id for each in client.search_experiments()]
    query = f"tags.`{TAG}` = '{process}' and attributes.status = 'RUNNING'"
    for run in client.search_runs(experiments, query):
        client.set_terminated(run.info.run_id, "KILLED")
        logger.info("run %s was left by a process that died: KILLED", run.info.run_id)
