"""Which files a `transactions` setting means, and what their bytes hash to."""

from __future__ import annotations

import csv
import glob
import gzip
import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path

from features.errors import DataError

READERS = {".parquet": "parquet", ".csv": "csv", ".csv.gz": "csv"}


def find(transactions: str) -> tuple[Path, ...]:
    """The files behind a path, a glob or a folder, sorted by name.

    In a folder, names that begin with `.` or `_` are passed over: markers, not data.
    Raises DataError for what does not exist or cannot be read.
    """
    if "://" in transactions:
        raise DataError(
            f"{transactions.split('://')[0]}://…: database URLs are not supported yet; "
            "export the table to Parquet or CSV and name that file in data.transactions"
        )
    path = Path(transactions)
    if path.is_dir():
        found = [each for each in path.iterdir() if each.is_file() and each.name[0] not in "._"]
    elif path.exists():
        found = [path]
    else:
        found = [Path(each) for each in glob.glob(transactions, recursive=True)]
        found = [each for each in found if each.is_file()]
    if not found:
        raise DataError(
            f"{transactions}: no such file, folder or glob with files (working directory "
            f"{Path.cwd()}); set data.transactions"
        )
    return _readable(tuple(sorted(found)))


def reader(path: Path) -> str | None:
    """The kind of a file by its name: parquet, csv, or None."""
    name = path.name.lower()
    return next((kind for end, kind in READERS.items() if name.endswith(end)), None)


def header(path: Path) -> tuple[list[str], str]:
    """The column names of a CSV file, and the sign that separates them: , ; | or a tab.

    Raises DataError when two columns share a name or the file cannot be opened.
    """
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as stream:
            first = stream.readline(1 << 20)
        delimiter = max(",;\t|", key=first.count)
        names = next(csv.reader([first], delimiter=delimiter), [])
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    if len({name.lower() for name in names}) < len(names):
        raise DataError(f"{path}: two columns share a name ({listed(names)}); rename one")
    return names, delimiter


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: the first twenty, sixty characters of each."""
    shown = [each if len(each) <= 60 else f"{each[:60]}…" for each in names]
    more = len(shown) - 20
    return ", ".join(shown[:20]) + (f" and {more} more" if more > 0 else "")


def sha256(files: tuple[Path, ...]) -> str:
    """The hash of the files' bytes, one after the other."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def _readable(files: tuple[Path, ...]) -> tuple[Path, ...]:
    kinds = {path: reader(path) for path in files}
    for path, kind in kinds.items():
        if kind is None:
            raise DataError(
                f"{path}: unsupported file type; data.transactions reads {', '.join(READERS)}"
            )
        if kind != kinds[files[0]]:
            raise DataError(
                f"{path}: is {kind} beside {files[0]}; keep one kind of file in a folder or glob"
            )
        if path.stat().st_size == 0:
            raise DataError(f"{path}: is empty; give a file with a header and rows")
    return files
