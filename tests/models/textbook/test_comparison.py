from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.config.sections import Economics
from features.ingest.transactions import TransactionLog
from models.textbook.averages import estimate, groups, longest_period
from models.textbook.comparison import Textbook, textbook
from models.textbook.formulas import renewal_value
from train.purchases.snapshot_cache import PurchaseSnapshots

YEAR = 365.25
RETENTION_FORMULA = "profit x retention / (1 + discount - retention) - acquisition cost"
TERMS = Economics(
    margin=0.5, discount_rate_annual=0.1, acquisition_cost=30.0, retention_cost_annual=6.0
)


def active(orders: list[float], revenue: list[float]) -> pd.DataFrame:
    """Customers with so many orders in the last 90 days, who bring so much; all spent 1,000."""
    index = pd.Index([f"c{place}" for place in range(len(orders))], name="customer_id")
    return pd.DataFrame(
        {"n_orders_90d": orders, "revenue_90d": revenue, "monetary_sum": 1000.0, "refund_sum": 0.0},
        index=index,
        dtype=float,
    )


# Eight customers a period ago: six with one order, two with four. Three of the six and both of the
# two came back; a new one, c8, came. They brought 600 in the last period, in 10 orders.
THEN = active([1, 1, 1, 1, 1, 1, 4, 4], [0.0] * 8)
NOW = active([1, 1, 2, 0, 0, 0, 3, 3, 0], [50, 50, 100, 0, 0, 0, 200, 150, 0])
NOW.loc["c8", ["n_orders_90d", "revenue_90d"]] = [2.0, 50.0]


def known(terms: Economics = TERMS, horizon_days: int = 90) -> Textbook:
    answers = pd.DataFrame({"clv": [10.0, 20.0, 30.0, 99.0, 99.0, 99.0, 40.0, 50.0, np.nan]})
    answers.index = NOW.index
    return textbook(NOW, THEN, answers, terms, period_days=90, horizon_days=horizon_days)


def test_averages_by_hand() -> None:
    found = estimate(NOW, THEN, TERMS, period_days=90)
    assert (found.customers, found.revenue, found.order_value) == (6, 100.0, 50.0)
    assert found.orders_per_year == pytest.approx(2 * YEAR / 90)
    assert (found.retention, found.churn_rate) == (5 / 8, 3 / 8)
    assert found.lifespan_years == pytest.approx(90 / YEAR / (3 / 8))
    assert found.discount == pytest.approx(1.1 ** (90 / YEAR) - 1)
    assert found.historic_revenue == 1000.0


def test_groups_by_hand() -> None:
    found = groups(NOW, THEN, period_days=90)
    assert found.index.tolist() == ["1", "2", "3 to 4"]
    assert found["customers"].tolist() == [2, 2, 2]
    assert found["revenue"].tolist() == [50.0, 75.0, 175.0]
    assert found["before"].tolist() == [6, 0, 2]
    assert found["retention"].tolist()[::2] == [0.5, 1.0]
    assert np.isnan(found["retention"].iloc[1])


def test_values_by_hand() -> None:
    rows = known().rows
    assert rows.loc["historic CLV", "value"] == pytest.approx(500.0)
    # 100 a period for 8/3 periods, half of it margin.
    for name in ("order value x frequency x lifespan", "customer value x lifespan"):
        assert rows.loc[name, "value"] == pytest.approx(400 / 3)
        assert rows.loc[name, "over_horizon"] == pytest.approx(50.0)
    assert rows.loc["ARPU / churn rate", "value"] == pytest.approx(400 / 3)
    assert rows.loc["ARPU / churn rate", "over_horizon"] == pytest.approx(50.0)
    discount = 1.1 ** (90 / YEAR) - 1
    whole = 50 * 0.625 / (1 + discount - 0.625)
    assert rows.loc[RETENTION_FORMULA, "value"] == pytest.approx(whole - 30)
    # The first period's part of a sum over all: one term.
    assert rows.loc[RETENTION_FORMULA, "over_horizon"] == pytest.approx(50 * 0.625 / (1 + discount))
    profit = rows.loc["profit - service cost - acquisition cost"]
    assert profit["value"] == pytest.approx(400 / 3 - 6 * 90 / YEAR * 8 / 3 - 30)
    assert rows.loc["CLV : CAC", "value"] == pytest.approx(whole / 30)
    assert rows.loc["CLV : CAC", "unit"] == "times"
    # Half of 100 in 90 days is 16.9 a month, shrinking by 0.625^(1/2.957) = 0.853: 16.9 + 14.4.
    assert rows.loc["payback month", "value"] == 2.0
    assert rows["over_horizon"].isna().tolist() == [True] + [False] * 5 + [True] * 2


def test_the_model_is_shown_for_the_same_customers() -> None:
    assert known().model == pytest.approx((10 + 20 + 30 + 40 + 50) / 5)


def test_words_hold_numbers_of_this_log() -> None:
    rows = known().rows
    assert "62.5% in 90 days" in rows.loc[RETENTION_FORMULA, "inputs"]
    assert "50.0% return" in rows.loc["ARPU / churn rate", "fails"]
    assert "100.0% where they were 3 to 4" in rows.loc["ARPU / churn rate", "fails"]
    assert not rows["fails"].str.contains("{", regex=False).any()


def test_what_a_formula_refuses_is_said_in_its_row() -> None:
    everybody_stays = textbook(
        active([1, 2], [10, 20]),
        active([1, 2], [10, 20]),
        pd.DataFrame({"clv": [1.0, 2.0]}, index=["c0", "c1"]),
        Economics(discount_rate_annual=0.0),
        period_days=90,
        horizon_days=90,
    )
    rows = everybody_stays.rows
    assert rows["value"].isna().sum() == 6
    assert rows.loc["ARPU / churn rate", "fails"].startswith("churn_rate is 0: nobody ever leaves")
    assert "no bound" in rows.loc[RETENTION_FORMULA, "fails"]
    assert rows.loc["CLV : CAC", "fails"].startswith("retention 1 must be less")
    assert rows.loc["customer value x lifespan", "over_horizon"] == pytest.approx(15.0)
    assert np.isnan(everybody_stays.pooled)


def test_a_cost_that_never_comes_back_is_said() -> None:
    row = known(TERMS.model_copy(update={"acquisition_cost": 1e6})).rows.loc["payback month"]
    assert row["fails"] == "not paid back within 240 months"


def test_nobody_in_a_period_is_one_sentence() -> None:
    nobody = active([0, 0], [0, 0])
    with pytest.raises(ValueError, match="each of the last two periods of 90 days, got 6 and 0"):
        estimate(NOW, nobody, TERMS, period_days=90)


def test_more_came_back_than_was_sold() -> None:
    table = active([1, 1], [-20, -30]).assign(refund_sum=2000.0)
    answers = pd.DataFrame({"clv": [1.0, 1.0]}, index=table.index)
    rows = textbook(table, THEN, answers, TERMS, period_days=90, horizon_days=90).rows
    assert rows.loc["ARPU / churn rate", "fails"] == "revenue must not be negative, got -25"
    assert rows.loc["historic CLV", "value"] == pytest.approx(-500.0)


@pytest.mark.parametrize(("days", "period"), [(730, 365), (729, 180), (200, 90), (60, 30)])
def test_the_longest_period_fits_twice(days: int, period: int, as_of: datetime) -> None:
    assert longest_period(as_of - timedelta(days=days), as_of) == period


def test_a_log_too_short_is_one_sentence(as_of: datetime) -> None:
    with pytest.raises(ValueError, match="at least 60 days before as_of, got 59"):
        longest_period(as_of - timedelta(days=59), as_of)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.05, 0.95), min_size=2, max_size=6), st.floats(0.01, 1.0))
def test_averaging_retention_never_raises_the_value(rates: list[float], discount: float) -> None:
    """The aggregate retention bias: Fader & Hardie (2010), Marketing Science 29, 85-93."""
    apart = np.mean([renewal_value(1.0, retention=rate, discount=discount) for rate in rates])
    pooled = renewal_value(1.0, retention=float(np.mean(rates)), discount=discount)
    assert pooled <= apart * (1 + 1e-9)


def test_on_the_sample_log_averaging_errs_downwards(
    cdnow: TransactionLog, history: PurchaseSnapshots, as_of: datetime, table: pd.DataFrame
) -> None:
    period = longest_period(cdnow.first, as_of)
    earlier = history.table(as_of - timedelta(days=period))
    answers = pd.DataFrame({"clv": 1.0}, index=table.index)
    found = textbook(table, earlier, answers, Economics(), period_days=period, horizon_days=period)
    assert period == 180
    assert found.groups["retention"].is_monotonic_increasing
    assert found.pooled < found.uneven < found.grouped
    assert found.groups["customers"].sum() == found.inputs.customers
    assert found.groups["before"] @ found.groups["retention"] == pytest.approx(
        found.inputs.retention * found.groups["before"].sum()
    )
