"""The families, composed into one portable SQL statement."""

from __future__ import annotations

from features.purchases.expression import PURCHASE, REFUND, Expression, Source
from features.schema import OptionalColumn
from features.timestamps import DAY_US

PAST = "past AS (SELECT * FROM lines WHERE us < :as_of)"

ORDERS = """sums AS (
    SELECT customer_id, order_id, MIN(us) AS us, MIN(local_us) AS local_us, SUM(amount) AS amount
    FROM past GROUP BY customer_id, order_id)"""

BOUGHT = f"""orders AS (
    SELECT customer_id, order_id, us, local_us, amount,
        CASE WHEN {PURCHASE} THEN amount END AS value,
        CASE WHEN {PURCHASE} THEN us END AS bought_us,
        CASE WHEN {PURCHASE} THEN CAST(FLOOR(local_us / {DAY_US}E0) AS BIGINT) END AS day,
        CASE WHEN {PURCHASE} THEN 1 ELSE 0 END AS kind
    FROM sums WHERE {PURCHASE} OR {REFUND})"""

# subtle: purchases and refunds are windowed apart, so that a refund is nobody's neighbour;
# and equal timestamps are ordered by order_id, or LAG would depend on the engine.
WINDOW = "OVER (PARTITION BY customer_id, kind ORDER BY day, us, order_id)"

PLACED = f"""placed AS (
    SELECT *, LAG(day) {WINDOW} AS prev_day, LEAD(day) {WINDOW} AS next_day,
        FIRST_VALUE(day) {WINDOW} AS first_day
    FROM orders)"""


def _labels(column: str) -> str:
    """Rows per (customer, label) of an optional column; the first purchase's label is marked."""
    return f"""{column}_sums AS (
    SELECT customer_id, order_id, {column} AS label, SUM(amount) AS amount
    FROM past WHERE {column} IS NOT NULL GROUP BY customer_id, order_id, {column}),
{column}_pairs AS (
    SELECT {column}_sums.customer_id, {column}_sums.order_id, {column}_sums.label, placed.us,
        {column}_sums.amount
    FROM {column}_sums JOIN placed ON {column}_sums.customer_id = placed.customer_id
        AND {column}_sums.order_id = placed.order_id
    WHERE placed.kind = 1),
{column}_ranked AS (
    SELECT customer_id, label, LAG(label) OVER (
        PARTITION BY customer_id ORDER BY us, order_id, amount DESC, label) AS prev_label
    FROM {column}_pairs),
{column} AS (
    SELECT customer_id, label, COUNT(*) AS n,
        MAX(CASE WHEN prev_label IS NULL THEN label END) AS first_label
    FROM {column}_ranked GROUP BY customer_id, label)"""


def _summary(source: Source, members: list[Expression]) -> str:
    """One row per customer: the features over the rows of `source`."""
    columns = "".join(f",\n        {each.sql} AS {each.name}" for each in members)
    rows = "placed" if source == "orders" else source
    having = " HAVING COUNT(value) > 0" if source == "orders" else ""
    return f"""by_{source} AS (
    SELECT customer_id{columns}
    FROM {rows} GROUP BY customer_id{having})"""


def _select(features: tuple[Expression, ...], joins: str) -> str:
    """Every number is selected as a double, so that an unknown one can be null."""
    columns = "".join(f",\n    {_value(each)} AS {each.name}" for each in features)
    return (
        f"SELECT by_orders.customer_id{columns}\n"
        f"FROM by_orders{joins}\nORDER BY by_orders.customer_id"
    )


def _value(feature: Expression) -> str:
    known = feature.sql if feature.over == "columns" else feature.name
    return known if feature.unit == "text" else f"CAST({known} AS DOUBLE)"


def compose(features: tuple[Expression, ...], optional: tuple[OptionalColumn, ...]) -> str:
    """One statement over `lines`: a row per customer with a purchase before `:as_of`.

    Rows are cut at `:as_of` first and only then grouped into orders, so the later lines of
    an order that straddles `:as_of` are not seen.
    """
    sources: tuple[Source, ...] = ("orders", *optional)
    joins = "".join(
        f"\n    LEFT JOIN by_{each} ON by_orders.customer_id = by_{each}.customer_id"
        for each in optional
    )
    tables = [PAST, ORDERS, BOUGHT, PLACED, *(_labels(each) for each in optional)]
    for source in sources:
        tables.append(_summary(source, [each for each in features if each.over == source]))
    return "WITH " + ",\n".join(tables) + "\n" + _select(features, joins)
