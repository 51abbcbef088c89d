"""Orders and revenue of the last days, and whether they rise or fall."""

from __future__ import annotations

from features.expressions import DAY_US, PURCHASE, Expression

WINDOWS_DAYS = (7, 30, 90, 180, 365)
TRENDS_DAYS = (30, 90, 180)


def _n_orders(days: int) -> Expression:
    return Expression(
        f"n_orders_{days}d",
        f"SUM(CASE WHEN {PURCHASE} AND us >= :as_of - {days * DAY_US} THEN 1 ELSE 0 END)",
        "orders",
        f"purchases in the last {days} days",
    )


def _revenue(days: int) -> Expression:
    return Expression(
        f"revenue_{days}d",
        f"SUM(CASE WHEN us >= :as_of - {days * DAY_US} THEN amount ELSE 0E0 END)",
        "money",
        f"purchases minus refunds in the last {days} days; may be negative",
    )


def _trend(name: str, value: str, days: int, meaning: str) -> Expression:
    """The last window's part of the last two: 0.5 is steady, and no division explodes."""
    last, both = (f"us >= :as_of - {window * DAY_US}" for window in (days, 2 * days))
    return Expression(
        name,
        f"SUM(CASE WHEN {PURCHASE} AND {last} THEN {value} ELSE 0E0 END)"
        f" / SUM(CASE WHEN {PURCHASE} AND {both} THEN {value} END)",
        "share",
        f"{meaning} of the last {days} days over those of the last {2 * days}; null without any",
    )


WINDOWS = (
    *(_n_orders(days) for days in WINDOWS_DAYS),
    *(_revenue(days) for days in WINDOWS_DAYS),
    *(_trend(f"orders_trend_{days}d_share", "1E0", days, "purchases") for days in TRENDS_DAYS),
    _trend("value_trend_90d_share", "amount", 90, "purchase value"),
)
