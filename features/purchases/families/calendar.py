"""When in the week and in the day purchases happen, by the local wall clock."""

from __future__ import annotations

from features.purchases.expression import Expression
from features.timestamps import DAY_US

# 1970-01-01 was a Thursday: three days after a Monday. 25567 whole weeks make old days positive.
WEEKDAY = f"((day + 3 + {7 * 25567}) % 7)"
EVENING_US = 18 * 3600 * 1_000_000

WEEKEND = f"{WEEKDAY} >= 5"
EVENING = f"local_us - day * {DAY_US} >= {EVENING_US}"


def _share(condition: str) -> str:
    return f"AVG(CASE WHEN {condition} THEN 1E0 WHEN day IS NOT NULL THEN 0E0 END)"


CALENDAR = (
    Expression(
        "weekend_share",
        _share(WEEKEND),
        "share",
        "purchases on a Saturday or Sunday, local time",
    ),
    Expression(
        "evening_share",
        _share(EVENING),
        "share",
        "purchases from 18:00 to midnight, local time",
    ),
)
