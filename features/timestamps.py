"""Timestamps: text and wall clock to instants and back, in one way everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from features.clock_changes import FIRST_DAY, change_between, changes_by_day
from features.errors import DataError
from features.single_values import read_moment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND, SECOND = timedelta(microseconds=1), timedelta(seconds=1)
DAY_US = timedelta(days=1) // MICROSECOND
YEAR_DAYS = 365.25
MONTH_DAYS = YEAR_DAYS / 12
EARLIEST, LATEST = pd.Timestamp(1901, 1, 1), pd.Timestamp(2100, 1, 1)


def localize(wall: pd.Series[pd.Timestamp], timezone: str) -> pd.Series[pd.Timestamp]:
    """Read naive wall clock in `timezone`; the result is UTC, in microseconds.

    An hour that occurs twice (clocks go back) is read as the second one, standard time.
    A time that never was (clocks go forward) becomes the first instant after the gap.
    """
    us = microseconds(wall)
    at, before, after = changes_by_day(timezone).wall[:, us // DAY_US - FIRST_DAY]
    utc = np.where(us >= at + after, us - after, np.minimum(us - before, at))
    instants = pd.Series(utc.astype("datetime64[us]"), index=wall.index, name=wall.name)
    return instants.dt.tz_localize("UTC")


def to_utc(timestamps: pd.Series[pd.Timestamp], timezone: str) -> pd.Series[pd.Timestamp]:
    """Timestamps, naive in `timezone` or aware, as UTC in microseconds.

    Raises DataError for a year outside 1901 to 2099: a placeholder, not a date.
    """
    naive = timestamps.dt.tz_localize(None) if timestamps.dt.tz is not None else timestamps
    outside = (naive < EARLIEST) | (naive >= LATEST)
    if outside.any():
        row = int(np.argmax(outside.to_numpy()))
        raise DataError(
            f"timestamp: {int(outside.sum())} values outside the years 1901 to 2099, "
            f"first {naive.iloc[row]} in row {row + 1}; remove such placeholders"
        )
    if timestamps.dt.tz is None:
        return localize(timestamps, timezone)
    return timestamps.dt.tz_convert("UTC").dt.as_unit("us")


def utc_microseconds(timestamp: datetime, timezone: str) -> int:
    """One timestamp as `to_utc` reads it, in UTC microseconds since 1970, without a series."""
    if timestamp.tzinfo is None:
        zone = ZoneInfo(timezone)
        aware = timestamp.replace(tzinfo=zone, fold=1)
        if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != timestamp:
            # it never was: clocks went forward over it
            ends = (aware, aware.replace(fold=0))
            low, high = ((each.astimezone(UTC) - EPOCH) // SECOND for each in ends)
            return change_between(low, high + 1, zone) * (SECOND // MICROSECOND)
        timestamp = aware
    return (timestamp - EPOCH) // MICROSECOND


def microseconds(instants: pd.Series[pd.Timestamp]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Whole microseconds since 1970, of UTC instants or of naive wall clock."""
    return instants.to_numpy(dtype="datetime64[us]").astype(np.int64)


def from_microseconds(us: int) -> datetime:
    """The UTC instant of whole microseconds since 1970."""
    return EPOCH + us * MICROSECOND


def parse_as_of(text: str, timezone: str) -> datetime:
    """A date or ISO timestamp as a UTC instant; without an offset it is read in `timezone`."""
    try:
        as_of = read_moment(text)
    except ValueError:
        raise DataError(
            f"as_of must be a date or an ISO timestamp such as 2011-09-10, got {text!r}"
        ) from None
    if not EARLIEST.year < as_of.year < LATEST.year - 1:
        raise DataError(f"as_of must lie in the years 1902 to 2098, got {text!r}")
    return from_microseconds(utc_microseconds(as_of, timezone))


@lru_cache(maxsize=1024)
def format_timestamp(timestamp: datetime, timezone: str) -> str:
    """A date where it is midnight in `timezone`, else an ISO timestamp, as `parse_as_of` reads."""
    local = timestamp.astimezone(ZoneInfo(timezone))
    # subtle: of a midnight that occurs twice, a bare date means the second one
    only = local.replace(fold=1).utcoffset() == local.utcoffset()
    return local.date().isoformat() if only and local.time() == time() else local.isoformat()


def next_midnight(local_us: int, timezone: str) -> datetime:
    """The first local midnight after a wall clock reading, as a UTC instant."""
    day = datetime(1970, 1, 1) + timedelta(days=local_us // DAY_US + 1)
    return from_microseconds(utc_microseconds(day, timezone))


def require_aware(as_of: datetime) -> int:
    """Microseconds since 1970 of a timestamp. Raises DataError when it carries no time zone."""
    if as_of.tzinfo is None:
        raise DataError(f"as_of must carry a time zone, got {as_of.isoformat()}")
    return (as_of - EPOCH) // MICROSECOND


def wall_clock(as_of: datetime, timezone: str) -> pd.Timestamp:
    """A tz-aware timestamp as naive wall clock in `timezone`. Raises DataError for a naive one."""
    require_aware(as_of)
    return pd.Timestamp(as_of).tz_convert(timezone).tz_localize(None)
