"""A file or a folder appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from features.errors import DataError


@contextmanager
def write_atomically(out: Path) -> Iterator[Path]:
    """The same as `replace_file`, for a file that somebody named as --out.

    Raises DataError when the file cannot be written.
    """
    if out.is_dir():
        raise DataError(f"{out}: is a folder; give the name of a file as --out")
    try:
        with replace_file(out) as draft:
            yield draft
    except OSError as error:
        raise DataError(
            f"{out}: cannot be written: {error.strerror}; choose another --out"
        ) from None


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it becomes `path` at the end, or nothing is left.

    Raises OSError when the file cannot be written.
    """
    draft = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        os.replace(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """An empty folder beside `folder` to fill; it becomes `folder` at the end, or nothing is left.

    A folder that is there already stands until the new one is whole. Raises OSError.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    old = draft.with_name(f"{draft.name}-old")
    try:
        yield draft
        draft.chmod(0o755)
        if folder.exists():
            os.replace(folder, old)
        os.replace(draft, folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
