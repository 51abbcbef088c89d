"""The one way to write a file or a folder: it appears whole, or not at all.

What is written lies in a draft folder beside it (`features.draft_folders`), and is moved to its
place at the end.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from features.draft_folders import REPLACED, draft_folder
from features.errors import DataError


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
        raise DataError(_sentence(out, error, flag)) from None


def check_out(out: Path, *, inputs: Iterable[Path] = (), flag: str = "--out") -> None:
    """Whether a file can be written, before the work for it.

    inputs   files that the same command reads, and folders of which it reads the files
    flag     what it was named by

    Raises DataError for a folder, a device or a pipe, for an input, and for a folder without write
    permission.
    """
    try:
        require_replaceable(out)
        for each in inputs:
            if is_same(out, each):
                raise DataError(
                    f"{out}: is read by this command, {flag} would destroy it; choose another "
                    f"{flag}"
                )
            if is_same(out.parent, each) and each.is_dir():
                raise DataError(
                    f"{out}: lies in a folder that this command reads; choose another {flag}"
                )
        folder = next(each for each in _target(out).parents if os.path.lexists(each))
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            raise DataError(f"{out}: cannot be written in {folder}; choose another {flag}")
    except OSError as error:
        raise DataError(_sentence(out, error, flag)) from None


def is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one file, by whatever links; also before it is there."""
    try:
        return _target(one) == _target(other) or one.samefile(other)
    except OSError:
        return False


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
    with draft_folder(target.parent) as folder:
        draft = folder / target.name
        yield draft
        _keep_mode(target, draft)
        _flush(draft)
        os.replace(draft, target)


@contextmanager
def replace_folder(
    folder: Path, *, unless: Callable[[Path], bool] = lambda _: False
) -> Iterator[Path]:
    """An empty folder to fill; it becomes `folder` at the end, or nothing is left.

    A folder that is there already stands until the new one is whole. Raises OSError.

    unless   whether a folder that is there by then is to stay, and the new one to go
    """
    target = _target(folder)
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(None, "is no folder", str(folder))
    with draft_folder(target.parent) as work:
        draft, replaced = work / target.name, work / REPLACED
        draft.mkdir()
        yield draft
        for each in draft.rglob("*"):
            if each.is_file():
                _flush(each)
        if target.exists():
            if unless(target):
                return
            _keep_mode(target, draft)
            replaced.mkdir()
            os.replace(target, replaced / target.name)
        os.replace(draft, target)


def _target(path: Path) -> Path:
    """Where a write to this path ends up: links are followed, also one to nothing yet."""
    return Path(os.path.realpath(path))


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


def _sentence(out: Path, error: OSError, flag: str) -> str:
    return f"{out}: cannot be written: {error.strerror or error}; choose another {flag}"
