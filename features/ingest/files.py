"""Which files a source setting means, of what kind each is, and what their bytes hash to."""

from __future__ import annotations

import glob
import hashlib
import os
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from features.errors import DataError

Kind = Literal["parquet", "csv", "json", "xlsx"]
Packing = Literal["", "gz", "bz2", "zip"]
KINDS: dict[str, Kind] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".xlsx": "xlsx",
}
PACKINGS: dict[str, Packing] = {".gz": "gz", ".bz2": "bz2", ".zip": "zip"}
# How a folder of a partitioned table names a blank value.
BLANK_PARTITION = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    kind        how its rows are written, once it is unpacked; of a zip, what its member is
    packing     "" where it is not packed
    partition   columns that its folders name (hive partitions), and their values
    is_copy     of a database's rows, made for reading: as this package writes them
    called      what sentences call it, "" where that is its path
    """

    path: Path
    kind: Kind
    packing: Packing = ""
    partition: dict[str, str | None] = field(default_factory=dict)
    is_copy: bool = False
    called: str = ""


def find(source: str) -> tuple[SourceFile, ...]:
    """The files behind a path, a glob or a folder, sorted by name.

    A name with signs of a glob is the file of that name, if there is one. In folders, names that
    begin with `.` or `_` are passed over: markers, not data.
    Raises DataError for what does not exist or cannot be read.
    """
    path = Path(source)
    if path.is_dir():
        found = [each for each in sorted(path.rglob("*")) if _is_data(each, path)]
        root = path
    elif path.exists():
        found, root = [path], path.parent
    else:
        matches = (Path(each) for each in glob.glob(source, recursive=True))
        found, root = sorted(each for each in matches if each.is_file()), Path()
    if not found:
        raise DataError(
            f"{source}: no such file, folder or glob with files (working directory "
            f"{Path.cwd()}); set data.transactions"
        )
    files = tuple(_source_file(each, root) for each in found)
    for each in files:
        if (each.kind == "parquet") != (files[0].kind == "parquet"):
            raise DataError(
                f"{each.path}: is {each.kind} beside {files[0].path}; keep one kind of file in a "
                "folder or glob"
            )
    return files


def kind_of(name: str) -> tuple[Kind | None, Packing]:
    """The kind of a file by its name, and what it is packed with."""
    name = name.lower()
    for end, packing in PACKINGS.items():
        if name.endswith(end):
            inner = kind_of(name.removesuffix(end))[0]
            return ("csv" if packing == "zip" and inner is None else inner), packing
    return next((kind for end, kind in KINDS.items() if name.endswith(end)), None), ""


def some_names(names: Iterable[str]) -> str:
    """Names in a sentence: the first twenty, sixty characters of each."""
    shown = [each if len(each) <= 60 else f"{each[:60]}…" for each in names]
    more = len(shown) - 20
    return ", ".join(shown[:20]) + (f" and {more} more" if more > 0 else "")


def zip_members(archive: zipfile.ZipFile) -> list[str]:
    """The names of the files in an archive, without what a system adds to it."""
    return [
        each.filename
        for each in archive.infolist()
        if not each.is_dir()
        and not Path(each.filename).name.startswith((".", "_"))
        and not each.filename.startswith("__MACOSX")
    ]


class Fingerprint:
    """The hash of what is read, and whether it is still that afterwards.

    content   the hash of what the files say, where that of their bytes is not wanted
    """

    def __init__(self, files: tuple[SourceFile, ...], *, content: str = "") -> None:
        self._states = {each.path: _state(each.path) for each in files}
        self.sha256 = content or self._hash()

    def _hash(self) -> str:
        digest = hashlib.sha256()
        for path in self._states:
            with path.open("rb") as stream:
                while chunk := stream.read(1 << 20):
                    digest.update(chunk)
        return digest.hexdigest()

    @property
    def sizes(self) -> list[int]:
        """Bytes of each file: where in what was hashed one ends and the next begins."""
        return [size for _, size, _ in self._states.values()]

    def require_unchanged(self) -> None:
        """Raises DataError where a file has changed since its hash was taken."""
        for path, state in self._states.items():
            if _state(path) != state:
                raise DataError(f"{path}: has changed while it was read; run the command again")


def _state(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _is_data(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return path.is_file() and not any(each[0] in "._" for each in parts)


def _source_file(path: Path, root: Path) -> SourceFile:
    kind, packing = kind_of(path.name)
    if packing == "zip":
        kind = _zipped_kind(path)
    if kind is None or (kind in ("parquet", "xlsx") and packing):
        raise DataError(
            f"{path}: unsupported file type; data.transactions reads {', '.join(KINDS)}, and texts "
            f"also packed as {', '.join(PACKINGS)}"
        )
    if not path.is_file() or not os.access(path, os.R_OK):
        raise DataError(f"{path}: is no file that can be read")
    if path.stat().st_size == 0:
        raise DataError(f"{path}: is empty; give a file with a header and rows")
    return SourceFile(path, kind, packing, _partition(path, root))


def _zipped_kind(path: Path) -> Kind | None:
    """What the member of an archive is by its name; a name that says nothing is that of a text."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = zip_members(archive)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    named = [kind for each in members if (kind := kind_of(each)[0])]
    packed = any(kind_of(each)[1] for each in members)
    return named[0] if named and not packed else None if packed else "csv"


def _partition(path: Path, root: Path) -> dict[str, str | None]:
    """What the folders between say: `country=DE/month=2024-01/part-0.parquet`."""
    folders = path.parent.relative_to(root).parts if path.is_relative_to(root) else ()
    named = (each.partition("=") for each in folders if "=" in each)
    return {name: None if value == BLANK_PARTITION else unquote(value) for name, _, value in named}
