"""Where rows come from: files, or a database whose rows are copied to one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from features.config.source_address import without_password
from features.errors import DataError
from features.ingest.databases import copy_rows, file_of, is_address
from features.ingest.files import Fingerprint, SourceFile, find
from features.ingest.frames import open_frame
from features.ingest.table import unreadable


def open_source(source: str, folder: Path) -> tuple[tuple[SourceFile, ...], Fingerprint]:
    """The files behind a path, a glob, a folder or an address, and the fingerprint of their bytes.

    folder   for the copy of a database's rows

    Raises DataError for what does not exist or cannot be read.
    """
    files = (copy_rows(source, folder),) if is_address(source) else find(source)
    return files, Fingerprint(files)


@contextmanager
def open_files_or_frame(
    source: str, frame: object | None, wanted: Sequence[str]
) -> Iterator[tuple[tuple[SourceFile, ...], Fingerprint]]:
    """The files behind a path, a glob or a folder, or behind a frame, as long as the block lasts.

    What is wrong with them inside of the block is told by the name of the source. Raises DataError.
    """
    with TemporaryDirectory(prefix="perennial-frame-") as folder:
        if frame is None:
            found = find(source)
            opened = found, Fingerprint(found)
        else:
            opened = open_frame(frame, Path(folder), wanted)
        with named_as_given(source, opened[0]):
            yield opened


@contextmanager
def named_as_given(source: str, files: tuple[SourceFile, ...]) -> Iterator[None]:
    """What is wrong with these files as a DataError, a copy by the name of what it is a copy of."""
    try:
        yield
    except (DataError, duckdb.InvalidInputException) as error:
        paths = [each.path for each in files]
        sentence = str(error) if isinstance(error, DataError) else unreadable(paths, error)
        for each in (each for each in files if each.is_copy or each.called):
            sentence = sentence.replace(str(each.path), each.called or without_password(source))
        raise DataError(sentence) from None


def paths_of(source: str) -> list[Path]:
    """The files on this machine that a source is read from; of a server there are none.

    Raises DataError for what does not exist.
    """
    if is_address(source):
        return file_of(source)
    return [each.path for each in find(source)]
