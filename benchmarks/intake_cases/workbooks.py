"""Cases of workbooks: their cells, their sheets, and files that are broken."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.chart import BarChart

from benchmarks.intake_cases.case import DAY, HEADER, TWO, Case, refused, right

NAMES = HEADER.strip().split(",")
ROWS: list[list[Any]] = [NAMES, ["u", DAY, 10], ["v", DAY, 20.5]]


def _workbook(rows: Sequence[list[Any]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    return book


def _book(*rows: list[Any], sheets: tuple[str, ...] = ()) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        book = _workbook(rows)
        for name in sheets:
            book.create_sheet(name).append(["nothing"])
        book.save(path)

    return write


def _sheet_rewritten(path: Path, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, change(content) if "sheet1" in name else content)


def _small_dimension(path: Path) -> None:
    _book(*ROWS)(path)
    whole, small = b'<dimension ref="A1:C3"', b'<dimension ref="A1"'
    _sheet_rewritten(path, lambda content: content.replace(whole, small))


def _broken_sheet(path: Path) -> None:
    _book(*ROWS[:2])(path)
    _sheet_rewritten(path, lambda content: content[:-120])


def _cut(path: Path) -> None:
    _book(*ROWS[:2])(path)
    path.write_bytes(path.read_bytes()[:-200])


def _merged(path: Path) -> None:
    book = _workbook([["Sales of 2024"], *ROWS])
    book.worksheets[0].merge_cells("A1:C1")
    book.save(path)


def _chart_first(path: Path) -> None:
    book = _workbook(ROWS)
    book.create_chartsheet("chart", 0).add_chart(BarChart())
    book.save(path)


CASES: tuple[Case, ...] = (
    right("xlsx", _book(*ROWS, sheets=("notes",)), TWO,
          file="log.xlsx"),
    right("xlsx-dates-as-text", _book(NAMES, ["u", "05/01/2024", 10]), {"u": 10},
          file="log.xlsx", date_format="%d/%m/%Y"),
    refused("xlsx-dates-mixed", _book(NAMES, ["u", "05/01/2024", 10], ["v", DAY, 1]),
            "data.date_format", file="log.xlsx"),
    right("xlsx-numeric-ids", _book(NAMES, [7, DAY, 10], ["7", DAY, 1], [8.0, DAY, 2]),
          {"7": 11, "8": 2}, file="log.xlsx"),
    refused("xlsx-rounded-ids", _book(NAMES, [1234567890123456000, DAY, 10]), "customer_id holds",
            file="log.xlsx"),
    refused("xlsx-formula", _book(NAMES, ["u", DAY, "=5+5"]), "data.missing", file="log.xlsx"),
    right("xlsx-merged-title", _merged, TWO, file="log.xlsx", skip_rows=1),
    refused("xlsx-merged-title-unset", _merged, "data.skip_rows", file="log.xlsx"),
    right("xlsx-blank-rows", _book(NAMES, ["u", DAY, 10], [None], ["v", DAY, 20.5], [""]), TWO,
          file="log.xlsx"),
    right("xlsx-small-dimension", _small_dimension, TWO, file="log.xlsx"),
    right("xlsx-chart-first", _chart_first, TWO, file="log.xlsx"),
    refused("xlsx-no-such-sheet", _book(NAMES), "data.sheet", file="log.xlsx", sheet="orders"),
    refused("xlsx-header-only", _book(NAMES), "holds no rows", file="log.xlsx"),
    refused("xlsx-empty", _book(), "no header", file="log.xlsx"),
    refused("xlsx-broken-sheet", _broken_sheet, "cannot be read as a workbook", file="log.xlsx"),
    refused("xlsx-cut", _cut, "cannot be read as a workbook", file="log.xlsx"),
    refused("xlsx-is-csv", lambda path: path.write_text(HEADER), "cannot be read as a workbook",
            file="log.xlsx"),
)  # fmt: skip
