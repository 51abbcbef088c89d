"""Where the tracking store is, and the lock under which it is made and changed."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from features.file_lock import locked
from features.redaction import redacted

logger = logging.getLogger(__name__)

WAIT_SECONDS = 300.0


@dataclass(frozen=True)
class StoreAddress:
    """A tracking store.

    uri      as MLflow takes it
    file     its database where that is a file of SQLite, else None
    folder   for locks: beside the file, else var
    default  whether it is the store of var, whose artefacts lie there too
    """

    uri: str
    file: Path | None
    folder: Path
    default: bool

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that tell stores apart, whatever the password."""
        return hashlib.sha256(redacted(self.uri).encode()).hexdigest()[:12]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time; a store that is no file is locked for those of one var only.

        Raises LockTimeout, an OSError, after five minutes; OSError where SQLite's folder cannot be
        written.
        """
        name = self.file.name if self.file else "tracking"
        path = self.folder / f"{name}.lock"
        if self.file is None and not self.folder.is_dir():
            yield  # nobody else has begun, and a server that fails must leave nothing here
            return
        if self.file is None and not os.access(self.folder, os.W_OK):
            logger.warning("%s: cannot be written: train one model at a time", self.folder)
            yield
            return
        with locked(path, wait_seconds=WAIT_SECONDS):
            yield


def store_address() -> StoreAddress:
    """MLFLOW_TRACKING_URI, else <var>/mlflow.db, where var is PERENNIAL_VAR or ./var.

    Raises OSError where var's name cannot be part of an address.
    """
    var = Path(os.environ.get("PERENNIAL_VAR") or "var").resolve()
    if "?" in str(var):
        raise OSError(f"{var}: an address cannot hold a question mark; rename it")
    local = var / "mlflow.db"
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{local}"
    file = _sqlite_file(uri)
    return StoreAddress(uri, file, file.parent if file else var, file == local)


def _sqlite_file(uri: str) -> Path | None:
    if not uri.startswith("sqlite:"):
        return None
    from sqlalchemy.engine import make_url

    name = make_url(uri).database
    if not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name).resolve()
