"""The last good model, stored as files: the service starts when the registry is down."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any

from features.atomic_file import replace_file
from models import bundle as bundles
from models.bundle import BundleError
from serve.model.loaded import LoadedModel

logger = logging.getLogger(__name__)

POINTER = "current.json"


def save(folder: Path, model: LoadedModel, address: str) -> None:
    """Write the bundle under `folder`, then point at it in one step; the one before goes.

    A folder that cannot be written is logged: it must not stop the service.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = _pointer(folder).get("folder")
        place = Path(tempfile.mkdtemp(prefix="bundle-", dir=folder))
        bundles.save(model.bundle, place)
        pointer = {
            "address": address,
            "folder": place.name,
            "name": model.name,
            "version": model.version,
            "run_id": model.run_id,
        }
        with replace_file(folder / POINTER) as draft:
            draft.write_text(json.dumps(pointer), encoding="utf-8")
        if before:
            shutil.rmtree(folder / before, ignore_errors=True)
    except OSError as error:
        logger.warning("%s: the model in use cannot be stored: %s", folder, error.strerror)


def load(folder: Path, address: str) -> LoadedModel | None:
    """The bundle stored for this address, if there is one that can be read."""
    try:
        pointer = _pointer(folder)
        if pointer.get("address") != address:
            return None
        return LoadedModel(
            bundle=bundles.load(folder / pointer["folder"]),
            name=pointer["name"],
            version=pointer["version"],
            run_id=pointer["run_id"],
            source="last_good",
        )
    except (OSError, ValueError, KeyError, TypeError, BundleError) as error:
        logger.warning("%s: what is stored there cannot be used: %s", folder, error)
        return None


def _pointer(folder: Path) -> dict[str, Any]:
    path = folder / POINTER
    if not path.exists():
        return {}
    try:
        pointer = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        logger.warning("%s: is damaged, nothing is known to be stored", path)
        return {}
    return pointer if isinstance(pointer, dict) else {}
