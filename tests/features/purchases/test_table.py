from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from features.errors import DataError
from features.ingest.canonical import canonical_lines
from features.purchases.table import build_features, expressions, schema
from features.schema import OPTIONAL

AS_OF = datetime(2024, 3, 11, tzinfo=UTC)


def transactions(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "timestamp", "amount"])
    return frame.assign(timestamp=pd.to_datetime(frame["timestamp"], utc=True))


# February 2024 has 29 days. 10 Feb 12:00 -> 11 Mar 00:00 is 29.5 days, 6 Mar -> 4.5 days.
# The orders are 29.5, 29 + 5/24, 19.5 and 4.5 days old.
# Active days: 10 Feb (40 + 20 = 60), 20 Feb (60), 6 Mar (90); gaps 10 and 15 days.
ANN = {
    "recency_days": 4.5,
    "n_orders": 4,
    "active_days": 3,
    "repeat_days": 2,
    "last_repeat_days": 25.0,
    "monetary_mean": 52.5,  # (40 + 20 + 60 + 90) / 4
    "monetary_sum": 210.0,
    "monetary_max": 90.0,
    "monetary_min": 20.0,
    "monetary_std": (2675.0 / 3) ** 0.5,  # 12.5^2 + 32.5^2 + 7.5^2 + 37.5^2 = 2675
    "first_order_value": 40.0,
    "last_order_value": 90.0,
    "repeat_value_mean": 75.0,  # (60 + 90) / 2
    "day_value_mean": 70.0,  # 210 / 3
    "age_days": 29.5,
    "recency_share": 4.5 / 29.5,
    "first_month": 2,
    "first_channel": "web",
    "first_category": "cup",  # 30 of cups against 10 of tea
    "gap_mean_days": 12.5,
    "gap_std_days": 12.5**0.5,  # 2.5^2 + 2.5^2 over one
    "gap_max_days": 15,
    "gap_last_days": 15,
    "gap_first_days": 10,
    "gap_variation": 12.5**0.5 / 12.5,
    "repeat_rate": 2 / 29.5,
    "recency_over_gap": 0.36,  # 4.5 / 12.5
    "n_orders_7d": 1,  # from 4 March
    "n_orders_30d": 4,  # from 10 February, 00:00
    "n_orders_90d": 4,
    "n_orders_180d": 4,
    "n_orders_365d": 4,
    "revenue_7d": 60.0,  # 90 - 30
    "revenue_30d": 180.0,  # 210 - 30
    "revenue_90d": 180.0,
    "revenue_180d": 180.0,
    "revenue_365d": 180.0,
    "orders_trend_30d_share": 1.0,
    "orders_trend_90d_share": 1.0,
    "orders_trend_180d_share": 1.0,
    "value_trend_90d_share": 1.0,
    "faded_orders_15d": 15 / 44.5 + 15 / (44 + 5 / 24) + 15 / 34.5 + 15 / 19.5,
    "faded_orders_60d": 60 / 89.5 + 60 / (89 + 5 / 24) + 60 / 79.5 + 60 / 64.5,
    "faded_value_15d": 600 / 44.5 + 300 / (44 + 5 / 24) + 900 / 34.5 + 1350 / 19.5,
    "faded_value_60d": 2400 / 89.5 + 1200 / (89 + 5 / 24) + 3600 / 79.5 + 5400 / 64.5,
    "n_categories": 3,
    "top_category_share": 3 / 5,  # pairs: 1 tea, 1 cup, 2 tea, 3 tea, 4 jam
    "top_channel_share": 3 / 4,  # web, shop, web, web
    "n_refunds": 1,
    "refund_sum": 30.0,
    "refund_rate": 1 / 7,
    "weekend_share": 0.5,  # both orders of 10 February
    "evening_share": 0.25,
}


def ann_and_bob() -> pd.DataFrame:
    return transactions(
        ("ann", "1", "2024-02-10 12:00", 10.0),  # Saturday; an order of two lines: 40
        ("ann", "1", "2024-02-10 12:05", 30.0),
        ("ann", "2", "2024-02-10 19:00", 20.0),  # the same day, evening
        ("ann", "3", "2024-02-20 12:00", 60.0),  # Tuesday
        ("ann", "4", "2024-03-06 12:00", 90.0),  # Wednesday
        ("ann", "5", "2024-03-07 12:00", -30.0),  # something came back
        ("ann", "6", "2024-03-08 12:00", 5.0),  # bought and cancelled: nets to nothing
        ("ann", "6", "2024-03-08 12:00", -5.0),
        ("ann", "7", "2024-03-11 00:00", 99.0),  # at as_of: the future
        ("bob", "8", "2024-01-01 12:00", -7.0),  # never bought: not in the table
    ).assign(
        category=["tea", "cup", "tea", "tea", "jam", "jam", "tea", "tea", "tea", "tea"],
        channel=["web", "web", "shop", "web", "web", None, "web", "web", "web", "web"],
    )


def test_one_customer_worked_by_hand() -> None:
    table = build_features(canonical_lines(ann_and_bob(), "UTC"), AS_OF, optional=OPTIONAL)
    assert table.index.tolist() == ["ann"]
    assert table.loc["ann"].to_dict() == pytest.approx(ANN)


def test_one_order_leaves_the_unknown_null() -> None:
    row = build_features(
        canonical_lines(transactions(("ann", "1", "2023-01-01", 8.0)), "UTC"), AS_OF
    ).loc["ann"]
    assert sorted(row[row.isna()].index) == [
        "gap_first_days",
        "gap_last_days",
        "gap_max_days",
        "gap_mean_days",
        "gap_std_days",
        "gap_variation",
        "monetary_std",
        "orders_trend_180d_share",  # nothing in the last 360 days
        "orders_trend_30d_share",
        "orders_trend_90d_share",
        "recency_over_gap",
        "repeat_value_mean",
        "value_trend_90d_share",
    ]
    assert (row["repeat_days"], row["last_repeat_days"], row["recency_share"]) == (0, 0, 1)


def test_the_trend_is_the_part_of_the_nearer_window() -> None:
    log = transactions(
        ("ann", "1", "2024-03-01", 10.0),  # 10 days before
        ("ann", "2", "2024-01-20", 10.0),  # 51 days before
        ("ann", "3", "2023-10-01", 60.0),  # 162 days before
    )
    row = build_features(canonical_lines(log, "UTC"), AS_OF).loc["ann"]
    assert row["orders_trend_30d_share"] == 1 / 2
    assert row["orders_trend_90d_share"] == 2 / 3
    assert row["orders_trend_180d_share"] == 1
    assert row["value_trend_90d_share"] == 20 / 80


def test_the_later_lines_of_an_order_that_straddles_as_of_are_not_seen() -> None:
    before = ("ann", "1", "2024-03-10 23:59", 10.0)
    after = ("ann", "1", "2024-03-11 00:01", 500.0)
    seen = build_features(canonical_lines(transactions(before, after), "UTC"), AS_OF)
    pd.testing.assert_frame_equal(
        seen, build_features(canonical_lines(transactions(before), "UTC"), AS_OF)
    )


def test_a_microsecond_before_as_of_is_the_past() -> None:
    as_of = AS_OF.replace(microsecond=123456)
    log = transactions(("ann", "1", "2024-03-11 00:00:00.123455", 8.0))
    assert len(build_features(canonical_lines(log, "UTC"), as_of)) == 1
    assert len(build_features(canonical_lines(log, "UTC"), as_of.replace(microsecond=123455))) == 0


def test_the_first_month_is_the_calendars() -> None:
    days = pd.date_range("1999-12-25", "2005-01-05", tz="UTC")
    log = pd.DataFrame(
        {"customer_id": [f"{day:%Y-%m-%d}" for day in days], "timestamp": days, "amount": 1.0}
    )
    table = build_features(canonical_lines(log, "UTC"), AS_OF)
    assert table["first_month"].tolist() == days.month.tolist()


@pytest.mark.parametrize("optional", [(), ("category",), ("channel",), ("channel", "category")])
def test_the_columns_are_the_expressions_and_fit_the_schema(optional: tuple[str, ...]) -> None:
    lines = canonical_lines(transactions(("ann", "1", "2023-01-01", 8.0)), "UTC")
    table = build_features(lines, AS_OF, optional=optional)
    assert table.columns.tolist() == [each.name for each in expressions(optional)]
    schema(optional).check(table.reset_index())
    assert set(table.select_dtypes(exclude="float64").columns) <= {
        "first_channel",
        "first_category",
    }


def test_nobody_before_as_of_is_an_empty_table() -> None:
    table = build_features(
        canonical_lines(transactions(("ann", "1", "2024-03-11", 8.0)), "UTC"), AS_OF
    )
    assert len(table) == 0
    assert table.columns.tolist() == [each.name for each in expressions()]


def test_as_of_must_carry_a_time_zone() -> None:
    lines = canonical_lines(transactions(("ann", "1", "2023-01-01", 8.0)), "UTC")
    with pytest.raises(DataError, match="as_of must carry a time zone, got 2024-03-11T"):
        build_features(lines, AS_OF.replace(tzinfo=None))
