"""The rows that a chart or a table shows: what its columns are called and how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from train.charts.theme import COUNT, Spec

Row = dict[str, Any]

MONEY = ",.2f"
# Kind of a column's numbers -> their format in a tooltip, in d3's notation.
FORMATS = {
    "money": MONEY,
    "exact": MONEY,
    "number": MONEY,
    "count": COUNT,
    "days": COUNT,
    "percent": ".1%",
}


@dataclass(frozen=True)
class Column:
    """A column of rows: its key, its heading, and the kind of its numbers, see `Words`."""

    key: str
    heading: str
    kind: str = "text"


def tooltip(columns: tuple[Column, ...]) -> list[Spec]:
    """The columns of a row, shown where the pointer is."""
    return [
        {"field": each.key, "title": each.heading}
        | (
            {"type": "quantitative", "format": FORMATS[each.kind]}
            if each.kind in FORMATS
            else {"type": "nominal"}
        )
        for each in columns
    ]
