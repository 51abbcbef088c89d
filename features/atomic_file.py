"""A file appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import DataError


@contextmanager
def write_atomically(out: Path) -> Iterator[Path]:
    """A path beside `out` to write to; it becomes `out` at the end, or nothing is left.

    Raises DataError when the file cannot be written.
    """
    if out.is_dir():
        raise DataError(f"{out}: is a folder; give the name of a file as --out")
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        os.replace(beside, out)
    except OSError as error:
        raise DataError(
            f"{out}: cannot be written: {error.strerror}; choose another --out"
        ) from None
    finally:
        if beside.exists():
            beside.unlink()
