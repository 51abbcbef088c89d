"""Where rows come from: files, or a database whose rows are copied to one."""

from __future__ import annotations

from pathlib import Path

from features.ingest.databases import copy_rows, is_address
from features.ingest.files import Fingerprint, SourceFile, find


def open_source(source: str, folder: Path) -> tuple[tuple[SourceFile, ...], Fingerprint]:
    """The files behind a path, a glob, a folder or an address, and the fingerprint of their bytes.

    folder   for the copy of a database's rows

    Raises DataError for what does not exist or cannot be read.
    """
    files = (copy_rows(source, folder),) if is_address(source) else find(source)
    return files, Fingerprint(files)
