"""Days that are probably missing: months without a row, a last day that is not over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import duckdb

from features.config.purchases import PurchaseData
from features.ingest.health.finding import Finding, some
from features.ingest.time_zones import day_of, is_utc, wall_of_utc
from features.timestamps import DAY_US

QUARTER_HOUR_US = 900_000_000
HOUR_US = 3_600_000_000
# With fewer rows in its months a log may well have one without any.
ROWS_OF_A_MONTH = 10
WEEKS_BEFORE, FEWEST_WEEKS = 8, 4
ROWS_OF_A_DAY, SMALL_SHARE = 20, 1 / 3
ROWS_TO_TELL_ITS_END, EARLY_US = 5, 2 * HOUR_US


@dataclass(frozen=True)
class Day:
    """A local day with lines: how many, and the time of day of the last, microseconds."""

    lines: int
    ends_us: int


def about_days(connection: duckdb.DuckDBPyConnection, data: PurchaseData) -> Iterator[Finding]:
    """Which days of the view `merged` are missing, or not whole."""
    days = _days(connection, data.timezone)
    yield from _months_without(days)
    if data.end is None:
        yield from _last_day(days)


def _days(connection: duckdb.DuckDBPyConnection, timezone: str) -> dict[date, Day]:
    """subtle: by quarters of an hour first, for a zone's clock is slow to look up."""
    quarters = (
        f"SELECT max(us) AS us, count(*) AS lines FROM merged "
        f"GROUP BY FLOOR(us / {QUARTER_HOUR_US}E0)"
    )
    local, beside = "us", ""
    if not is_utc(timezone):
        local, beside = wall_of_utc("us"), f" JOIN utc_days ON utc_days.day = {day_of('us')}"
    rows = connection.execute(
        f"SELECT {day_of('local')}, sum(lines), max(local) FROM "
        f"(SELECT CAST({local} AS BIGINT) AS local, lines FROM ({quarters}){beside}) "
        "GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {
        date(1970, 1, 1) + timedelta(days=day): Day(int(lines), last - day * DAY_US)
        for day, lines, last in rows
    }


def _months_without(days: Mapping[date, Day]) -> Iterator[Finding]:
    lines: dict[tuple[int, int], int] = {}
    for day, found in days.items():
        month = (day.year, day.month)
        lines[month] = lines.get(month, 0) + found.lines
    first, last = (12 * year + month - 1 for year, month in (min(lines), max(lines)))
    months = [(place // 12, place % 12 + 1) for place in range(first, last + 1)]
    missing = [f"{year}-{month:02}" for year, month in months if (year, month) not in lines]
    if missing and median(lines.values()) >= ROWS_OF_A_MONTH:
        yield Finding(
            "months_without_a_row",
            f"{len(missing)} of {len(months)} months have no row that counts ({some(missing)}): "
            "where files are missing, add them to the source",
            len(missing),
        )


def _last_day(days: Mapping[date, Day]) -> Iterator[Finding]:
    first, last = min(days), max(days)
    weeks = [last - timedelta(weeks=each) for each in range(1, WEEKS_BEFORE + 1)]
    before = [days.get(day, Day(0, 0)) for day in weeks if day >= first]
    if len(before) < FEWEST_WEEKS:
        return
    usual, own = median(each.lines for each in before), days[last]
    open_days = [each.ends_us for each in before if each.lines]
    few = usual >= ROWS_OF_A_DAY and own.lines < SMALL_SHARE * usual
    early = usual >= ROWS_TO_TELL_ITS_END and own.ends_us < min(open_days) - EARLY_US
    if few or early:
        yield Finding(
            "last_day_incomplete",
            f"the last day, {last}, has {own.lines:,} lines, the last at {_time(own.ends_us)}, "
            f"where the {len(before)} {last:%A}s before had {usual:,.0f} (median) and ended at "
            f"{_time(min(open_days))} or later: where it is not over, set data.end = "
            f'"{last}", else to the day after',
            own.lines,
        )


def _time(us: int) -> str:
    return f"{us // HOUR_US:02}:{us % HOUR_US // 60_000_000:02}"
