"""Which column is a row's money, and of what: a line, a unit, the whole order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from features.ingest.columns.cast import quote, written
from features.ingest.queries import first_row
from features.inspect.columns import TABLE, Column
from features.inspect.names import plain
from features.inspect.roles import Roles

# From so many orders of several rows on, all of one amount each, it is hardly chance.
ENOUGH_ORDERS = 3
MINOR = {"cents", "cent", "pence", "minor", "centimes", "centavos", "centesimi", "grosze"}


@dataclass(frozen=True)
class Money:
    """What the money of a row is.

    keys       of [data]: amount_is and amount_unit, where they differ from the default
    quantity   what the amount is multiplied with, None where nothing is
    """

    column: Column
    keys: dict[str, str]
    quantity: Column | None
    unsure: tuple[str, ...]


def find_money(connection: duckdb.DuckDBPyConnection, roles: Roles) -> Money | None:
    """The money of a row; None where no column holds any."""
    line, amount, price = roles["line"], roles["amount"], roles["price"]
    quantity, order = roles["quantity"], roles["order"]
    column = line or amount or price
    if column is None:
        return None
    keys = {"amount_unit": "minor"} if set(plain(column.name).split()) & MINOR else {}
    if column is price and quantity:
        return Money(column, {**keys, "amount_is": "unit_price"}, quantity, ())
    unsure = []
    if column is price:
        unsure.append(f"{column.name} is taken for the money of a row: there is no quantity")
    if column is amount and order is not None:
        several, alike = _orders(connection, order, column)
        if several >= ENOUGH_ORDERS and several == alike:
            keys["amount_is"] = "order_total"
            unsure.append(
                f"each of {several:,} orders with several rows has one amount in {column.name}: "
                "it is taken for the order's total"
            )
    return Money(column, keys, None, tuple(unsure))


def to_fill_down(
    connection: duckdb.DuckDBPyConnection, order: Column | None, columns: Sequence[Column]
) -> list[str]:
    """Columns that are blank on rows of an order whose first row has them, as shops export them."""
    found = []
    for each in columns if order else ():
        if each.filled == each.rows or each is order:
            continue
        value, key = written(each.name, each.kind), quote(order.name if order else "")
        first, lost = first_row(
            connection,
            f"SELECT count(*) FILTER (filled > 0 AND filled < rows), "
            f"count(*) FILTER (filled > 1 AND filled < rows) FROM (SELECT count({value}) AS "
            f"filled, count(*) AS rows FROM {TABLE} WHERE {key} IS NOT NULL GROUP BY {key})",
        ) or (0, 0)
        if first and not lost:
            found.append(each.name)
    return found


def _orders(
    connection: duckdb.DuckDBPyConnection, order: Column, amount: Column
) -> tuple[int, int]:
    """Orders of several rows, and those of which all rows have one amount."""
    value = quote(amount.name)
    key = quote(order.name)
    found = first_row(
        connection,
        f"SELECT count(*), count_if(amounts <= 1) FROM (SELECT count(DISTINCT {value}) AS amounts "
        f"FROM {TABLE} WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1)",
    ) or (0, 0)
    return int(found[0] or 0), int(found[1] or 0)
