"""How long a customer has been one, and how it began."""

from __future__ import annotations

from features.purchases.expression import Expression
from features.timestamps import DAY_US


def month_of(day: str) -> str:
    """SQL for the month, 1 to 12, of days since 1970; holds from 1900-03-01 to 2100-02-28.

    Years are counted from 1 March, so that the leap day ends the last of four years.
    """
    cycle = f"(({day} + 25508) % 1461)"
    year = (
        f"CASE WHEN {cycle} >= 1095 THEN 3 WHEN {cycle} >= 730 THEN 2 "
        f"WHEN {cycle} >= 365 THEN 1 ELSE 0 END"
    )
    from_march = f"CAST(FLOOR((5 * ({cycle} - 365 * {year}) + 2) / 153E0) AS BIGINT)"
    return f"({from_march} + 2) % 12 + 1"


TENURE = (
    Expression(
        "age_days",
        f"(:as_of - MIN(bought_us)) / {DAY_US}E0",
        "days",
        "from the first purchase to as_of",
    ),
    Expression(
        "recency_share",
        "recency_days / age_days",
        "share",
        "part of the customer's life that lies after the last purchase",
        over="columns",
    ),
    Expression(
        "first_month",
        month_of("MIN(day)"),
        "month",
        "local calendar month of the first purchase, 1 to 12",
    ),
    Expression(
        "first_channel",
        "MAX(first_label)",
        "text",
        "channel of the first purchase (of the largest amount, if several)",
        over="channel",
        needs="channel",
    ),
    Expression(
        "first_category",
        "MAX(first_label)",
        "text",
        "category of the first purchase (of the largest amount, if several)",
        over="category",
        needs="category",
    ),
)
