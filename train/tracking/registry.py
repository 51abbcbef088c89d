"""The model registry in MLflow: a bundle is registered as a version of `clv`, and fetched again."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from features.errors import DataError
from features.redaction import redacted
from models.bundle import Bundle, BundleError, load
from models.registry_address import BUNDLE_FOLDER, NOT_FOUND, REGISTERED, TRAIN
from train.tracking.mlflow_library import guarded, library
from train.tracking.model_description import README, readme, short_description
from train.tracking.model_signature import example, signature
from train.tracking.serialization import requirements
from train.tracking.sqlite_store import check
from train.tracking.store_address import store_address

NAME = "clv"
ABOUT = (
    "Customer lifetime value: P(churn) and expected spend, in one bundle. `champion` is what the "
    "service answers with, `challenger` the newest version that has not been promoted."
)
# What predicting imports, and the packages that it is imported from.
NEEDS = ("xgboost", "xgboost-cpu", "numpy", "pandas", "scipy", "scikit-learn", "pydantic")
CODE = ("features", "models")


@dataclass(frozen=True)
class Registered:
    """Where the bundle is found again: `models:/<name>@<alias>`."""

    name: str
    version: str
    alias: str
    run_id: str


@guarded
def register(
    bundle_folder: Path,
    *,
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    description: str = "",
) -> Registered:
    """Register the bundle from the open run; the version's artefacts hold it as `bundle/`.

    description  Markdown; by default what goes in and comes out, with units

    The first version gets the alias champion, each later one challenger.
    Raises BundleError when the folder is no bundle, ConnectionError when the store fails.
    """
    mlflow = library()
    client, run_id = mlflow.MlflowClient(), mlflow.active_run().info.run_id
    card = load(bundle_folder).card
    with _traceless():
        model = mlflow.models.Model.log(
            artifact_path=None,
            name=NAME,
            flavor=_BundleFlavor,
            bundle_folder=bundle_folder,
            signature=signature(mlflow, card),
            input_example=example(card),
        )
    notes = {f"metric.{name}": f"{value:.6g}" for name, value in metrics.items()} | dict(tags)
    # one process after the other: the first alias must not be given twice
    with store_address().locked():
        _require_model(mlflow, client)
        version = client.create_model_version(
            NAME,
            source=model.model_uri,
            run_id=run_id,
            tags={name: redacted(value) for name, value in notes.items()},
            description=redacted(description or short_description(card)),
            model_id=model.model_id,
        ).version
        shown = json.dumps([{"name": NAME, "version": version}])
        client.set_logged_model_tags(model.model_id, {"mlflow.modelVersions": shown})
        return Registered(NAME, str(version), _set_alias(client, str(version)), str(run_id))


def _require_model(mlflow: Any, client: Any) -> None:
    """Create the registered model where there is none."""
    if not client.search_registered_models(f"name = '{NAME}'"):
        try:
            client.create_registered_model(NAME, description=ABOUT)
        except mlflow.MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another machine was faster
                raise


def _set_alias(client: Any, version: str) -> str:
    """Champion where nobody is yet, else challenger; what the store says afterwards is told.

    A server has no such step in one: where two machines take it at once, the later one stays.
    """
    if "champion" not in client.get_registered_model(NAME).aliases:
        client.set_registered_model_alias(NAME, "champion", version)
        if str(client.get_registered_model(NAME).aliases["champion"]) == version:
            return "champion"
    client.set_registered_model_alias(NAME, "challenger", version)
    return "challenger"


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
    match = REGISTERED.fullmatch(address)
    if match is None:
        raise DataError(
            f"--model must be models:/name@alias, models:/name/version or the folder of a bundle, "
            f"got {address!r}"
        )
    return _fetch(address, match, document)


@contextmanager
def _traceless() -> Iterator[None]:
    """MLflow tries the model's code where it saves it.

    What Python compiles must not stay there, nor that place be searched for modules afterwards.
    """
    before, sys.dont_write_bytecode, searched = sys.dont_write_bytecode, True, sys.path
    try:
        yield
    finally:
        sys.dont_write_bytecode, sys.path = before, searched


def _folder(package: str) -> str:
    spec = find_spec(package)
    [folder] = (spec and spec.submodule_search_locations) or [package]
    return folder


class _BundleFlavor:
    """Saves a Python function model from code, with the bundle as a folder at its top.

    The packages that predict are stored beside it, so that it is loaded where they are not.
    """

    @staticmethod
    def save_model(path: str, mlflow_model: Any, bundle_folder: Path, **kwargs: Any) -> None:
        pyfunc, root = library().pyfunc, Path(path)
        pyfunc.save_model(
            path=path,
            mlflow_model=mlflow_model,
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts={"bundle": str(bundle_folder)},
            code_paths=[_folder(package) for package in CODE],
            pip_requirements=requirements("mlflow", *NEEDS),
            **kwargs,
        )
        entry = mlflow_model.flavors[pyfunc.FLAVOR_NAME]["artifacts"]["bundle"]
        shutil.move(root / entry["path"], root / BUNDLE_FOLDER)
        (root / "artifacts").rmdir()
        entry.update(path=BUNDLE_FOLDER, uri=BUNDLE_FOLDER)
        mlflow_model.save(root / "MLmodel")
        (root / README).write_text(readme(load(root / BUNDLE_FOLDER).card), encoding="utf-8")


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
        if error.error_code not in NOT_FOUND:
            raise
        raise DataError(f"{address}: no such model in the registry; {TRAIN}") from None
    with tempfile.TemporaryDirectory() as folder:
        local = mlflow.artifacts.download_artifacts(
            artifact_uri=source, dst_path=folder, tracking_uri=uri
        )
        cards = sorted(Path(local).rglob(f"{BUNDLE_FOLDER}/card.json"))
        if not cards:
            raise DataError(
                f"{address}: holds no folder {BUNDLE_FOLDER}/ with a card.json; {TRAIN}"
            )
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
    store = store_address()
    if store.file and not store.file.exists():
        raise DataError(f"{store.file}: no tracking store there yet; {TRAIN}")
    try:
        if store.file:
            check(store.file)
    except OSError as error:
        raise DataError(f"{store.file}: {error.strerror or error}") from None
    return store.uri
