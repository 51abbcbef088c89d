"""Recency, frequency and monetary value."""

from __future__ import annotations

from features.expressions import DAY_US, PURCHASE, Expression, purchases

VALUE = purchases("amount")
FIRST = f"CASE WHEN {PURCHASE} AND prev_us IS NULL THEN amount END"
LAST = f"CASE WHEN {PURCHASE} AND next_us IS NULL THEN amount END"

RFM = (
    Expression(
        "recency_days",
        f"(:as_of - MAX({purchases('us')})) / {DAY_US}E0",
        "days",
        "from the last purchase to as_of",
    ),
    Expression("n_orders", f"SUM({purchases('1', '0')})", "orders", "purchases before as_of"),
    Expression(
        "active_days", "COUNT(*)", "days", "distinct local days with a purchase", over="days"
    ),
    Expression(
        "repeat_days",
        "active_days - 1",
        "days",
        "active days after the first one",
        over="columns",
    ),
    Expression(
        "last_repeat_days",
        "CASE WHEN active_days > 1 THEN age_days - recency_days ELSE 0E0 END",
        "days",
        "from the first purchase to the last; 0 when all fall on one day",
        over="columns",
    ),
    Expression("monetary_mean", f"AVG({VALUE})", "money", "mean value of a purchase"),
    Expression("monetary_sum", f"SUM({VALUE})", "money", "sum of all purchases"),
    Expression("monetary_max", f"MAX({VALUE})", "money", "largest purchase"),
    Expression("monetary_min", f"MIN({VALUE})", "money", "smallest purchase"),
    Expression(
        "monetary_std",
        f"STDDEV_SAMP({VALUE})",
        "money",
        "sample standard deviation of the purchases; null with one",
    ),
    Expression("first_order_value", f"MAX({FIRST})", "money", "value of the first purchase"),
    Expression("last_order_value", f"MAX({LAST})", "money", "value of the last purchase"),
    Expression(
        "repeat_value_mean",
        "AVG(CASE WHEN gap IS NOT NULL THEN amount END)",
        "money",
        "mean purchase value of an active day after the first; null without one",
        over="days",
    ),
    Expression(
        "day_value_mean", "AVG(amount)", "money", "mean purchase value of an active day", over="days"
    ),
)
