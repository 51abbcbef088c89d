"""Source rows in our terms, and of each whether it counts or why it is set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.columns.cast import (
    FLOATS,
    Cast,
    is_nested,
    literal,
    quote,
    words,
    written,
)
from features.ingest.columns.ids import id_cast, label
from features.ingest.columns.moments import day_cast, moment_cast, time_cast
from features.ingest.columns.money import money_cast
from features.ingest.table import DIGEST, FILE, SourceTable
from features.ingest.time_zones import day_of, is_utc, utc_of_wall
from features.timestamps import require_aware

# Why a row does not count, the first reason first; 0 is a row that counts.
BY_VALUE, MISFIT, NO_MOMENT, AFTER_END, NO_AMOUNT, NO_CUSTOMER, OTHER_CURRENCY = range(1, 8)
BESIDE = "perennial_beside_"
FILLED = "perennial_filled_"
COLUMNS = ("customer_id", "order_id", "us", "amount", "cost", "category", "channel")


@dataclass(frozen=True)
class Reading:
    """How the rows of one table are read.

    casts   role -> how its column is read
    query   SQL: one row per source row, with COLUMNS, `aside`, the file, the digest and, of the
            columns beside the configured ones, their texts under BESIDE and their place
    """

    table: SourceTable
    casts: dict[str, Cast]
    query: str


def wanted_columns(data: PurchaseData) -> list[str]:
    """The source columns that a configuration reads, each once."""
    named = [each for each in data.columns.model_dump().values() if each]
    return list(dict.fromkeys([*named, *data.fill_down, *data.keep, *data.drop]))


def read_table(
    table: SourceTable, data: PurchaseData, end: datetime | None, beside: Sequence[str] = ()
) -> Reading:
    """How a table's rows are read. Raises DataError for a column of a type that does not fit.

    beside   other columns to be read, where the table has them
    """
    casts = _casts(table, data)
    inner = {name: sql for role, cast in casts.items() for name, sql in cast.named(role).items()}
    for role in ("category", "channel"):
        source = getattr(data.columns, role)
        inner[role] = _label(source, table, data) if source else "CAST(NULL AS VARCHAR)"
    inner |= {f"blank_{role}": cast.blank for role, cast in casts.items()}
    inner |= {f"misfit_{role}": cast.misfit for role, cast in casts.items()}
    inner["by_value"] = _by_value(table, data)
    inner["other_currency"] = _other_currency(table, data)
    kinds = {name: table.types.get(name, "BLOB") for name in beside}
    others = {
        f"{BESIDE}{place}": "CAST(NULL AS VARCHAR)" if is_nested(kind) else written(name, kind)
        for place, (name, kind) in enumerate(kinds.items())
    }
    inner |= others
    selected = ", ".join(f"{sql} AS {quote(name)}" for name, sql in inner.items())
    rows = f"SELECT {selected}, {FILE}, {DIGEST} FROM {filled(table, data)}"
    return Reading(table, casts, _judged(rows, casts, data, end=end, beside=tuple(others)))


def filled(table: SourceTable, data: PurchaseData) -> str:
    """A FROM item: the table, blank cells of `fill_down` as the cell above within the order."""
    if not data.fill_down:
        return table.relation
    order_id = data.columns.order_id or ""
    order = _written(order_id, table.types[order_id], table)
    above = f"OVER (PARTITION BY {FILE}, {order} ORDER BY {table.order} ROWS UNBOUNDED PRECEDING)"
    cells = {name: _written(name, table.types[name], table) for name in data.fill_down}
    replaced = ", ".join(
        f"last_value({cell} IGNORE NULLS) {above} AS {quote(name)}" for name, cell in cells.items()
    )
    return f"(SELECT * REPLACE ({replaced}) FROM {table.relation})"


def _casts(table: SourceTable, data: PurchaseData) -> dict[str, Cast]:
    """Role -> how its source column is read; those that are text alone are not among them."""
    own = {name: source for name, source in data.columns.model_dump().items() if source}

    def kind(role: str) -> str:
        return _kind(own[role], table, data)

    lower = data.id_case == "lower"
    try:
        found: dict[str, Cast] = {
            role: id_cast(own[role], kind(role), lower=lower)
            for role in ("customer_id", "order_id")
            if role in own
        }
        moment = day_cast if "time" in own else moment_cast
        found["timestamp"] = moment(own["timestamp"], kind("timestamp"), data)
        if "time" in own:
            found["time"] = time_cast(own["time"], kind("time"))
        for role in ("amount", "refunded", "cost"):
            if role in own:
                found[role] = money_cast(own[role], kind(role), data, data.currency)
        if "quantity" in own:
            found["quantity"] = money_cast(own["quantity"], kind("quantity"), data)
    except DataError as error:
        raise DataError(f"{table.files[0]}: {error}") from None
    return found


def _judged(
    rows: str,
    casts: Mapping[str, Cast],
    data: PurchaseData,
    *,
    end: datetime | None,
    beside: Sequence[str],
) -> str:
    """Rows with casts -> rows with COLUMNS and `aside`."""
    wall = "(timestamp_wall_us + time)" if "time" in casts else "timestamp_wall_us"
    zone, us = "", f"COALESCE({wall}, timestamp_utc_us)"
    if not is_utc(data.timezone):
        zone = f" LEFT JOIN wall_days ON wall_days.day = {day_of(wall)}"
        us = f"COALESCE({utc_of_wall(wall)}, timestamp_utc_us)"
    cost = _money("cost", data) if "cost" in casts else "CAST(NULL AS DOUBLE)"
    order = "order_id" if "order_id" in casts else "CAST(NULL AS VARCHAR)"
    named = {
        "customer_id": "customer_id",
        "order_id": order,
        "us": f"CAST({us} AS BIGINT)",
        "amount": _amount(casts, data),
        "cost": cost,
        "category": "category",
        "channel": "channel",
    }
    named |= {f"misfit_{role}": f"misfit_{role} AND NOT blank_{role}" for role in casts}
    selected = ", ".join(f"{sql} AS {name}" for name, sql in named.items())
    others = ", ".join(("by_value", "other_currency", FILE, DIGEST, *beside))
    typed = f"SELECT {selected}, {others} FROM ({rows}){zone}"
    misfit = " OR ".join(f"misfit_{role}" for role in casts)
    reasons = [
        ("by_value", BY_VALUE),
        (misfit, MISFIT),
        ("us IS NULL", NO_MOMENT),
        *([(f"us >= {require_aware(end)}", AFTER_END)] if end else []),
        ("amount IS NULL", NO_AMOUNT),
        ("customer_id IS NULL", NO_CUSTOMER),
        ("other_currency", OTHER_CURRENCY),
    ]
    cases = " ".join(f"WHEN {condition} THEN {number}" for condition, number in reasons)
    kept = ", ".join((*COLUMNS, FILE, DIGEST, *beside))
    return f"SELECT {kept}, CAST(CASE {cases} ELSE 0 END AS TINYINT) AS aside FROM ({typed})"


def _amount(casts: Mapping[str, Cast], data: PurchaseData) -> str:
    """The money of a row: less what was returned of it."""
    amount = _money("amount", data)
    if "quantity" in casts:
        amount = f"{amount} * quantity"
    if "refunded" in casts:
        amount = f"{amount} - abs(COALESCE({_money('refunded', data)}, 0))"
    return amount


def _money(role: str, data: PurchaseData) -> str:
    return f"{role} / 100" if data.amount_unit == "minor" else role


def _by_value(table: SourceTable, data: PurchaseData) -> str:
    """SQL condition of a row that `keep` or `drop` sets aside."""
    conditions = [
        f"COALESCE({value_of(name, table, data)}, '') {test} {words(values)}"
        for test, choices in (("NOT IN", data.keep), ("IN", data.drop))
        for name, values in choices.items()
    ]
    return f"({' OR '.join(conditions) or 'false'})"


def _other_currency(table: SourceTable, data: PurchaseData) -> str:
    """SQL condition of a row whose money is another currency, where a column says which."""
    if data.columns.currency is None:
        return "false"
    code = f"upper(COALESCE({value_of(data.columns.currency, table, data)}, ''))"
    return f"{code} <> {literal(data.currency)}"


def value_of(name: str, table: SourceTable, data: PurchaseData) -> str:
    """SQL of a cell of `filled` as text, null where it means nothing."""
    kind = _kind(name, table, data)
    text = _written(name, kind, table)
    # subtle: where a cell is blank, whole numbers have become floats
    return f"regexp_replace({text}, '\\.0+$', '')" if kind in FLOATS else text


def _kind(source: str, table: SourceTable, data: PurchaseData) -> str:
    """subtle: what is filled down is text, whatever it was."""
    return "VARCHAR" if source in data.fill_down else table.types[source]


def _label(source: str, table: SourceTable, data: PurchaseData) -> str:
    try:
        return label(source, _kind(source, table, data))
    except DataError as error:
        raise DataError(f"{table.files[0]}: {error}") from None


def _written(source: str, kind: str, table: SourceTable) -> str:
    try:
        return written(source, kind)
    except DataError as error:
        raise DataError(f"{table.files[0]}: {error}") from None
