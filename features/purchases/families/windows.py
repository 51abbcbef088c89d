"""Orders and revenue of the last days, whether they rise or fall, and all of them, faded."""

from __future__ import annotations

from features.purchases.expression import Expression
from features.timestamps import DAY_US

WINDOWS_DAYS = (7, 30, 90, 180, 365)
TRENDS_DAYS = (30, 90, 180)
FADING_DAYS = (15, 60)


def _since(days: int) -> str:
    return f">= :as_of - {days * DAY_US}"


def _n_orders(days: int) -> Expression:
    return Expression(
        f"n_orders_{days}d",
        f"COUNT(CASE WHEN bought_us {_since(days)} THEN 1 END)",
        "orders",
        f"purchases in the last {days} days",
    )


def _revenue(days: int) -> Expression:
    """Purchases and refunds are summed apart: no engine promises which of them it adds first."""
    return Expression(
        f"revenue_{days}d",
        f"SUM(CASE WHEN bought_us {_since(days)} THEN value ELSE 0E0 END)"
        f" + SUM(CASE WHEN kind = 0 AND us {_since(days)} THEN amount ELSE 0E0 END)",
        "money",
        f"purchases minus refunds in the last {days} days; may be negative",
    )


def _orders_trend(days: int) -> Expression:
    """The last window's part of the last two: 0.5 is steady, and no division explodes."""
    return Expression(
        f"orders_trend_{days}d_share",
        f"AVG(CASE WHEN bought_us {_since(days)} THEN 1E0"
        f" WHEN bought_us {_since(2 * days)} THEN 0E0 END)",
        "share",
        f"part of the purchases of the last {2 * days} days that fall into the last {days}; "
        "null without any",
    )


def _value_trend(days: int) -> Expression:
    return Expression(
        f"value_trend_{days}d_share",
        f"SUM(CASE WHEN bought_us {_since(days)} THEN value ELSE 0E0 END)"
        f" / SUM(CASE WHEN bought_us {_since(2 * days)} THEN value END)",
        "share",
        f"the same of the purchases' value, last {days} of {2 * days} days",
    )


def _faded(what: str, days: int) -> str:
    """A purchase of so many days ago counts half; a quotient, which all engines round alike."""
    return f"SUM({what} / (1E0 + (:as_of - bought_us) / {days * DAY_US}E0))"


def _faded_orders(days: int) -> Expression:
    return Expression(
        f"faded_orders_{days}d",
        _faded("CASE WHEN kind = 1 THEN 1E0 END", days),
        "orders",
        f"purchases, each the less the longer ago: half after {days} days",
    )


def _faded_value(days: int) -> Expression:
    return Expression(
        f"faded_value_{days}d",
        _faded("value", days),
        "money",
        f"the purchases' value, each the less the longer ago: half after {days} days",
    )


WINDOWS = (
    *(_n_orders(days) for days in WINDOWS_DAYS),
    *(_revenue(days) for days in WINDOWS_DAYS),
    *(_orders_trend(days) for days in TRENDS_DAYS),
    _value_trend(90),
    *(_faded_orders(days) for days in FADING_DAYS),
    *(_faded_value(days) for days in FADING_DAYS),
)
