"""What came back."""

from __future__ import annotations

from features.expressions import REFUND, Expression

RETURNED = f"SUM(CASE WHEN {REFUND} THEN -amount ELSE 0E0 END)"

REFUNDS = (
    Expression(
        "n_refunds",
        f"SUM(CASE WHEN {REFUND} THEN 1 ELSE 0 END)",
        "orders",
        "orders whose sum is negative",
    ),
    Expression("refund_sum", RETURNED, "money", "money returned by refund orders, positive"),
    Expression(
        "refund_rate",
        "refund_sum / monetary_sum",
        "ratio",
        "money returned over the sum of all purchases; more than 1 when most was bought before the log",
        over="columns",
    ),
)
