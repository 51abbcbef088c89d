"""The statement's numbers equal a plain pandas recomputation on the real logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from features.ingest.transactions import TransactionLog
from features.purchases.table import build_features

DAY = 86_400_000_000


def orders_before(lines: pd.DataFrame, us: int) -> pd.DataFrame:
    past = lines[lines["us"] < us]
    orders = past.groupby(["customer_id", "order_id"], as_index=False).agg(
        us=("us", "min"), local_us=("local_us", "min"), amount=("amount", "sum")
    )
    orders["day"] = orders["local_us"] // DAY
    return orders[orders["amount"].abs() > 1e-6].sort_values(["customer_id", "us", "order_id"])


def recomputed(lines: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    us = round(as_of.timestamp() * 1e6)
    orders = orders_before(lines, us)
    bought, refunds = orders[orders["amount"] > 0], orders[orders["amount"] < 0]
    by = bought.groupby("customer_id")
    ids = by.size().index
    days = bought.groupby(["customer_id", "day"], as_index=False)["amount"].sum()
    gaps = days.assign(gap=days.groupby("customer_id")["day"].diff())
    gap, value = gaps.groupby("customer_id")["gap"], by["amount"]
    later = gaps[gaps["gap"].notna()].groupby("customer_id")["amount"]
    local = pd.to_datetime(bought["local_us"], unit="us")
    t = pd.DataFrame(index=ids)
    t["recency_days"] = (us - by["us"].max()) / DAY
    t["age_days"] = (us - by["us"].min()) / DAY
    t["n_orders"] = by.size()
    t["active_days"] = gaps.groupby("customer_id").size()
    t["repeat_days"] = t["active_days"] - 1
    span = (by["us"].max() - by["us"].min()) / DAY
    t["last_repeat_days"] = span.where(t["repeat_days"] > 0, 0.0)
    for name in ("mean", "sum", "max", "min", "std"):
        t[f"monetary_{name}"] = value.agg(name)
    t["first_order_value"], t["last_order_value"] = value.first(), value.last()
    t["repeat_value_mean"] = later.mean()
    t["day_value_mean"] = days.groupby("customer_id")["amount"].mean()
    t["recency_share"] = t["recency_days"] / t["age_days"]
    t["first_month"] = local.dt.month.groupby(bought["customer_id"]).first()
    t["gap_mean_days"], t["gap_std_days"], t["gap_max_days"] = gap.mean(), gap.std(), gap.max()
    t["gap_last_days"] = gaps.groupby("customer_id")["gap"].nth(-1).set_axis(ids)
    t["gap_first_days"] = gap.nth(1).set_axis(gaps["customer_id"][gap.nth(1).index])
    t["gap_variation"] = t["gap_std_days"] / t["gap_mean_days"]
    t["repeat_rate"] = t["repeat_days"] / t["age_days"]
    t["recency_over_gap"] = t["recency_days"] / t["gap_mean_days"]
    t = t.join(_windows(orders, us, ids))
    t["n_refunds"] = refunds.groupby("customer_id").size().reindex(ids, fill_value=0)
    t["refund_sum"] = -refunds.groupby("customer_id")["amount"].sum().reindex(ids, fill_value=0.0)
    t["refund_rate"] = t["refund_sum"] / t["monetary_sum"]
    t["weekend_share"] = (local.dt.day_of_week >= 5).groupby(bought["customer_id"]).mean()
    t["evening_share"] = (local.dt.hour >= 18).groupby(bought["customer_id"]).mean()
    return t


def _windows(orders: pd.DataFrame, us: int, ids: pd.Index) -> pd.DataFrame:
    bought, t = orders[orders["amount"] > 0], pd.DataFrame(index=ids)
    for w in (7, 30, 90, 180, 365):
        t[f"n_orders_{w}d"] = _since(bought, us, w, ids, "size")
        t[f"revenue_{w}d"] = _since(orders, us, w, ids, "sum")
    for w in (30, 90, 180):
        both = _since(bought, us, 2 * w, ids, "size")
        t[f"orders_trend_{w}d_share"] = t.get(f"n_orders_{w}d") / both.replace(0, np.nan)
    both = _since(bought, us, 180, ids, "sum").replace(0, np.nan)
    t["value_trend_90d_share"] = _since(bought, us, 90, ids, "sum") / both
    age_days = (us - bought["us"]) / DAY
    for half_days in (15, 60):
        share = 1 / (1 + age_days / half_days)
        t[f"faded_orders_{half_days}d"] = share.groupby(bought["customer_id"]).sum()
        t[f"faded_value_{half_days}d"] = (
            (share * bought["amount"]).groupby(bought["customer_id"]).sum()
        )
    return t


def _since(orders: pd.DataFrame, us: int, days: int, ids: pd.Index, how: str) -> pd.Series:
    recent = orders[orders["us"] >= us - days * DAY].groupby("customer_id")["amount"].agg(how)
    return recent.reindex(ids, fill_value=0)


@pytest.mark.parametrize("back_days", [0, 90, 400])
def test_every_number_of_the_retail_log(retail: TransactionLog, back_days: int) -> None:
    as_of = retail.end - timedelta(days=back_days, hours=-5)
    table = build_features(retail.lines, as_of)
    expected = recomputed(retail.lines, as_of)[table.columns]
    pd.testing.assert_frame_equal(
        table, expected.astype("float64"), check_index_type=False, rtol=1e-9, atol=1e-9
    )


def test_every_category_of_the_grocery_log(groceries: TransactionLog) -> None:
    as_of = datetime(2017, 7, 1, 3, tzinfo=UTC)
    table = build_features(groceries.lines, as_of, optional=groceries.optional)
    us = round(as_of.timestamp() * 1e6)
    orders = orders_before(groceries.lines, us)
    bought = orders[orders["amount"] > 0][["customer_id", "order_id", "us"]]
    past = groceries.lines[groceries.lines["us"] < us].drop(columns="us")
    keys = ["customer_id", "us", "order_id", "category"]
    pairs = past.merge(bought).groupby(keys, as_index=False)["amount"].sum()
    counts = pairs.groupby(["customer_id", "category"]).size()
    first = pairs.sort_values(
        ["customer_id", "us", "order_id", "amount", "category"],
        ascending=[True, True, True, False, True],
    )
    expected = pd.DataFrame(
        {
            "n_categories": counts.groupby("customer_id").size().astype("float64"),
            "top_category_share": counts.groupby("customer_id").agg(lambda n: n.max() / n.sum()),
            "first_category": first.groupby("customer_id")["category"].first(),
        }
    )
    pd.testing.assert_frame_equal(table[expected.columns], expected, check_index_type=False)
