"""Customer ids that are probably none: a guest's, an order's, the same in another case."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from features.config.purchases import PurchaseData
from features.ingest.health.finding import Finding, share
from features.ingest.health.vocabulary import NOBODY, toml_list
from features.ingest.queries import first_row, number

CUSTOMERS = "customer_orders"
FEWEST_CUSTOMERS = 10
APART = "customer ids differ from another one only in case"
SETTLED = 'set data.id_case = "lower" where they are one customer, else "keep"'
TIMES_THE_NEXT, LEAST_SHARE = 10, 0.05


def about_customers(
    connection: duckdb.DuckDBPyConnection, data: PurchaseData, counts: dict[str, int]
) -> Iterator[Finding]:
    """What is odd about the ids of the view `customer_orders`."""
    if counts["customers"] >= FEWEST_CUSTOMERS:
        yield from _one_of_many_orders(connection, data, counts["orders"])
        yield from _nobody_returns(data, counts)
    yield from _alike_but_for_case(connection, data)


def _one_of_many_orders(
    connection: duckdb.DuckDBPyConnection, data: PurchaseData, orders: int
) -> Iterator[Finding]:
    (name, most), (_, next_most) = connection.execute(
        f"SELECT customer_id, orders FROM {CUSTOMERS} ORDER BY 2 DESC, 1 LIMIT 2"
    ).fetchall()
    named = name.lower() in NOBODY and most > 2 * next_most
    if named or (most >= TIMES_THE_NEXT * next_most and most > LEAST_SHARE * orders):
        column = data.columns.customer_id
        yield Finding(
            "one_id_of_many_orders",
            f"customer {name!r} has {most:,} of {orders:,} orders ({share(most, orders)}), the "
            f"next one {next_most:,}: where it stands for guests, set "
            f"{toml_list('drop', column, [name])}",
            most,
            f"one customer has {most:,} of {orders:,} orders ({share(most, orders)}), the next one "
            f"{next_most:,}: where it stands for guests, name it in data.drop",
        )


def _nobody_returns(data: PurchaseData, counts: dict[str, int]) -> Iterator[Finding]:
    customers, orders = counts["customers"], counts["orders"]
    if customers == orders:
        yield Finding(
            "no_customer_returns",
            f"none of {customers:,} ids in column {data.columns.customer_id} has a second order: "
            "where it is the id of orders, set data.columns.customer_id to that of customers",
            customers,
        )


def _alike_but_for_case(
    connection: duckdb.DuckDBPyConnection, data: PurchaseData
) -> Iterator[Finding]:
    if "id_case" in data.model_fields_set:
        return
    in_case = f"SELECT count(*) FROM {CUSTOMERS} WHERE customer_id <> lower(customer_id)"
    if not number(connection, in_case):
        return
    alike = (
        f"SELECT min(customer_id) AS one, max(customer_id) AS other, count(*) AS ids "
        f"FROM {CUSTOMERS} GROUP BY lower(customer_id) HAVING count(*) > 1"
    )
    if ids := number(connection, f"SELECT sum(ids) FROM ({alike})"):
        one, other, _ = first_row(connection, f"{alike} ORDER BY 1 LIMIT 1") or ("", "", 0)
        yield Finding(
            "ids_alike_but_for_case",
            f"{ids:,} {APART}, such as {one!r} and {other!r}: {SETTLED}",
            ids,
            f"{ids:,} {APART}: {SETTLED}",
        )
