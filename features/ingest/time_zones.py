"""Wall clock to instants and back in SQL, by tables of a zone's days.

The rules are those of `features.timestamps.localize`: an hour that occurs twice is the second one,
a time that never was is the first instant after the gap.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.timestamps import DAY_US, EPOCH

FIRST_DAY = (datetime(1900, 1, 1, tzinfo=UTC) - EPOCH).days
LAST_DAY = (datetime(2101, 1, 1, tzinfo=UTC) - EPOCH).days
DAY_SECONDS, SECOND_US = 86_400, 1_000_000
NEVER = -(2**62)


@dataclass(frozen=True)
class Change:
    """A change of a zone's clock: when, and what it is ahead of UTC before and after; all in us."""

    at: int
    before: int
    after: int


def create_zone_tables(connection: duckdb.DuckDBPyConnection, timezone: str) -> None:
    """The tables `wall_days` and `utc_days`: a day, the change on it, offsets before and after.

    For UTC there are none: nothing is to be looked up.
    """
    if is_utc(timezone):
        return
    for name, table in zip(("wall_days", "utc_days"), _tables(timezone), strict=True):
        connection.register(f"{name}_arrow", table)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM {name}_arrow")
        connection.unregister(f"{name}_arrow")


def clock_rules(timezone: str) -> str:
    """A hash of a zone's rules, which governments change and machines learn of at times."""
    if is_utc(timezone):
        return ""
    return hashlib.sha256(_tables(timezone)[0].column("at_us").to_numpy().tobytes()).hexdigest()


def is_utc(timezone: str) -> bool:
    """Whether wall clock and UTC never differ."""
    return timezone in ("UTC", "Etc/UTC", "Etc/GMT", "GMT0", "Zulu")


def day_of(us: str) -> str:
    """SQL of the day since 1970 that microseconds fall on."""
    return f"CAST(FLOOR({us} / {DAY_US}E0) AS BIGINT)"


def utc_of_wall(wall: str) -> str:
    """SQL of the instant of a wall clock reading, beside a row of `wall_days`."""
    late, early = f"{wall} - wall_days.after_us", f"{wall} - wall_days.before_us"
    return (
        f"CASE WHEN {wall} >= wall_days.at_us + wall_days.after_us THEN {late} "
        f"ELSE LEAST({early}, wall_days.at_us) END"
    )


def wall_of_utc(us: str) -> str:
    """SQL of the wall clock reading of an instant, beside a row of `utc_days`."""
    ahead = f"CASE WHEN {us} >= utc_days.at_us THEN utc_days.after_us ELSE utc_days.before_us END"
    return f"{us} + {ahead}"


@lru_cache(maxsize=8)
def _tables(timezone: str) -> tuple[pa.Table, pa.Table]:
    days, offsets = np.arange(FIRST_DAY, LAST_DAY), _offsets(timezone)
    utc = np.stack([days, np.full(len(days), NEVER), offsets[:-1], offsets[:-1]])
    wall = np.stack([days, *np.full((3, len(days)), offsets[0])])
    wall[1] = NEVER
    for each in _changes(timezone, offsets):
        ends = (each.at + each.before, each.at + each.after)
        # subtle: the microsecond before the later end, for a gap may end with the day
        first, last = (end // DAY_US - FIRST_DAY for end in (min(ends), max(ends) - 1))
        wall[2:, last + 1 :] = each.after
        for table, begin, end in (
            (wall, first, last),
            (utc, *(each.at // DAY_US - FIRST_DAY,) * 2),
        ):
            table[1:, begin : end + 1] = np.array([[each.at], [each.before], [each.after]])
    names = ("day", "at_us", "before_us", "after_us")
    both = [pa.table(dict(zip(names, each, strict=True))) for each in (wall, utc)]
    return both[0], both[1]


def _offsets(timezone: str) -> NDArray[np.int64]:
    """What a zone is ahead of UTC at the midnights of UTC, microseconds."""
    seconds = range(FIRST_DAY * DAY_SECONDS, (LAST_DAY + 1) * DAY_SECONDS, DAY_SECONDS)
    zone = ZoneInfo(timezone)
    return np.fromiter((_offset(each, zone) for each in seconds), dtype=np.int64)


def _offset(second: int, zone: ZoneInfo) -> int:
    ahead = datetime.fromtimestamp(second, zone).utcoffset() or timedelta()
    return (ahead.days * DAY_SECONDS + ahead.seconds) * SECOND_US


def _changes(timezone: str, offsets: NDArray[np.int64]) -> list[Change]:
    """The changes of a zone's clock, of which a day of UTC has one at most."""
    zone, found = ZoneInfo(timezone), []
    for place in np.flatnonzero(np.diff(offsets)).tolist():
        before, after = offsets[place : place + 2].tolist()
        low = (FIRST_DAY + place) * DAY_SECONDS
        high = low + DAY_SECONDS
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
        found.append(Change(high * SECOND_US, before, after))
    return found
