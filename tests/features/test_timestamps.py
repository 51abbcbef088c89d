from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.canonical import canonical_lines
from features.ingest.time_zones import create_zone_tables, day_of, utc_of_wall
from features.ingest.transactions import read_transactions
from features.purchases.table import build_features
from features.timestamps import (
    format_timestamp,
    localize,
    microseconds,
    parse_as_of,
    to_utc,
    utc_microseconds,
)

COLUMNS = {"customer_id": "customer_id", "timestamp": "timestamp", "amount": "amount"}

# wall clock in London, and the same instants in UTC: summer time from 27 March to 30 October
LONDON = ["2011-03-26 23:30", "2011-03-27 12:00", "2011-07-09 00:15", "2011-10-30 18:00"]
INSTANTS = ["2011-03-26 23:30", "2011-03-27 11:00", "2011-07-08 23:15", "2011-10-30 18:00"]
AS_OF = parse_as_of("2011-12-01", "Europe/London")


def frame(timestamps: pd.DatetimeIndex) -> pd.DataFrame:
    return pd.DataFrame(
        {"customer_id": list("aabb"), "timestamp": timestamps, "amount": [1.0, 2.0, 3.0, 4.0]}
    )


def test_the_same_instants_give_the_same_lines_however_they_are_written() -> None:
    naive = canonical_lines(frame(pd.DatetimeIndex(LONDON)), "Europe/London")
    utc = frame(pd.DatetimeIndex(INSTANTS, tz="UTC"))
    tokyo = utc.assign(timestamp=utc["timestamp"].dt.tz_convert("Asia/Tokyo"))
    for log in (utc, tokyo, utc.assign(timestamp=utc["timestamp"].dt.as_unit("ns"))):
        pd.testing.assert_frame_equal(
            canonical_lines(log, "Europe/London"), naive, check_exact=True
        )


@pytest.mark.parametrize(
    "written",
    [
        LONDON,
        [f"{text.replace(' ', 'T')}:00Z" for text in INSTANTS],
        [f"{text}:00.000+0000" for text in INSTANTS],
        [f"{LONDON[0]}+00", f"{LONDON[1]}+01:00", f"{LONDON[2]}:00 +01:00", LONDON[3]],
        [f"{text} Europe/London" for text in LONDON],
    ],
)
def test_the_same_instants_in_a_file_give_the_same_features(
    tmp_path: Path, written: list[str]
) -> None:
    log = frame(pd.DatetimeIndex(LONDON))
    log.assign(timestamp=written).to_csv(tmp_path / "log.csv", index=False)
    data = PurchaseData.model_validate(
        {"transactions": str(tmp_path / "log.csv"), "timezone": "Europe/London", "columns": COLUMNS}
    )
    expected = build_features(canonical_lines(log, "Europe/London"), AS_OF)
    pd.testing.assert_frame_equal(
        build_features(read_transactions(data).lines, AS_OF), expected, check_exact=True
    )


def test_calendar_features_read_the_local_clock() -> None:
    # 8 July 2011 23:15 UTC is a Friday evening in UTC and a Saturday in London.
    log = frame(pd.DatetimeIndex(INSTANTS, tz="UTC"))[2:3]
    in_utc, in_london = (
        build_features(canonical_lines(log, zone), AS_OF) for zone in ("UTC", "Europe/London")
    )
    assert in_utc[["weekend_share", "evening_share"]].to_numpy().tolist() == [[0.0, 1.0]]
    assert in_london[["weekend_share", "evening_share"]].to_numpy().tolist() == [[1.0, 0.0]]


def test_an_hour_that_occurs_twice_is_standard_time_and_one_that_never_was_moves_on() -> None:
    # 30 October 2011, 01:30 was at 00:30 and at 01:30 UTC; 27 March, 01:30 never was.
    assert parse_as_of("2011-10-30T01:30", "Europe/London") == datetime(
        2011, 10, 30, 1, 30, tzinfo=UTC
    )
    assert parse_as_of("2011-03-27T01:30", "Europe/London") == datetime(2011, 3, 27, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2011-09-10", datetime(2011, 9, 9, 23, tzinfo=UTC)),
        ("2011-09-10T12:30:00", datetime(2011, 9, 10, 11, 30, tzinfo=UTC)),
        ("2011-09-10T12:30:00Z", datetime(2011, 9, 10, 12, 30, tzinfo=UTC)),
        ("2011-09-10 12:30+02:00", datetime(2011, 9, 10, 10, 30, tzinfo=UTC)),
    ],
)
def test_as_of_is_read_in_the_logs_time_zone(text: str, instant: datetime) -> None:
    assert parse_as_of(text, "Europe/London") == instant


@pytest.mark.parametrize("text", ["", "yesterday", "10/09/2011", "2011-02-30"])
def test_an_as_of_that_is_no_date_is_one_sentence(text: str) -> None:
    with pytest.raises(DataError, match="as_of must be a date or an ISO timestamp"):
        parse_as_of(text, "UTC")


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Sydney", "UTC"])
def test_knowledge_ends_at_the_local_midnight_after_the_last_line(
    tmp_path: Path, zone: str
) -> None:
    frame(pd.DatetimeIndex(LONDON)).to_csv(tmp_path / "log.csv", index=False)
    data = {"transactions": str(tmp_path / "log.csv"), "timezone": zone, "columns": COLUMNS}
    log = read_transactions(PurchaseData.model_validate(data))
    assert log.end == pd.Timestamp("2011-10-31", tz=zone)


def test_transactions_report_every_violation() -> None:
    bad = frame(pd.DatetimeIndex(LONDON)).assign(amount=[1.0, None, float("inf"), 2.0])
    bad = bad.assign(customer_id=["a", None, "b", None], timestamp="x")
    with pytest.raises(DataError) as caught:
        canonical_lines(bad, "UTC")
    assert str(caught.value) == (
        "transactions: customer_id: 2 nulls, first in row 2; timestamp: unexpected type str; "
        "amount: 1 values are not finite; amount: 1 nulls, first in row 2"
    )
    with pytest.raises(DataError, match="timestamp: missing"):
        canonical_lines(bad[["customer_id"]], "UTC")


def test_a_placeholder_is_no_date() -> None:
    log = frame(pd.DatetimeIndex([*LONDON[:3], "9999-12-31"]))
    with pytest.raises(DataError, match=r"1 values outside the years 1901 to 2099.* in row 4"):
        canonical_lines(log, "UTC")


ZONES = st.sampled_from(
    ["UTC", "Europe/London", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe"]
)
WALLS = st.datetimes(datetime(1950, 1, 1), datetime(2040, 1, 1))
EDGES = [  # an hour that never was, an hour that was twice
    ("Europe/London", datetime(2011, 3, 27, 1, 30)),
    ("Europe/London", datetime(2011, 10, 30, 1, 30)),
    ("America/New_York", datetime(1998, 4, 5, 2, 0)),
    ("America/New_York", datetime(1998, 10, 25, 1, 59, 59, 999999)),
    ("Europe/Dublin", datetime(1971, 10, 31, 2, 30)),
    ("Australia/Lord_Howe", datetime(2011, 10, 2, 2, 15)),
    ("Australia/Lord_Howe", datetime(2011, 4, 3, 1, 45)),
]


def in_a_series(timestamp: datetime, timezone: str) -> int:
    return int(microseconds(to_utc(pd.Series([pd.Timestamp(timestamp)]), timezone))[0])


@pytest.mark.parametrize(("timezone", "timestamp"), EDGES)
def test_a_timestamp_alone_is_read_as_in_a_series_where_clocks_change(
    timezone: str, timestamp: datetime
) -> None:
    assert utc_microseconds(timestamp, timezone) == in_a_series(timestamp, timezone)


# Days left out, gaps of half an hour, 44.5 minutes and two hours, changes at midnight.
ODD_ZONES = ["Pacific/Apia", "Africa/Monrovia", "Australia/Lord_Howe", "Antarctica/Troll",
             "America/Havana", "Europe/Amsterdam"]  # fmt: skip


def days_of_change(zone: ZoneInfo) -> list[datetime]:
    """The days, from 1902 to 2037, that begin with another offset than they end with."""
    days = [datetime(1902, 1, 1) + timedelta(days=place) for place in range(365 * 135)]
    ahead = [each.replace(tzinfo=UTC).astimezone(zone).utcoffset() for each in days]
    return [day for day, one, other in zip(days, ahead, ahead[1:], strict=False) if one != other]


@pytest.mark.parametrize("timezone", ODD_ZONES)
def test_wall_clock_is_the_same_in_a_file_a_frame_and_alone_around_each_change(
    timezone: str,
) -> None:
    rng = random.Random(timezone)
    changes = days_of_change(ZoneInfo(timezone))
    day, step = timedelta(days=1), timedelta(minutes=10)
    walls = [
        each - day + place * step + rng.randrange(10**9) * timedelta(microseconds=1) * odd
        for each in rng.sample(changes, min(len(changes), 12))
        for place in range(3 * 144)
        for odd in (0, 1)
    ]
    in_frame = microseconds(localize(pd.Series(walls, dtype="datetime64[us]"), timezone)).tolist()
    assert in_frame == [utc_microseconds(each, timezone) for each in walls]
    with duckdb.connect() as connection:
        create_zone_tables(connection, timezone)
        wall = "epoch_us(wall)"
        rows = connection.execute(
            f"SELECT {utc_of_wall(wall)} FROM (SELECT unnest(?) AS wall, "
            "generate_subscripts(?, 1) AS place) LEFT JOIN wall_days "
            f"ON wall_days.day = {day_of(wall)} ORDER BY place",
            [walls, walls],
        ).fetchall()
    assert [row[0] for row in rows] == in_frame


@settings(max_examples=300, deadline=None)
@given(timestamp=WALLS, timezone=ZONES, aware=st.booleans())
def test_a_timestamp_alone_is_read_as_in_a_series(
    timestamp: datetime, timezone: str, aware: bool
) -> None:
    if aware:
        timestamp = timestamp.replace(tzinfo=UTC)
    assert utc_microseconds(timestamp, timezone) == in_a_series(timestamp, timezone)


@pytest.mark.parametrize(
    ("text", "timezone", "shown"),
    [
        ("2011-09-10", "Europe/London", "2011-09-10"),
        ("2011-09-09T23:00:00Z", "Europe/London", "2011-09-10"),
        ("2011-09-10T00:00:00Z", "Europe/London", "2011-09-10T01:00:00+01:00"),
        ("2011-09-10T10:00:00.000001", "UTC", "2011-09-10T10:00:00.000001+00:00"),
        # clocks go back at midnight: the first of two midnights needs its offset, the second not
        ("2015-11-01T04:00:00Z", "America/Havana", "2015-11-01T00:00:00-04:00"),
        ("2015-11-01T05:00:00Z", "America/Havana", "2015-11-01"),
        # clocks go forward at midnight: the day begins at one o'clock
        ("2015-03-08", "America/Havana", "2015-03-08T01:00:00-04:00"),
    ],
)
def test_a_timestamp_is_formatted_so_that_it_is_parsed_to_the_same(
    text: str, timezone: str, shown: str
) -> None:
    instant = parse_as_of(text, timezone)
    assert format_timestamp(instant, timezone) == shown
    assert parse_as_of(shown, timezone) == instant
