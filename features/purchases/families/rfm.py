"""Recency, frequency and monetary value."""

from __future__ import annotations

from features.purchases.expression import Expression
from features.timestamps import DAY_US

REPEAT_DAYS = "COUNT(CASE WHEN prev_day < day THEN 1 END)"

RFM = (
    Expression(
        "recency_days",
        f"(:as_of - MAX(bought_us)) / {DAY_US}E0",
        "days",
        "from the last purchase to as_of",
    ),
    Expression("n_orders", "COUNT(value)", "orders", "purchases before as_of"),
    Expression(
        "active_days",
        "repeat_days + 1",
        "days",
        "distinct local days with a purchase",
        over="columns",
    ),
    Expression("repeat_days", REPEAT_DAYS, "days", "active days after the first one"),
    Expression(
        "last_repeat_days",
        "CASE WHEN repeat_days > 0 THEN age_days - recency_days ELSE 0E0 END",
        "days",
        "from the first purchase to the last; 0 when all fall on one day",
        over="columns",
    ),
    Expression("monetary_mean", "AVG(value)", "money", "mean value of a purchase"),
    Expression("monetary_sum", "SUM(value)", "money", "sum of all purchases"),
    Expression("monetary_max", "MAX(value)", "money", "largest purchase"),
    Expression("monetary_min", "MIN(value)", "money", "smallest purchase"),
    Expression(
        "monetary_std",
        "STDDEV_SAMP(value)",
        "money",
        "sample standard deviation of the purchases; null with one",
    ),
    Expression(
        "first_order_value",
        "MAX(CASE WHEN prev_day IS NULL THEN value END)",
        "money",
        "value of the first purchase",
    ),
    Expression(
        "last_order_value",
        "MAX(CASE WHEN next_day IS NULL THEN value END)",
        "money",
        "value of the last purchase",
    ),
    Expression(
        "repeat_value_mean",
        f"SUM(CASE WHEN day > first_day THEN value END) / {REPEAT_DAYS}",
        "money",
        "mean purchase value of an active day after the first; null without one",
    ),
    Expression(
        "day_value_mean",
        "monetary_sum / (repeat_days + 1)",
        "money",
        "mean purchase value of an active day",
        over="columns",
    ),
)
