"""A sheet of a workbook, as a CSV file with dates in ISO 8601."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.text_files import copy_in
from features.ingest.working_memory import is_without_room

# What the reader raises for what is no workbook; a fault of its XML is a SyntaxError.
UNREADABLE = (
    *(OSError, EOFError, KeyError, IndexError, ValueError, TypeError, AttributeError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error),
)
# A spreadsheet keeps fifteen digits: from here on a number was rounded, and is written like one.
EXACT = 10**15


def sheet_as_csv(path: Path, form: SourceFormat, folder: Path) -> Path:
    """Copy the configured sheet, from its header on, into `folder`; returns the copy.

    Raises DataError for what is no workbook, and for a sheet that it does not have.
    """
    copy = copy_in(folder, path, ".csv")
    if copy.exists():
        return copy
    try:
        with _opened(path) as book, copy.open("w", encoding="utf-8", newline="") as stream:
            rows = islice(_rows(path, book, form), form.skip_rows, None)
            csv.writer(stream).writerows(
                [_text(each) for each in row]
                for row in rows
                if any(each is not None for each in row)
            )
    except DataError:
        raise
    except UNREADABLE as error:
        if is_without_room(error):
            raise
        raise DataError(f"{path}: cannot be read as a workbook: {error}") from None
    return copy


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    from openpyxl import load_workbook

    # subtle: a sheet that is not read to its end would keep a file of the reader's open
    with path.open("rb") as stream:
        book = load_workbook(stream, read_only=True, data_only=True)
        try:
            yield book
        finally:
            book.close()


def _rows(path: Path, book: Any, form: SourceFormat) -> Iterator[tuple[Any, ...]]:
    sheets = {each.title: each for each in book.worksheets}
    if not sheets or (form.sheet is not None and form.sheet not in sheets):
        raise DataError(
            f"{path}: has no sheet {form.sheet!r}, set data.sheet; the sheets are "
            f"{', '.join(sheets)}"
        )
    sheet = sheets[form.sheet] if form.sheet else next(iter(sheets.values()))
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # some writers say A1 whatever there is
    yield from sheet.iter_rows(values_only=True)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime() | date() | time():
            return value.isoformat()
        case bool():
            return str(value).lower()
        case int() | float() if abs(value) >= EXACT:
            return f"{value:.14e}"
        case float():
            return repr(value)
    return str(value)
