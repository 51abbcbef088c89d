"""A sheet of a workbook, as a CSV file with dates in ISO 8601."""

from __future__ import annotations

import csv
import zipfile
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.text_files import copy_in


def sheet_as_csv(path: Path, form: SourceFormat, folder: Path) -> Path:
    """Copy the configured sheet, from its header on, into `folder`; returns the copy.

    Raises DataError for what is no workbook, and for a sheet that it does not have.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    copy = copy_in(folder, path, ".csv")
    if copy.exists():
        return copy
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, InvalidFileException) as error:
        raise DataError(f"{path}: cannot be read as a workbook: {error}") from None
    try:
        if form.sheet is not None and form.sheet not in book.sheetnames:
            raise DataError(
                f"{path}: has no sheet {form.sheet!r}, set data.sheet; the sheets are "
                f"{', '.join(book.sheetnames)}"
            )
        sheet = book[form.sheet or book.sheetnames[0]]
        with copy.open("w", encoding="utf-8", newline="") as stream:
            rows = islice(sheet.iter_rows(values_only=True), form.skip_rows, None)
            csv.writer(stream).writerows(
                [_text(each) for each in row]
                for row in rows
                if any(each is not None for each in row)
            )
    finally:
        book.close()
    return copy


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime() | date() | time():
            return value.isoformat()
        case bool():
            return str(value).lower()
        case float():
            return repr(value)
    return str(value)
