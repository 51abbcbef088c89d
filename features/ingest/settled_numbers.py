"""Texts of a column of money that could be thousands or fractions."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.columns.cast import is_text, quote
from features.ingest.columns.money import undecided
from features.ingest.queries import first_row
from features.ingest.typed_rows import Reading


def require_settled_numbers(
    connection: duckdb.DuckDBPyConnection, readings: Sequence[Reading], data: PurchaseData
) -> None:
    """Raises DataError where the texts of a money column could be thousands or fractions."""
    if data.decimal is not None or data.thousands is not None:
        return
    for role in ("amount", "refunded", "cost", "quantity"):
        texts = [each for each in readings if role in each.casts and _as_people_write(each, role)]
        either, fraction, example = 0, 0, ""
        for each in texts:
            source = each.casts[role].source
            test = undecided(source, each.table.types[source])
            row = first_row(
                connection,
                f"SELECT count_if({test['either']}), count_if({test['fraction']}), "
                f"min({quote(source)}) FILTER ({test['either']}) FROM {each.table.relation}",
            ) or (0, 0, "")
            either, fraction = either + (row[0] or 0), fraction + (row[1] or 0)
            example = example or row[2]
        if either and not fraction:
            sign = "," if "," in example else "."
            raise DataError(
                f"{texts[0].table.files[0]}: column {texts[0].casts[role].source} holds "
                f"{example!r}, which could be a thousand and more or a fraction; set "
                f'data.thousands = "{sign}" or data.decimal = "{sign}"'
            )


def _as_people_write(reading: Reading, role: str) -> bool:
    return reading.table.as_text and is_text(reading.table.types[reading.casts[role].source])
