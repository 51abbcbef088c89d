"""Folders of work in progress: locked while their process lives, removed once it has died."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from features.file_lock import try_lock

HIDDEN, VISIBLE = ".perennial-", "perennial-"
NAME = re.compile(r"\.?perennial-[0-9a-f]{16}")
LOCK = ".perennial-lock"
# Where what was there before waits, until the new one has its place.
REPLACED = ".perennial-replaced"
TRIES = 100
# Until 0.3.0 a draft was a file that named its process, which says nothing in another container:
# only its age tells that nobody writes it any more.
OLD_NAME = re.compile(r"\..+\.[0-9]+\.part(\..+)?")
OLD_SECONDS = 3600.0


@contextmanager
def draft_folder(parent: Path, *, prefix: str = HIDDEN) -> Iterator[Path]:
    """An empty folder that no other user may read; it is gone at the end, whatever is in it.

    Drafts in `parent` whose processes have died are removed first. Raises OSError.
    """
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent)
    folder, lock = _make(parent, prefix)
    try:
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A draft folder where the system has its temporary files. Raises OSError.

    Its name is one that programs take which refuse hidden files.
    """
    with draft_folder(Path(tempfile.gettempdir()), prefix=VISIBLE) as folder:
        yield folder


def sweep(parent: Path) -> None:
    """Remove our drafts in this folder whose processes have died.

    What one of them was about to replace comes back.
    """
    with suppress(OSError), os.scandir(parent) as entries:
        for each in list(entries):
            with suppress(OSError):
                # subtle: in a shared folder, what is another's may have been put there for us
                if _is_draft(each) and each.stat(follow_symlinks=False).st_uid == os.geteuid():
                    _sweep(each)


def is_old(path: Path) -> bool:
    """Whether nobody can be writing here any more; of what has no lock only its age tells."""
    return time.time() - path.lstat().st_mtime > OLD_SECONDS


def _is_draft(entry: os.DirEntry[str]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return NAME.fullmatch(entry.name) is not None
    return entry.is_file(follow_symlinks=False) and OLD_NAME.fullmatch(entry.name) is not None


def _sweep(entry: os.DirEntry[str]) -> None:
    path = Path(entry.path)
    if entry.is_dir():
        _remove_unlocked(path)
    elif is_old(path):
        path.unlink()


def _make(parent: Path, prefix: str) -> tuple[Path, int]:
    """A new folder, and the open file whose lock says that its process lives."""
    for _ in range(TRIES):
        folder = parent / f"{prefix}{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        # subtle: somebody may sweep it before it is locked
        with suppress(FileNotFoundError):
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if _is_ours(folder / LOCK, lock):
                return folder, lock
            os.close(lock)
    raise OSError(None, "a draft cannot be made", str(parent))


def _is_ours(path: Path, lock: int) -> bool:
    """Whether we have the lock of a file that is still there."""
    with suppress(OSError):  # without locks, drafts are not swept either
        if not try_lock(lock):
            return False
    try:
        return os.path.samestat(path.stat(), os.fstat(lock))
    except FileNotFoundError:
        return False


def _remove_unlocked(draft: Path) -> None:
    """Remove a draft that nobody has locked. Raises OSError where it cannot be."""
    try:
        lock = os.open(draft / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        draft.rmdir()
        return
    try:
        if try_lock(lock):
            _remove(draft)
    finally:
        os.close(lock)


def _remove(draft: Path) -> None:
    with suppress(OSError):
        # subtle: a link would lead to what is not ours
        waiting = draft / REPLACED
        for replaced in () if waiting.is_symlink() else waiting.iterdir():
            if not os.path.lexists(place := draft.parent / replaced.name):
                os.replace(replaced, place)
    # subtle: the lock last, or who is killed here would leave what nobody can tell from a live one
    with suppress(OSError):
        for each in draft.iterdir():
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each, ignore_errors=True)
            elif each.name != LOCK:
                each.unlink()
    shutil.rmtree(draft, ignore_errors=True)
