"""Canonical lines that are kept from one command to the next, by what they follow from."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import weakref
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from features.atomic_file import replace_folder
from features.draft_folders import NAME as DRAFT
from features.draft_folders import scratch_folder
from features.errors import DataError
from features.file_lock import try_lock
from features.stored_documents import read_document

# What lines follow from beside their source: a newer version makes them anew.
CODE = Path(__file__).resolve().parents[1]
MANIFEST = "manifest.json"
# Of more logs than these, the one that has not been read for longest is removed.
MOST_LOGS = 6
NOT_OURS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR}


class Facts(BaseModel):
    """What is known of a log beside its lines.

    sha256       of the source bytes
    first, end   UTC microseconds, see `features.ingest.transactions.TransactionLog`
    findings     of the health check: name, sentence, number, sentence without ids
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    shards: int
    optional: tuple[str, ...]
    counts: dict[str, int]
    sha256: str = ""
    first: int
    end: int
    findings: tuple[tuple[str, str, int, str], ...] = ()


class _Manifest(BaseModel):
    """The facts, and the sizes of the files beside them, which a half-copied folder has not."""

    facts: Facts
    sizes: dict[str, int]


@dataclass(frozen=True)
class KeptLines:
    """A folder with canonical lines; they stay for as long as this object lives."""

    folder: Path
    facts: Facts
    keeper: object


def key_of(facts: Mapping[str, Any]) -> str:
    """The name under which lines are kept that follow from these facts, which JSON can hold, and
    from this package as it is.
    """
    text = json.dumps({"code": _hash_of(CODE), **facts}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def _hash_of(code: Path) -> str:
    """subtle: a number that is raised with each change of what lines are would be forgotten."""
    digest = hashlib.sha256()
    for each in sorted(each for each in code.rglob("*") if each.suffix in (".py", ".toml")):
        digest.update(hashlib.sha256(each.read_bytes()).digest())
    return digest.hexdigest()


def keep_lines(parent: Path | None, key: str, write: Callable[[Path], Facts]) -> KeptLines:
    """The lines that are kept under a key, else those that `write` writes into an empty folder.

    parent   where lines are kept; where that is None or may not be written, they are gone with
             the object

    Raises what `write` raises, and DataError where there is no room.
    """
    if parent is None or not _is_writable(parent):
        with ExitStack() as stack:
            folder = stack.enter_context(scratch_folder()) / "lines"
            folder.mkdir()
            return KeptLines(folder, write(folder), _Keeper(stack.pop_all()))
    folder = parent / key
    if (kept := _open(folder)) is None:
        try:
            # subtle: what another process has written meanwhile may be in use already
            with replace_folder(folder, unless=lambda each: _open(each) is not None) as draft:
                facts = write(draft)
                sizes = {each.name: each.stat().st_size for each in draft.iterdir()}
                manifest = _Manifest(facts=facts, sizes=sizes)
                (draft / MANIFEST).write_text(manifest.model_dump_json(), encoding="utf-8")
        except OSError as error:
            if (kept := _open(folder)) is None:
                raise DataError(
                    f"{folder}: cannot be written: {error.strerror or error}; make room there, or "
                    "set PERENNIAL_VAR to another folder"
                ) from None
        else:
            kept = _open(folder)
    if kept is None:
        raise DataError(f"{folder}: has been removed while it was written; run the command again")
    _prune(parent)
    return kept


def _is_writable(parent: Path) -> bool:
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in NOT_OURS or error.errno == errno.EEXIST:
            return False
        raise DataError(f"{parent}: cannot be made: {error.strerror}; make room there") from None
    return os.access(parent, os.W_OK | os.X_OK)


class _Keeper:
    """What is released with the object: a folder that is removed, or a lock."""

    def __init__(self, stack: ExitStack) -> None:
        weakref.finalize(self, stack.close)


def _reading(path: Path) -> _Keeper:
    """A lock on lines that are in use, shared with others who read them. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with ExitStack() as stack:
        stack.callback(os.close, descriptor)
        with suppress(OSError):  # without locks it is in name only
            try_lock(descriptor, shared=True)
        return _Keeper(stack.pop_all())


def _open(folder: Path) -> KeptLines | None:
    """The lines in a folder, None where they are not all there."""
    manifest = folder / MANIFEST
    try:
        reading = _reading(manifest)
        found = read_document(manifest, _Manifest)
        sizes = {each.name: each.stat().st_size for each in folder.iterdir()}
        sizes.pop(MANIFEST)
        if sizes != found.sizes:
            return None
        with suppress(PermissionError):  # another user's
            os.utime(manifest)
    except (OSError, ValueError, KeyError):
        return None
    return KeptLines(folder, found.facts, reading)


def _prune(parent: Path) -> None:
    """Remove what has not been read for longest, but for what somebody is reading."""
    used: list[tuple[float, Path]] = []
    for each in parent.iterdir():
        if not DRAFT.fullmatch(each.name):
            with suppress(OSError):
                used.append(((each / MANIFEST).stat().st_mtime, each))
    for _, folder in sorted(used, reverse=True)[MOST_LOGS:]:
        with suppress(OSError):
            descriptor = os.open(folder / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
            try:
                if try_lock(descriptor):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
