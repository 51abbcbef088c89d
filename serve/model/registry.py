"""The model registry in MLflow: which version an address means, and its bundle as files."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from models.registry_address import BUNDLE_FOLDER, NOT_FOUND, REGISTERED, SCHEME, TRAIN
from serve.errors import ServeError

if TYPE_CHECKING:
    from mlflow import MlflowClient

# a store that is down must not hold up the start for minutes
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
# MLflow hands such a failure on as a text
NO_SPACE = tuple(os.strerror(each) for each in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


class Refused(ServeError):
    """A version of the model that must not be used."""


@dataclass(frozen=True)
class Reference:
    """A version of a registered model."""

    name: str
    version: str
    run_id: str | None


class Registry:
    """The model registry at a tracking address; nothing is opened before the first request."""

    def __init__(self, tracking_uri: str) -> None:
        self._tracking_uri = tracking_uri
        self._client: MlflowClient | None = None

    def resolve(self, address: str) -> Reference:
        """The version behind an address. Raises ServeError when none is, or the store is down."""
        match = REGISTERED.fullmatch(address)
        if match is None:
            raise ServeError(f"{address!r} is not models:/name@alias or models:/name/version")
        name, alias, version = match["name"], match["alias"], match["version"]
        try:
            client = self._connected()
            found = (
                client.get_model_version_by_alias(name, alias)
                if alias
                else client.get_model_version(name, version)
            )
        except ServeError:
            raise
        except Exception as error:
            raise self._failure(address, error) from None
        return Reference(name, str(found.version), found.run_id or None)

    def fetch(self, reference: Reference, into: Path) -> Path:
        """Download the version's bundle; returns its folder. Raises ServeError."""
        address = f"{SCHEME}{reference.name}/{reference.version}"
        try:
            from mlflow.artifacts import download_artifacts

            source = self._connected().get_model_version_download_uri(
                reference.name, reference.version
            )
            local = download_artifacts(
                artifact_uri=source, dst_path=str(into), tracking_uri=self._tracking_uri
            )
        except ServeError:
            raise
        except Exception as error:
            raise self._failure(address, error) from None
        cards = sorted(Path(local).rglob(f"{BUNDLE_FOLDER}/card.json"))
        if not cards:
            raise Refused(
                f"{address}: holds no folder {BUNDLE_FOLDER}/ with a card.json; {TRAIN}", status=503
            )
        return cards[0].parent

    def _connected(self) -> MlflowClient:
        if self._client is None:
            _require_file(self._tracking_uri)
            for name, value in ENVIRONMENT.items():
                os.environ.setdefault(name, value)
            from mlflow import MlflowClient

            self._client = MlflowClient(self._tracking_uri, self._tracking_uri)
        return self._client

    def _failure(self, address: str, error: Exception) -> ServeError:
        """The failure in one sentence, without the address of the store: it may hold a password."""
        code = getattr(error, "error_code", "")
        if code in NOT_FOUND:
            return ServeError(f"{address}: no such model in the registry; {TRAIN}", status=503)
        if reason := next((each for each in NO_SPACE if each in str(error)), None):
            return ServeError(f"{address}: cannot be downloaded: {reason}", status=503)
        kind = code or type(error).__name__
        return ServeError(
            f"{address}: the tracking store does not answer ({kind}); check MLFLOW_TRACKING_URI "
            "and that the store runs",
            status=503,
        )


def _require_file(tracking_uri: str) -> None:
    """A SQLite store that is not there must not be created by looking for a model in it."""
    if tracking_uri.startswith("sqlite:///"):
        path = Path(urlsplit(tracking_uri).path.removeprefix("/"))
        if not path.is_file():
            raise ServeError(f"{path}: no tracking store there yet; {TRAIN}", status=503)
