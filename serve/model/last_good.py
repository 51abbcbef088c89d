"""The last good model, stored as files: the service starts when the registry is down."""

from __future__ import annotations

import logging
import re
import secrets
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path

from pydantic import BaseModel

from features.atomic_file import replace_file
from features.draft_folders import is_old, sweep
from features.file_lock import locked
from features.plain_names import inside
from features.stored_documents import read_document
from models import bundle as bundles
from models.bundle import BundleError
from serve.model.loaded import LoadedModel, StoredWord

logger = logging.getLogger(__name__)

POINTER = "current.json"
LOCK = ".current.lock"
BUNDLE = re.compile(r"bundle-[a-z0-9_]{8}")
# How versions until 0.3.0 called a bundle while they wrote it.
OLD_DRAFT = re.compile(r"\.bundle-[a-z0-9_]{8}-[a-z0-9_]{8}(-old)?")
WAIT_SECONDS = 60.0
MOST_POINTER_BYTES = 64 * 1024


class Pointer(BaseModel):
    """Which bundle is stored, and of which model it is.

    address  what the service was told to serve, such as models:/clv@champion
    folder   the name of the bundle's folder, beside the pointer
    """

    address: str
    folder: str
    name: StoredWord
    version: StoredWord
    run_id: StoredWord | None = None


def save(folder: Path, model: LoadedModel, address: str) -> None:
    """Write the bundle under `folder`, then point at it in one step; all others go.

    Several processes may do so: one at a time. What cannot be written is logged: it must not stop
    the service.
    """
    try:
        with locked(folder / LOCK, wait_seconds=WAIT_SECONDS):
            try:
                _write(folder, model, address)
            finally:
                _remove_others(folder)
    except (OSError, BundleError) as error:
        reason = getattr(error, "strerror", None) or error
        logger.warning("%s: the model in use cannot be stored: %s", folder, reason)


def load(folder: Path, address: str) -> LoadedModel | None:
    """The bundle stored for this address, if there is one that can be read."""
    try:
        with ExitStack() as stack:
            if folder.is_dir():
                with suppress(OSError):  # a folder that is read-only is read without the lock
                    stack.enter_context(locked(folder / LOCK, wait_seconds=WAIT_SECONDS))
            pointer = _pointer(folder)
            if pointer is None or pointer.address != address:
                return None
            bundle = bundles.load(inside(folder, pointer.folder, BUNDLE))
    except (OSError, ValueError) as error:
        logger.warning("%s: what is stored there cannot be used: %s", folder, error)
        return None
    return LoadedModel(
        bundle=bundle,
        name=pointer.name,
        version=pointer.version,
        run_id=pointer.run_id,
        source="last_good",
    )


def _write(folder: Path, model: LoadedModel, address: str) -> None:
    """Store the model, unless it is there already, whole. Raises OSError, BundleError."""
    name = f"bundle-{secrets.token_hex(4)}"
    pointer = Pointer(
        address=address, folder=name, name=model.name, version=model.version, run_id=model.run_id
    )
    if _is_stored(folder, pointer, model):
        return
    bundles.save(model.bundle, folder / name)
    with replace_file(folder / POINTER) as draft:
        draft.write_text(pointer.model_dump_json(), encoding="utf-8")


def _is_stored(folder: Path, wanted: Pointer, model: LoadedModel) -> bool:
    pointer = _known_pointer(folder)
    if pointer is None or pointer.model_copy(update={"folder": wanted.folder}) != wanted:
        return False
    try:
        return bundles.is_saved(model.bundle, inside(folder, pointer.folder, BUNDLE))
    except ValueError:
        return False


def _pointer(folder: Path) -> Pointer | None:
    """None where nothing is stored. Raises ValueError for a pointer that cannot be read."""
    try:
        return read_document(folder / POINTER, Pointer, most_bytes=MOST_POINTER_BYTES)
    except FileNotFoundError:
        return None


def _known_pointer(folder: Path) -> Pointer | None:
    """The same, where one that cannot be read points at nothing."""
    try:
        return _pointer(folder)
    except ValueError:
        return None


def _remove_others(folder: Path) -> None:
    """Remove every bundle but the one that is pointed to, and what killed processes left."""
    pointer = _known_pointer(folder)
    sweep(folder)
    for each in folder.iterdir():
        if each.is_symlink() or (pointer and each.name == pointer.folder):
            continue
        if BUNDLE.fullmatch(each.name) or (OLD_DRAFT.fullmatch(each.name) and is_old(each)):
            shutil.rmtree(each, ignore_errors=True)
