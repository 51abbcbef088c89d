"""Columns that no key reads, though by their names and values rows may not count for what they say.

Found in two steps: the first rows of the first file say which columns are worth a look; those are
then read with the others, and the rows that count tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from features.config.purchases import PurchaseData
from features.ingest.columns.cast import quote, words
from features.ingest.files import SourceFile
from features.ingest.health import vocabulary
from features.ingest.health.finding import Finding, some
from features.ingest.health.vocabulary import named, says, toml_list
from features.ingest.source_tables import first_rows
from features.ingest.typed_rows import BESIDE, wanted_columns

ROWS_LOOKED_AT, MOST_VALUES = 10_000, 30
Kind = Literal["status", "currency", "test", "live", "quantity"]
Values = Mapping[str, int]


@dataclass(frozen=True)
class Suspect:
    """A source column that no key reads, and what it seems to be."""

    column: str
    kind: Kind


def suspects(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[SourceFile],
    data: PurchaseData,
    folder: Path,
) -> tuple[Suspect, ...]:
    """The columns that are worth a look, by the first rows of the first file.

    None where the engine does not read them as they are: the reading itself says what is wrong.
    """
    # subtle: words that mean nothing are taken out once, for the engine plans long where each of
    # many columns is compared with each of them
    whole = data.model_copy(update={"null_values": ()})
    unread, first = first_rows(
        files[0], whole, wanted_columns(data), folder=folder, rows=ROWS_LOOKED_AT
    )
    if not unread:
        return ()
    columns = ", ".join(map(quote, unread))
    meant = f"value NOT IN {words(data.null_values)}" if data.null_values else "true"
    query = (
        f"SELECT name, value, count(*) FROM (UNPIVOT ({first}) ON {columns} "
        f"INTO NAME name VALUE value) WHERE {meant} GROUP BY name, value QUALIFY count(*) OVER "
        f"(PARTITION BY name) <= {MOST_VALUES} OR regexp_full_match(value, '-?[0-9.]{{1,8}}')"
    )
    try:
        rows = connection.execute(query).fetchall()
    except duckdb.Error:
        return ()
    values: dict[str, dict[str, int]] = {name: {} for name in unread}
    for name, value, times in rows:
        values[name][value] = times
    found = ((name, _kind(name, values[name], data)) for name in unread if values[name])
    return tuple(Suspect(name, kind) for name, kind in found if kind)


def about_unread_columns(
    connection: duckdb.DuckDBPyConnection, data: PurchaseData, looked_at: Sequence[Suspect]
) -> Iterator[Finding]:
    """What the columns say of the rows of the view `counted`."""
    for place, each in enumerate(looked_at):
        counted = connection.execute(
            f"SELECT {BESIDE}{place}, count(*), count_if(amount > 0) FROM counted "
            f"WHERE {BESIDE}{place} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        values = {str(value): int(rows) for value, rows, _ in counted}
        if each.kind == "currency":
            yield from _currencies(each.column, values, data)
        elif each.kind == "quantity":
            yield from _quantities(each.column, values, data)
        else:
            positive = {value: rows for value, _, rows in counted}
            unearned = [value for value in values if _unearned(value, each.kind, data)]
            yield from _rows_to_drop(each, {value: positive[value] for value in unearned})


def _kind(column: str, values: Values, data: PurchaseData) -> Kind | None:
    """What a column seems to be, None where it is nothing to look at."""
    if _is_quantity(column, values, data):
        return "quantity"
    if len(values) > MOST_VALUES:
        return None
    lower = {value.lower() for value in values}
    if (
        named(column, vocabulary.CURRENCY)
        or {value.upper() for value in values} <= vocabulary.CODES
    ):
        return None if data.columns.currency else "currency"
    if named(column, vocabulary.TEST) or (lower <= vocabulary.MODES and lower & {"live", "test"}):
        return "test"
    if named(column, vocabulary.LIVE) and lower <= vocabulary.TRUE | vocabulary.FALSE:
        return "live"
    bad = [value for value in values if _unearned(value, "status", data)]
    good = [value for value in values if says(value, vocabulary.EARNED)]
    known = len({*bad, *good}) * 2 >= len(values)
    return "status" if bad and (known or named(column, vocabulary.STATUS)) else None


def _is_quantity(column: str, values: Values, data: PurchaseData) -> bool:
    amount = data.columns.amount
    price = named(amount, vocabulary.PRICE) and not named(amount, vocabulary.WHOLE)
    settled = "amount_is" in data.model_fields_set
    return price and not settled and named(column, vocabulary.QUANTITY) and _above_one(values) > 0


def _above_one(values: Values) -> int:
    """Rows whose value is a number above one."""
    return sum(
        rows
        for value, rows in values.items()
        if value.replace(".", "", 1).isdecimal() and float(value) > 1
    )


def _unearned(value: str, kind: Kind, data: PurchaseData) -> bool:
    if kind == "test":
        return value.lower() in vocabulary.TRUE | vocabulary.TEST_MODES
    if kind == "live":
        return value.lower() in vocabulary.FALSE
    refunds_read = data.columns.refunded is not None
    stems = vocabulary.UNEARNED if refunds_read else (*vocabulary.UNEARNED, *vocabulary.REFUNDED)
    return says(value, stems)


def _rows_to_drop(suspect: Suspect, values: Values) -> Iterator[Finding]:
    """Values that say of rows that they are no sales, and how many with money in them say so."""
    rows = sum(values.values())
    if rows:
        name = "status_unread" if suspect.kind == "status" else "test_flag_unread"
        is_test = "" if suspect.kind == "status" else ", as tests do"
        shown = some([repr(each) for each in values], most=5)
        yield Finding(
            name,
            f"{rows:,} rows with a positive amount say {shown} in column {suspect.column}"
            f"{is_test}, which no key reads: where they are no sales, set "
            f"{toml_list('drop', suspect.column, [*values])}",
            rows,
        )


def _currencies(column: str, values: Values, data: PurchaseData) -> Iterator[Finding]:
    others = {code: rows for code, rows in values.items() if code.upper() != data.currency}
    codes = all(len(code) == 3 and code.isalpha() for code in values)
    if others and codes:
        shown = some([f"{code} {rows:,}" for code, rows in values.items()], most=5)
        yield Finding(
            "currency_unread",
            f"column {column}, which no key reads, names other currencies than data.currency = "
            f'"{data.currency}" ({shown}): set data.columns.currency = "{column}", and '
            'data.currency or data.other_currencies = "drop"',
            sum(others.values()),
        )


def _quantities(column: str, values: Values, data: PurchaseData) -> Iterator[Finding]:
    if rows := _above_one(values):
        yield Finding(
            "quantity_unread",
            f"{rows:,} rows have more than one in column {column}, which no key reads: where "
            f"column {data.columns.amount} is the price of one, set data.amount_is = "
            f'"unit_price" and data.columns.quantity = "{column}", else data.amount_is = "line"',
            rows,
        )
