"""The season: calendar days -> effective days, of which a busy season has more.

The probability models know no calendar. Counting a horizon in effective days gives them one: the
horizon's ninety days before Christmas may hold as many purchases as a hundred and thirty others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SEASON_DAYS = 364  # fifty-two whole weeks: a year later falls on the same weekday
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
        return float(self.effective_lengths(as_of, np.array([horizon_days]))[0])

    def effective_lengths(self, as_of: datetime, horizons: Array) -> Array:
        """The same for several horizons that begin together, days, shape (m,)."""
        return _lengths(self, as_of, tuple(horizons.tolist()))


@lru_cache(maxsize=256)
def _lengths(season: Season, as_of: datetime, horizons: tuple[float, ...]) -> Array:
    """Remembered: most requests of a day ask for the same as_of and horizon."""
    start = (as_of - season.origin) / DAY
    days = np.array([*horizons, 0.0]) + start
    years = np.floor(days / SEASON_DAYS)
    rest = np.interp(days - years * SEASON_DAYS, season.days, season.effective)
    elapsed = years * season.effective[-1] + rest
    lengths: Array = elapsed[:-1] - elapsed[-1]
    lengths.setflags(write=False)
    return lengths


def flat(origin: datetime) -> Season:
    """No season: an effective day is a day."""
    return Season(origin, (0.0, float(SEASON_DAYS)), (0.0, float(SEASON_DAYS)))


def from_rate_errors(
    origin: datetime, days: Sequence[float], log_rate_ratio: Sequence[float]
) -> Season:
    """A season from log(effective days / days) at ascending `days`, the last of them 364."""
    effective = np.asarray(days) * np.exp(np.asarray(log_rate_ratio))
    return Season(
        origin, (0.0, *map(float, days)), (0.0, *map(float, np.maximum.accumulate(effective)))
    )
