"""The families, composed into one portable SQL statement."""

from __future__ import annotations

from features.expressions import DAY_US, NOTHING, PURCHASE, Expression, Optional, Source

PAST = "past AS (SELECT * FROM lines WHERE us < :as_of)"

ORDERS = """orders AS (
    SELECT customer_id, order_id, MIN(us) AS us, MIN(local_us) AS local_us, SUM(amount) AS amount
    FROM past GROUP BY customer_id, order_id)"""

# subtle: purchases and refunds are windowed apart, so that a refund is nobody's neighbour;
# and equal moments are ordered by order_id, or LAG would depend on the engine.
PLACED_WINDOW = f"""OVER (
        PARTITION BY customer_id, CASE WHEN {PURCHASE} THEN 1 ELSE 0 END ORDER BY us, order_id)"""

PLACED = f"""placed AS (
    SELECT customer_id, order_id, us, local_us, amount,
        CAST(FLOOR(CAST(local_us AS DOUBLE) / {DAY_US}E0) AS BIGINT) AS day,
        LAG(us) {PLACED_WINDOW} AS prev_us,
        LEAD(us) {PLACED_WINDOW} AS next_us
    FROM orders WHERE amount > {NOTHING} OR amount < -{NOTHING})"""

DAYS = f"""bought_days AS (
    SELECT customer_id, day, SUM(amount) AS amount
    FROM placed WHERE {PURCHASE} GROUP BY customer_id, day),
days AS (
    SELECT customer_id, day, amount,
        day - LAG(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap,
        LEAD(day) OVER (PARTITION BY customer_id ORDER BY day) AS next_day
    FROM bought_days)"""


def _labels(column: str) -> str:
    """Rows per (customer, label) of an optional column; the first purchase's label is marked."""
    return f"""{column}_pairs AS (
    SELECT past.customer_id, past.order_id, past.{column} AS label, placed.us,
        SUM(past.amount) AS amount
    FROM past JOIN placed
        ON past.customer_id = placed.customer_id AND past.order_id = placed.order_id
    WHERE placed.amount > {NOTHING} AND past.{column} IS NOT NULL
    GROUP BY past.customer_id, past.order_id, past.{column}, placed.us),
{column}_ranked AS (
    SELECT customer_id, label, LAG(label) OVER (
        PARTITION BY customer_id ORDER BY us, order_id, amount DESC, label) AS prev_label
    FROM {column}_pairs),
{column} AS (
    SELECT customer_id, label, COUNT(*) AS n,
        MAX(CASE WHEN prev_label IS NULL THEN label END) AS first_label
    FROM {column}_ranked GROUP BY customer_id, label)"""


def _summary(source: str, rows: str, members: list[Expression]) -> str:
    columns = "".join(f",\n        {each.sql} AS {each.name}" for each in members)
    return f"""by_{source} AS (
    SELECT customer_id{columns}
    FROM {rows} GROUP BY customer_id)"""


def compose(features: tuple[Expression, ...], optional: tuple[Optional, ...]) -> str:
    """One statement over `lines`: a row per customer with a purchase before `:as_of`.

    Rows are cut at `:as_of` first and only then grouped into orders, so the later lines of
    an order that straddles the moment are not seen.
    """

    def over(source: Source) -> list[Expression]:
        return [each for each in features if each.over == source]

    joins = "".join(
        f"\n    LEFT JOIN by_{each} ON by_orders.customer_id = by_{each}.customer_id"
        for each in optional
    )
    plain = "".join(f", {each.name}" for each in features if each.over != "columns")
    tables = [PAST, ORDERS, PLACED, DAYS, *(_labels(each) for each in optional)]
    tables += [_summary("orders", "placed", over("orders")), _summary("days", "days", over("days"))]
    tables += [_summary(each, each, over(each)) for each in optional]
    tables.append(
        f"""joined AS (
    SELECT by_orders.customer_id{plain}
    FROM by_orders JOIN by_days ON by_orders.customer_id = by_days.customer_id{joins})"""
    )
    return "WITH " + ",\n".join(tables) + "\n" + _select(features)


def _select(features: tuple[Expression, ...]) -> str:
    """Every number leaves as a double, so that an unknown one can be null."""
    columns = "".join(f",\n    {_value(each)} AS {each.name}" for each in features)
    return f"SELECT customer_id{columns}\nFROM joined ORDER BY customer_id"


def _value(feature: Expression) -> str:
    known = feature.sql if feature.over == "columns" else feature.name
    return known if feature.unit == "text" else f"CAST({known} AS DOUBLE)"
