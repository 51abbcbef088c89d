"""A clock that runs fast in a busy season: calendar days -> effective days.

The probability models know no calendar. Counting a horizon in effective days gives them one: the
horizon's ninety days before Christmas may hold as many purchases as a hundred and thirty others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

YEAR_DAYS = 364  # fifty-two whole weeks: a year later falls on the same weekday
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Season:
    """Effective days since `origin`, known at some `days` of a year and repeated every year.

    days       ascending, first 0, last 364
    effective  effective days passed by then, never falling, first 0
    """

    origin: datetime
    days: tuple[float, ...]
    effective: tuple[float, ...]

    def effective_days(self, as_of: datetime, horizon_days: float) -> float:
        """Length of [as_of, as_of + horizon_days) in effective days; never falls with it."""
        start = (as_of - self.origin) / DAY
        return self._clock(start + horizon_days) - self._clock(start)

    def _clock(self, day: float) -> float:
        years, rest = divmod(day, YEAR_DAYS)
        return float(years * self.effective[-1] + np.interp(rest, self.days, self.effective))


def flat(origin: datetime) -> Season:
    """No season: an effective day is a day."""
    return Season(origin, (0.0, float(YEAR_DAYS)), (0.0, float(YEAR_DAYS)))


def from_speeds(origin: datetime, days: Sequence[float], log_speed: Sequence[float]) -> Season:
    """A season from log(effective days / days) at ascending `days`, the last of them 364."""
    effective = np.asarray(days) * np.exp(np.asarray(log_speed))
    return Season(
        origin, (0.0, *map(float, days)), (0.0, *map(float, np.maximum.accumulate(effective)))
    )
