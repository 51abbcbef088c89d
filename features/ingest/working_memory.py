"""The engine that intake runs on: its memory is bounded, what does not fit lies on disk."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from features.errors import ConfigError, DataError

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.I)
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
WITHOUT_ROOM = ("Could not write", "No space left", "Failed to write", "failed to offload")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REASONS = re.compile("No space left on device|File too large|Disk quota exceeded")
LEAST = 256 * 10**6


def memory_bytes(environment: Mapping[str, str] = os.environ) -> int:
    """PERENNIAL_MEMORY, such as 2GB; default: half of the machine's memory.

    Raises ConfigError for what is no size, or too little to work with.
    """
    text = environment.get("PERENNIAL_MEMORY", "")
    if not text:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    match = SIZE.fullmatch(text.strip())
    size = int(float(match[1]) * UNITS[match[2].upper()]) if match else 0
    if size < LEAST:
        raise ConfigError(
            "environment: PERENNIAL_MEMORY must be a size of 256MB or more, such as 2GB, "
            f"got {text!r}"
        )
    return size


def is_without_room(error: Exception) -> bool:
    """Whether it says that a disk is full: of what is written here, not of what is read."""
    return isinstance(error, OSError) and error.errno in NO_ROOM


@contextmanager
def working_engine(folder: Path | None = None) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A connection, and an empty folder for copies; both are gone afterwards.

    folder   where there is room; default: that of temporary files

    Raises DataError where the disk is full.
    """
    with TemporaryDirectory(prefix="perennial-intake-", dir=folder) as temporary:
        copies = Path(temporary, "copies")
        copies.mkdir()
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory_bytes() // 10**6}MB",
            "temp_directory": str(Path(temporary, "spilled")),
        }
        with duckdb.connect(str(Path(temporary, "intake.duckdb")), config=settings) as connection:
            # subtle: as a setting of its own it would ask for an extension that is built in
            connection.execute("SET TimeZone = 'UTC'")
            _without_progress_bar(connection)
            try:
                yield connection, copies
            except duckdb.Error as error:
                # subtle: the kind of the error is that of what was going on when room was short
                known = REASONS.search(str(error))
                if not known and not any(each in str(error) for each in WITHOUT_ROOM):
                    raise
                reason = known[0] if known else str(error).partition("\n")[0]
                raise DataError(_full(temporary, reason)) from None
            except OSError as error:
                if not is_without_room(error):
                    raise
                raise DataError(_full(temporary, error.strerror or str(error))) from None


def _full(folder: str, reason: str) -> str:
    return f"{folder}: cannot be written: {reason}; make room there"


def _without_progress_bar(connection: duckdb.DuckDBPyConnection) -> None:
    """subtle: a notebook without widgets has none, and refuses to have none."""
    row = connection.execute("SELECT current_setting('enable_progress_bar')").fetchone()
    if row and row[0]:
        connection.execute("SET enable_progress_bar = false")
