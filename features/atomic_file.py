"""The one way to write a file or a folder: it appears whole, or not at all.

What is written lies in a draft folder beside it, which no other user may read, and is moved to its
place at the end. A draft whose process has died is removed by whoever writes there next.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from features.errors import DataError
from features.file_lock import try_lock

DRAFTS = ".perennial-"
LOCK = ".lock"
# Where the folder that was there before waits, until the new one has its place.
REPLACED = ".replaced"
TRIES = 100


@contextmanager
def write_atomically(
    out: Path, *, inputs: Iterable[Path] = (), flag: str = "--out"
) -> Iterator[Path]:
    """The same as `replace_file`, for a file that somebody named on the command line.

    Raises DataError as `check_out` does, and when the file cannot be written.
    """
    check_out(out, inputs=inputs, flag=flag)
    try:
        with replace_file(out) as draft:
            yield draft
    except OSError as error:
        raise DataError(_sentence(out, error.strerror or str(error), flag)) from None


def check_out(out: Path, *, inputs: Iterable[Path] = (), flag: str = "--out") -> None:
    """Whether a file can be written, before the work for it.

    inputs   files that the same command reads, and must not destroy
    flag     what it was named by

    Raises DataError for a folder, a device or a pipe, for an input, and for a folder without write
    permission.
    """
    try:
        require_replaceable(out)
        if any(_is_same(out, each) for each in inputs):
            raise DataError(
                f"{out}: is read by this command, {flag} would destroy it; choose another {flag}"
            )
        folder = next(each for each in _target(out).parents if each.exists())
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise DataError(f"{out}: cannot be written in {folder}; choose another {flag}")
    except OSError as error:
        raise DataError(_sentence(out, error.strerror or str(error), flag)) from None


def require_replaceable(path: Path) -> None:
    """Raises OSError for what is there and is no regular file: a folder, a device, a pipe."""
    with suppress(FileNotFoundError):
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(None, "is a folder, not the name of a file", str(path))
        if not stat.S_ISREG(mode):
            raise OSError(None, "is a device or a pipe, not a file", str(path))


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """A path to write to; it becomes `path` at the end, or nothing is left.

    A link is followed; mode and, where that is allowed, owner of a file that is there are kept.
    Raises OSError when the file cannot be written, or what is there is no regular file.
    """
    require_replaceable(path)
    target = _target(path)
    with _draft_folder(target.parent) as folder:
        draft = folder / target.name
        yield draft
        _keep_mode(target, draft)
        _flush(draft)
        os.replace(draft, target)


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """An empty folder to fill; it becomes `folder` at the end, or nothing is left.

    A folder that is there already stands until the new one is whole. Raises OSError.
    """
    target = _target(folder)
    with _draft_folder(target.parent) as work:
        draft, replaced = work / target.name, work / REPLACED
        draft.mkdir()
        yield draft
        for each in draft.rglob("*"):
            if each.is_file():
                _flush(each)
        if target.exists():
            replaced.mkdir()
            os.replace(target, replaced / target.name)
        os.replace(draft, target)


def sweep(folder: Path) -> None:
    """Remove the drafts in this folder whose processes have died.

    A folder that one of them was about to replace comes back.
    """
    for draft in folder.glob(f"{DRAFTS}*"):
        with suppress(OSError):
            _sweep(draft)


@contextmanager
def _draft_folder(parent: Path) -> Iterator[Path]:
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent)
    folder, lock = _make_draft_folder(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _make_draft_folder(parent: Path) -> tuple[Path, int]:
    """A new folder, and the open file whose lock says that its process lives."""
    for _ in range(TRIES):
        folder = parent / f"{DRAFTS}{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        # subtle: somebody may sweep it before it is locked
        with suppress(FileNotFoundError):
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with suppress(OSError):  # without locks, drafts are not swept either
                try_lock(lock)
            if _is_open_file(folder / LOCK, lock):
                return folder, lock
            os.close(lock)
    raise OSError(None, "a draft cannot be made", str(parent))


def _sweep(draft: Path) -> None:
    """Remove a draft that nobody has locked. Raises OSError where it cannot be."""
    try:
        lock = os.open(draft / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        draft.rmdir()
        return
    try:
        if try_lock(lock):
            for replaced in (draft / REPLACED).glob("*"):
                if not (place := draft.parent / replaced.name).exists():
                    os.replace(replaced, place)
            shutil.rmtree(draft, ignore_errors=True)
    finally:
        os.close(lock)


def _is_open_file(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _target(path: Path) -> Path:
    """Where a write to this path ends up: links are followed, also one to nothing yet."""
    return path.resolve()


def _keep_mode(target: Path, draft: Path) -> None:
    with suppress(FileNotFoundError):
        before = target.stat()
        with suppress(PermissionError):
            os.chown(draft, before.st_uid, before.st_gid)
        draft.chmod(stat.S_IMODE(before.st_mode))


def _flush(path: Path) -> None:
    """Let the disk have it before the move: after a power cut there is no empty file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sentence(out: Path, reason: str, flag: str) -> str:
    return f"{out}: cannot be written: {reason}; choose another {flag}"
