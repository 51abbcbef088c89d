"""Where rows come from: files, or a database whose rows are copied to one."""

from __future__ import annotations

from pathlib import Path

from features.ingest.databases import copy_rows, file_of, is_address
from features.ingest.files import Fingerprint, SourceFile, find


def open_source(source: str, folder: Path) -> tuple[tuple[SourceFile, ...], Fingerprint]:
    """The files behind a path, a glob, a folder or an address, and the fingerprint of their bytes.

    folder   for the copy of a database's rows

    Raises DataError for what does not exist or cannot be read.
    """
    files = (copy_rows(source, folder),) if is_address(source) else find(source)
    return files, Fingerprint(files)


def paths_of(source: str) -> list[Path]:
    """The files on this machine that a source is read from; of a server there are none.

    Raises DataError for what does not exist.
    """
    if is_address(source):
        return file_of(source)
    return [each.path for each in find(source)]
