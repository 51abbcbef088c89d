"""How the engine is asked to read CSV files, and what it says where it cannot."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from features.ingest.columns.cast import literal
from features.ingest.files import SourceFile
from features.ingest.table import listed
from features.ingest.text_files import Layout, csv_rows, opened

LONGEST_SHOWN = 80


def csv_scans(files: Sequence[SourceFile], laid: Layout) -> Iterator[str]:
    """FROM items, each to be tried where the engine refuses the one before.

    Cells that a row lacks at its end are blank. subtle: the reader guesses nothing, for it skips
    rows that do not fit its guess; and it stays parallel, for else it is silent about a last quote
    that does not end.
    """
    for escape, padding in ((laid.escape, "true"), (laid.escape, "false"), (_other(laid), "false")):
        declared = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(laid.names)))
        compression = "gzip" if files[0].packing == "gz" else "none"
        yield (
            f"read_csv({listed(files)}, auto_detect=false, header=false, skip={laid.skip}, "
            f"columns={{{declared}}}, delim={literal(laid.delimiter)}, quote='\"', "
            f"escape={literal(escape)}, filename=true, hive_partitioning=false, "
            f"null_padding={padding}, compression='{compression}')"
        )


def rewritten(file: SourceFile, laid: Layout, folder: Path) -> Path:
    """A copy in `folder` of rows that the engine reads: as long as the header, lines ended alike.

    Raises csv.Error for rows that are longer, and for quotes that are not written twice or do not
    end,
    and what is no UTF-8.
    """
    try:
        return _copied(file, laid, laid.escape, folder)
    except csv.Error:
        return _copied(file, laid, _other(laid), folder)
    except UnicodeError as error:
        raise csv.Error(str(error)) from None


def _copied(file: SourceFile, laid: Layout, escape: str, folder: Path) -> Path:
    copy, width = folder / f"{len(list(folder.iterdir()))}.txt", len(laid.names)
    with opened(file) as source, copy.open("w", encoding="utf-8", newline="") as target:
        text = io.TextIOWrapper(source, encoding="utf-8", newline="")
        for row in itertools.islice(csv_rows(text, laid.delimiter, escape), laid.skip, None):
            if any(row[width:]):
                raise csv.Error(f"{len(row)} cells")
            target.write(",".join('"' + each.replace('"', '""') + '"' for each in row[:width]))
            target.write(("," * (width - len(row)) if row else "") + "\n")
    return copy


def rewritten_layout(laid: Layout) -> Layout:
    """How a rewritten copy is laid out."""
    return Layout(laid.names, ",", '"', 0, mixed=False)


def _other(laid: Layout) -> str:
    return '"' if laid.escape == "\\" else "\\"


def rows_with_values(laid: Layout) -> str:
    """SQL condition of a row in which something stands."""
    # subtle: a condition for each cell would take the engine long to plan, where there are many
    cells = ", ".join(f"c{place}" for place in range(len(laid.names)))
    return f"trim(concat_ws('', {cells})) <> ''"


def csv_fault(files: Sequence[Path], error: Exception) -> str | None:
    """The sentence about a row that is not laid out like the header, None for another fault."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    if line is None:
        return None
    said = re.search(r"^ *file = (.*)$", text, re.M)
    own = {str(each) for each in files}
    file = said[1] if said and said[1] in own else files[0]
    row = re.search(r"Original Line: (.*)$", text, re.M)
    shown = repr(row[1][:LONGEST_SHOWN]) if row else ""
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if cells:
        return (
            f"{file}: line {line[1]} has {cells[2]} cells where the header has {cells[1]}: "
            f"{shown}; put cells that hold the delimiter in quotes, or set data.delimiter or "
            "data.skip_rows where the header is another"
        )
    if "unterminated quote" in text:
        return (
            f"{file}: line {line[1]} has a quote that does not end: {shown}; write quotes within "
            "quotes twice, or take it out"
        )
    return None
