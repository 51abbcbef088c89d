"""A registered bundle is fetched again, with what its run says of it."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.errors import DataError
from models.bundle import Bundle, BundleError, load
from train.tracking.runs import guarded, library

ADDRESS = re.compile(r"models:/+(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+))")
TRAIN = "train one with: python -m train --config configs/cdnow.toml"
UNKNOWN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


@dataclass(frozen=True)
class Fetched:
    """A bundle; its version, "" for a folder; a document of its run, "" where there is none."""

    bundle: Bundle
    version: str = ""
    document: str = ""


def fetch(address: str, *, document: str) -> Fetched:
    """A bundle by models:/name@alias, models:/name/version, or its folder.

    document  a file of the version's run, for example notes.json

    Raises DataError for an address without a bundle, ConnectionError when the store fails.
    """
    if (folder := Path(address)).is_dir():
        return Fetched(_load(folder))
    match = ADDRESS.fullmatch(address)
    if match is None:
        raise DataError(
            f"--model must be models:/name@alias, models:/name/version or the folder of a bundle, "
            f"got {address!r}"
        )
    return _fetch(address, match, document)


@guarded
def _fetch(address: str, match: re.Match[str], document: str) -> Fetched:
    mlflow, uri = library(), _store()
    client = mlflow.MlflowClient(uri, uri)
    try:
        found = (
            client.get_model_version_by_alias(match["name"], match["alias"])
            if match["alias"]
            else client.get_model_version(match["name"], match["version"])
        )
        source = client.get_model_version_download_uri(found.name, found.version)
    except mlflow.MlflowException as error:
        if error.error_code not in UNKNOWN:
            raise
        raise DataError(f"{address}: no such model in the registry; {TRAIN}") from None
    with tempfile.TemporaryDirectory() as folder:
        local = mlflow.artifacts.download_artifacts(
            artifact_uri=source, dst_path=folder, tracking_uri=uri
        )
        cards = sorted(Path(local).rglob("bundle/card.json"))
        if not cards:
            raise DataError(f"{address}: holds no folder bundle/ with a card.json; {TRAIN}")
        bundle = _load(cards[0].parent)
        return Fetched(
            bundle, str(found.version), _document(client, found.run_id, document, folder)
        )


def _document(client: Any, run_id: str | None, name: str, folder: str) -> str:
    if not run_id or name not in {each.path for each in client.list_artifacts(run_id)}:
        return ""
    return Path(client.download_artifacts(run_id, name, folder)).read_text(encoding="utf-8")


def _load(folder: Path) -> Bundle:
    try:
        return load(folder)
    except BundleError as error:
        raise DataError(str(error)) from None


def _store() -> str:
    """The address of the store; a local one that is not there must not be made by looking."""
    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        return uri
    path = Path(os.environ.get("PERENNIAL_VAR") or "var").resolve() / "mlflow.db"
    if not path.is_file():
        raise DataError(f"{path}: no tracking store there yet; {TRAIN}")
    return f"sqlite:///{path}"
