"""When the clocks of a time zone change, day by day, from 1900 to 2100."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

DAY_SECONDS, SECOND_US = 86_400, 1_000_000
DAY_US = DAY_SECONDS * SECOND_US
FIRST_DAY, LAST_DAY = ((date(year, 1, 1) - date(1970, 1, 1)).days for year in (1900, 2101))
NEVER = -(2**62)

Days = NDArray[np.int64]


@dataclass(frozen=True)
class ChangesByDay:
    """The change of each day from FIRST_DAY on, columns of one row a day, all in microseconds.

    wall   by the day on the wall: when the clock changes (UTC), what it is ahead of UTC before and
           after; where it does not, NEVER and what it is ahead
    utc    the same by the day of UTC
    """

    wall: Days
    utc: Days


@dataclass(frozen=True)
class _Change:
    at: int
    before: int
    after: int


@lru_cache(maxsize=8)
def changes_by_day(timezone: str) -> ChangesByDay:
    """The changes of a zone's clock. An hour that occurs twice belongs to the second reading."""
    offsets = _offsets(timezone)
    utc = np.stack([np.full(len(offsets) - 1, NEVER), offsets[:-1], offsets[:-1]])
    wall = np.full_like(utc, offsets[0])
    wall[0] = NEVER
    for each in _changes(timezone, offsets):
        ends = (each.at + each.before, each.at + each.after)
        # subtle: the microsecond before the later end, for a gap may end with the day
        first, last = (end // DAY_US - FIRST_DAY for end in (min(ends), max(ends) - 1))
        wall[1:, last + 1 :] = each.after
        for table, begin, end in (
            (wall, first, last),
            (utc, *(each.at // DAY_US - FIRST_DAY,) * 2),
        ):
            table[:, begin : end + 1] = np.array([[each.at], [each.before], [each.after]])
    return ChangesByDay(wall, utc)


def change_between(low: int, high: int, zone: ZoneInfo) -> int:
    """The second of the one change after `low`, at `high` at the latest; seconds since 1970."""
    before = _offset(low, zone)
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def _offsets(timezone: str) -> Days:
    """What a zone is ahead of UTC at the midnights of UTC, microseconds."""
    seconds = range(FIRST_DAY * DAY_SECONDS, (LAST_DAY + 1) * DAY_SECONDS, DAY_SECONDS)
    zone = ZoneInfo(timezone)
    return np.fromiter((_offset(each, zone) for each in seconds), dtype=np.int64)


def _offset(second: int, zone: ZoneInfo) -> int:
    ahead = datetime.fromtimestamp(second, zone).utcoffset() or timedelta()
    return (ahead.days * DAY_SECONDS + ahead.seconds) * SECOND_US


def _changes(timezone: str, offsets: Days) -> list[_Change]:
    """The changes of a zone's clock, of which a day of UTC has one at most."""
    zone, found = ZoneInfo(timezone), []
    for place in np.flatnonzero(np.diff(offsets)).tolist():
        low = (FIRST_DAY + place) * DAY_SECONDS
        at = change_between(low, low + DAY_SECONDS, zone) * SECOND_US
        found.append(_Change(at, *offsets[place : place + 2].tolist()))
    return found
