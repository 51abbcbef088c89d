"""Text files, whatever they are written and packed with, as UTF-8 that the engine reads."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import hashlib
import io
import itertools
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.files import SourceFile, zip_members
from features.ingest.working_memory import is_without_room

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = ",;\t|"
SEPARATOR_LINE = re.compile(r'"?sep=([^\r\n])"?[\r\n]', re.I)
# What is looked at to tell delimiter, header and escapes.
HEAD_CHARACTERS = 1 << 20
HEAD_ROWS = 200
COPY_BYTES = 1 << 20


@dataclass(frozen=True)
class Layout:
    """How a CSV file is laid out.

    names      of its columns, in order; "" where one has none
    escape     what stands before a quote inside quotes
    skip       records before the first row, as the engine counts them: a header is one
    mixed      whether lines end in several ways
    """

    names: tuple[str, ...]
    delimiter: str
    escape: str
    skip: int
    mixed: bool


@contextmanager
def opened(file: SourceFile) -> Iterator[IO[bytes]]:
    """The unpacked bytes. Raises DataError for what is no such packing, or a zip of several."""
    try:
        if file.packing == "zip":
            with (
                zipfile.ZipFile(file.path) as archive,
                archive.open(_member(file.path, archive)) as stream,
            ):
                yield stream
        else:
            opener = {"gz": gzip.open, "bz2": bz2.open}.get(file.packing, open)
            with opener(file.path, "rb") as stream:  # type: ignore[operator]
                yield stream
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        if is_without_room(error):
            raise
        raise DataError(f"{file.path}: cannot be read: {error}") from None


def encoding_of(file: SourceFile, form: SourceFormat) -> str:
    """What the text is written with: its byte order mark, as configured, else UTF-8."""
    with opened(file) as stream:
        head = stream.read(4)
    marked = next((name for mark, name in MARKS if head.startswith(mark)), None)
    return marked or without_mark(form.encoding or "utf-8")


def without_mark(encoding: str) -> str:
    """The encoding of a text without a byte order mark, which these two ask for."""
    unmarked = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}
    return unmarked.get(codecs.lookup(encoding).name, encoding)


def readable(file: SourceFile, form: SourceFormat, folder: Path) -> Path:
    """The file itself where the engine can read it, else a copy in `folder`: unpacked, in UTF-8.

    Raises DataError for bytes that are no text of this encoding.
    """
    encoding = encoding_of(file, form)
    marked = file.kind == "json" and encoding == "utf-8-sig"
    if file.packing in ("", "gz") and encoding in ("utf-8", "utf-8-sig") and not marked:
        return file.path
    copy = copy_in(folder, file.path, ".txt")
    if copy.exists():
        return copy
    try:
        with opened(file) as source, copy.open("wb") as target:
            if encoding in ("utf-8", "utf-8-sig") and not marked:
                shutil.copyfileobj(source, target, COPY_BYTES)
            else:
                reader = io.TextIOWrapper(source, encoding=encoding, newline="")
                while text := reader.read(COPY_BYTES):
                    target.write(text.encode("utf-8"))
    except UnicodeError:
        raise DataError(unreadable_text(file.path, encoding)) from None
    return copy


def copy_in(folder: Path, path: Path, ending: str) -> Path:
    """Where the copy of a file is, or will be."""
    return folder / f"{hashlib.sha256(str(path).encode()).hexdigest()}{ending}"


def layout(file: SourceFile, form: SourceFormat) -> Layout:
    """How a CSV file is laid out, from its first rows.

    Raises DataError for bytes that are no text, and for a file without a header.
    """
    text = _head(file, form)
    lines = list(io.StringIO(text, newline=""))
    skip = form.skip_rows
    delimiter = form.delimiter
    # subtle: a line for spreadsheets, which say the delimiter so
    if len(lines) > skip and (said := SEPARATOR_LINE.match(lines[skip])):
        delimiter = delimiter or said[1]
        skip += 1
    body = "".join(lines[skip:])
    _require_lines(file.path, body)
    if "\0" in body:
        raise DataError(unreadable_text(file.path, "utf-8"))
    if not body.strip():
        raise DataError(f"{file.path}: has no header line; give a file with a header and rows")
    delimiter = delimiter or _delimiter(body)
    escape = _escape(body, delimiter)
    rows = _rows(body, delimiter, escape)
    header, first = next(rows, ([], 0))
    names = [each.strip().lstrip("\ufeff") for each in header]
    width = max((len(row) for row, _ in rows if _is_trailing(row, len(names))), default=len(names))
    names += [""] * (width - len(names))
    ends = {ending for each in lines if (ending := each[len(each.rstrip("\r\n")) :])}
    return Layout(tuple(names), delimiter, escape, skip + first, len(ends) > 1)


def _require_lines(path: Path, body: str) -> None:
    if len(body) >= HEAD_CHARACTERS // 2 and "\n" not in body and "\r" not in body:
        raise DataError(
            f"{path}: its first line has more than {len(body):,} characters; give a text file with "
            "a header and rows"
        )


def _member(path: Path, archive: zipfile.ZipFile) -> str:
    members = zip_members(archive)
    if len(members) != 1:
        raise DataError(
            f"{path}: holds {len(members)} files ({', '.join(members[:5])}); a zip must hold one, "
            "unpack it and name the file"
        )
    return members[0]


def _head(file: SourceFile, form: SourceFormat) -> str:
    encoding = encoding_of(file, form)
    decoder = codecs.getincrementaldecoder(encoding)()
    with opened(file) as stream:
        try:
            return decoder.decode(stream.read(HEAD_CHARACTERS))
        except UnicodeError:
            raise DataError(unreadable_text(file.path, encoding)) from None


def unreadable_text(path: Path, encoding: str) -> str:
    """The sentence about bytes that are no text of this encoding."""
    return (
        f"{path}: is not written in {encoding.removesuffix('-sig')}; set data.encoding to what it "
        "is, often cp1252 (Windows), latin-1 or utf-16"
    )


def _delimiter(body: str) -> str:
    """The sign that separates the most names of the header, as a reader of quotes sees it."""

    def names(sign: str) -> tuple[int, int]:
        # subtle: with another sign than its own, what is quoted is not a whole cell
        strict, any_quotes = (
            len(next(_rows(body, sign, '"', strict=each), ([], 0))[0]) for each in (True, False)
        )
        return strict, any_quotes

    return max(DELIMITERS, key=names)


def csv_rows(
    lines: Iterable[str], delimiter: str, escape: str, *, strict: bool = True
) -> Iterator[list[str]]:
    """The rows of a CSV file, a blank line as []; raises csv.Error."""
    return csv.reader(
        lines,
        delimiter=delimiter,
        doublequote=True,  # subtle: without it the reader is not strict
        escapechar=None if escape == '"' else escape,
        strict=strict,
    )


def _escape(body: str, delimiter: str) -> str:
    """What stands before a quote inside quotes: that with which more rows are like the header."""
    if '\\"' not in body:
        return '"'

    def alike(escape: str) -> int:
        widths = [len(row) for row, _ in _rows(body, delimiter, escape, strict=True)]
        return sum(each == widths[0] for each in widths)

    return max('"', "\\", key=alike)


def _rows(
    body: str, delimiter: str, escape: str, *, strict: bool = False
) -> Iterator[tuple[list[str], int]]:
    """The first rows, and how many there were up to each, with the blank ones.

    strict   whether what stands beside quotes ends the rows
    """
    reader = csv_rows(io.StringIO(body, newline=""), delimiter, escape, strict=strict)
    try:
        for place, row in enumerate(itertools.islice(reader, HEAD_ROWS), start=1):
            if row:
                yield row, place
    except csv.Error:
        return


def _is_trailing(row: list[str], width: int) -> bool:
    """Whether a row has more cells than the header, and nothing in those."""
    return len(row) > width and not any(each.strip() for each in row[width:])
