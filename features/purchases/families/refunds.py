"""Refund features."""

from __future__ import annotations

from features.purchases.expression import Expression

REFUNDS = (
    Expression(
        "n_refunds",
        "COUNT(CASE WHEN kind = 0 THEN 1 END)",
        "orders",
        "refunds that no earlier order explains: orders whose sum is negative",
    ),
    Expression(
        "refund_sum",
        "SUM(CASE WHEN kind = 0 THEN -amount ELSE 0E0 END)",
        "money",
        "money returned by refund orders, positive",
    ),
    Expression(
        "refund_rate",
        "refund_sum / monetary_sum",
        "ratio",
        "refund_sum over monetary_sum; above 1 when what came back was bought before the log",
        over="columns",
    ),
)
