"""Wall clock to instants and back in SQL, by tables of a zone's days.

The rules are those of `features.timestamps.localize`: an hour that occurs twice is the second one,
a time that never was is the first instant after the gap.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import duckdb
import numpy as np
import pyarrow as pa

from features.clock_changes import DAY_US, FIRST_DAY, LAST_DAY, changes_by_day


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
    return hashlib.sha256(changes_by_day(timezone).wall.tobytes()).hexdigest()


def is_utc(timezone: str) -> bool:
    """Whether wall clock and UTC never differ."""
    return timezone in ("UTC", "Etc/UTC", "Etc/GMT", "GMT0", "Zulu")


def day_of(us: str) -> str:
    """SQL of the day since 1970 that microseconds fall on."""
    return f"CAST(FLOOR(({us}) / {DAY_US}E0) AS BIGINT)"


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
    changes, days = changes_by_day(timezone), np.arange(FIRST_DAY, LAST_DAY)
    names = ("day", "at_us", "before_us", "after_us")
    both = [
        pa.table(dict(zip(names, [days, *each], strict=True)))
        for each in (changes.wall, changes.utc)
    ]
    return both[0], both[1]
