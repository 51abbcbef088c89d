"""When in the week and in the day purchases happen, by the local wall clock."""

from __future__ import annotations

from features.expressions import DAY_US, Expression, purchases

# 1970-01-01 was a Thursday: three days after a Monday. 25567 whole weeks keep old days positive.
WEEKDAY = f"((day + 3 + {7 * 25567}) % 7)"
EVENING_US = 18 * 3600 * 1_000_000

CALENDAR = (
    Expression(
        "weekend_share",
        f"AVG({purchases(f'CASE WHEN {WEEKDAY} >= 5 THEN 1E0 ELSE 0E0 END')})",
        "share",
        "purchases on a Saturday or Sunday",
    ),
    Expression(
        "evening_share",
        f"AVG({purchases(f'CASE WHEN local_us - day * {DAY_US} >= {EVENING_US} THEN 1E0 ELSE 0E0 END')})",
        "share",
        "purchases from 18:00 to midnight",
    ),
)
