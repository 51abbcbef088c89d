"""The numbers that purchases predict: chances, spend, values and their totals."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from features.config.sections import Economics
from features.timestamps import MONTH_DAYS
from models.design_matrix import encode
from models.purchases.bundle import PurchaseBundle
from models.purchases.churn import floor_shift, log_odds
from models.purchases.predictor import PurchasePredictor

HORIZONS = (1, 7, 30, 90, 180, 365, 730)
PLAIN = Economics(margin=1.0, discount_rate_annual=0.0)
WORTH = Economics(
    margin=0.4, discount_rate_annual=0.15, retention_cost_annual=6.0, acquisition_cost=30.0
)


def test_the_bundle_of_these_tests_has_trees_that_matter(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    assert bundle.card.churn.rounds > 0
    predicted, prior = (
        PurchasePredictor(bundle).forecast_table(table, as_of=as_of),
        bundle.card.prior,
    )
    apart = np.abs(np.log(predicted.p_order(90) / prior.p_order(table, 90)))
    assert np.median(apart) > 0.01


@pytest.mark.parametrize("horizon", HORIZONS)
def test_expected_revenue_is_the_product(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime, horizon: int
) -> None:
    predicted = PurchasePredictor(either).predict(few, as_of=as_of, horizon_days=horizon)
    np.testing.assert_allclose(
        predicted["expected_revenue"],
        (1 - predicted["p_churn"]) * predicted["expected_spend"],
        rtol=1e-9,
    )
    assert ((predicted["p_churn"] > 0) & (predicted["p_churn"] < 1)).all()
    assert (predicted["expected_spend"] > 0).all()
    assert (predicted["clv_low"] <= predicted["clv_high"]).all()


def test_more_time_never_means_less_of_anything(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    rising = ["expected_spend", "expected_revenue", "clv"]
    before = pd.DataFrame(0.0, index=few.index, columns=rising).assign(p_churn=1.0)
    free = Economics(margin=0.4, discount_rate_annual=0.15)
    for horizon in HORIZONS:
        now = PurchasePredictor(either).predict(
            few, as_of=as_of, horizon_days=horizon, economics=free
        )
        assert (now["p_churn"] <= before["p_churn"]).all()
        for name in rising:
            assert (now[name] >= before[name] * (1 - 1e-9)).all(), name
        before = now


def test_an_answer_worked_out_from_the_card(
    seasonal: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    card = seasonal.card
    # Ninety-one days at exp(0.4) times the pace; the part of the prior that is kept; the shifts.
    effective, floor = 91 * np.exp(0.4), card.probability_floor
    plain, money = card.prior.p_order(few, 91), card.prior.expected_spend(few, 91)
    matrix = np.column_stack(
        [
            encode(few, [each.name for each in card.features], card.levels),
            *(np.float32(each) for each in (logit(plain), np.log(money), np.log(plain * money))),
        ]
    )
    zero = np.zeros(len(few), dtype=np.float32)
    churn, spend = (
        booster.inplace_predict(matrix, predict_type="margin", base_margin=zero)
        for booster in (seasonal.churn, seasonal.spend)
    )
    prior = card.prior.p_order(few, effective)
    start = log_odds(prior, floor_shift(prior, floor), floor)
    p_order = expit(card.churn.slope * start + 0.4 + churn)
    money = card.prior.expected_spend(few, effective) ** card.spend.slope * np.exp(-0.2 + spend)
    predicted = PurchasePredictor(seasonal).predict(few, as_of=as_of, horizon_days=91)
    np.testing.assert_allclose(1 - predicted["p_churn"], p_order, rtol=1e-6)
    np.testing.assert_allclose(predicted["expected_spend"], money, rtol=1e-6)


def test_purchase_days_are_at_least_as_many_as_orders_are_likely(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    predicted = PurchasePredictor(either).forecast_table(few, as_of=as_of)
    for horizon in HORIZONS:
        assert (predicted.expected_days(horizon) >= predicted.p_order(horizon) * (1 - 1e-12)).all()


def test_margin_one_without_discount_or_cost_is_expected_revenue(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    for horizon in HORIZONS:
        predicted = PurchasePredictor(either).predict(
            few, as_of=as_of, horizon_days=horizon, economics=PLAIN
        )
        np.testing.assert_allclose(predicted["clv"], predicted["expected_revenue"], rtol=1e-9)


def test_the_value_of_one_customer_worked_by_hand(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    # Sixty days are a month of 30.4375 and a rest of 29.5625. The revenue that is expected by the
    # end of each is the product's own; two fifths of it is margin. Money is worth 1.15 times as
    # much a year earlier, and each month's counts from its end. Keeping the customer costs 6 a
    # year, half a unit a month, while there is one: at the beginnings of the two months.
    one = table[table["repeat_days"] > 5].iloc[[0]]
    by_month = (
        PurchasePredictor(bundle)
        .predict(one, as_of=as_of, horizon_days=60)["expected_revenue"]
        .iloc[0]
    )
    forecast = PurchasePredictor(bundle).forecast_table(one, as_of=as_of)
    first = forecast.expected_revenue(30.4375)[0]
    early, late = 1.15 ** (-30.4375 / 365.25), 1.15 ** (-60 / 365.25)
    margin = 0.4 * (first * early + (by_month - first) * late)
    now, then = forecast.survival(0.0)[0], forecast.survival(30.4375)[0]
    cost = 0.5 * (now * early + then * 29.5625 / 30.4375 * late)
    predicted = (
        PurchasePredictor(bundle)
        .predict(one, as_of=as_of, horizon_days=60, economics=WORTH)
        .iloc[0]
    )
    assert predicted["clv"] == pytest.approx(margin - cost, rel=1e-9)
    # So far the customer brought what was bought less what came back; winning one costs 30.
    historic = 0.4 * float((one["monetary_sum"] - one["refund_sum"]).iloc[0])
    assert predicted["clv_historic"] == pytest.approx(historic)
    assert predicted["clv_total"] == pytest.approx(historic + margin - cost, rel=1e-9)
    assert predicted["clv_net"] == pytest.approx(historic + margin - cost - 30.0, rel=1e-9)


def test_the_interval_is_valued_like_the_expectation(
    bundle: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    plain = PurchasePredictor(bundle).predict(few, as_of=as_of, economics=PLAIN)
    worth = PurchasePredictor(bundle).predict(few, as_of=as_of, economics=WORTH)
    free = PurchasePredictor(bundle).predict(
        few, as_of=as_of, economics=WORTH.model_copy(update={"retention_cost_annual": 0.0})
    )
    cost = free["clv"] - worth["clv"]
    assert (cost > 0).all()
    for name in ("clv_low", "clv_high"):
        np.testing.assert_allclose(
            worth[name] + cost,
            plain[name] * free["clv"] / plain["expected_revenue"],
            rtol=1e-9,
            atol=1e-9,
        )


def test_horizon_and_economics_default_to_the_bundles(
    bundle: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    card = bundle.card
    pd.testing.assert_frame_equal(
        PurchasePredictor(bundle).predict(few, as_of=as_of),
        PurchasePredictor(bundle).predict(
            few, as_of=as_of, horizon_days=card.horizon_days, economics=card.economics
        ),
    )


def test_a_season_lets_the_moment_matter(
    bundle: PurchaseBundle, seasonal: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    later = as_of + timedelta(days=182)
    flat = [
        PurchasePredictor(bundle).predict(few, as_of=time)["expected_revenue"]
        for time in (as_of, later)
    ]
    busy = [
        PurchasePredictor(seasonal).predict(few, as_of=time)["expected_revenue"]
        for time in (as_of, later)
    ]
    pd.testing.assert_series_equal(*flat)
    assert (busy[0] > busy[1]).all()


@pytest.mark.parametrize("horizon", [7, 91, 365])
def test_the_curve_sums_to_the_value(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime, horizon: int
) -> None:
    predicted = PurchasePredictor(either).predict(
        few, as_of=as_of, horizon_days=horizon, economics=WORTH
    )
    months = PurchasePredictor(either).forecast_table(few, as_of=as_of).value_curve(horizon, WORTH)
    assert months.ends[-1] == horizon
    assert len(months.ends) == int(np.ceil(horizon / MONTH_DAYS))
    assert (months.expected_revenue >= -1e-9).all()
    np.testing.assert_allclose(months.value.sum(axis=1), predicted["clv"], rtol=1e-9)
    np.testing.assert_allclose(
        months.expected_revenue.sum(axis=1), predicted["expected_revenue"], rtol=1e-9
    )
    assert (np.diff(months.survival, axis=1) <= 0).all()
    assert ((months.survival > 0) & (months.survival < 1)).all()


def test_whoever_may_order_may_still_be_a_customer(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    predicted = PurchasePredictor(either).forecast_table(few, as_of=as_of)
    alive = predicted.survival(0.0)
    for horizon in HORIZONS:
        assert (predicted.p_order(horizon) <= alive * (1 + 1e-12)).all()
        assert (predicted.survival(horizon) < alive).all()


def test_several_horizons_at_once_are_each_alone(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    predicted = PurchasePredictor(either).forecast_table(few, as_of=as_of)
    together = predicted.p_order_and_spend(np.array(HORIZONS, dtype=float))
    for place, horizon in enumerate(HORIZONS):
        np.testing.assert_array_equal(together[0][:, place], predicted.p_order(horizon))
        np.testing.assert_array_equal(together[1][:, place], predicted.expected_spend(horizon))


def test_the_next_order_is_expected_when_half_of_a_years_chance_has_passed(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    predicted = PurchasePredictor(either).forecast_table(few, as_of=as_of)
    days = predicted.next_order_days()
    assert ((days > 0) & (days < 365)).all()
    for place in range(0, len(few), 40):
        half = predicted.p_order(float(days[place]))[place] / predicted.p_order(365.0)[place]
        assert half == pytest.approx(0.5, abs=0.01)


def test_the_total_is_the_sum_of_the_answers_inside_its_interval(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    predicted = PurchasePredictor(either).predict(few, as_of=as_of, economics=WORTH)
    expected, low, high = PurchasePredictor(either).total_revenue(predicted)
    assert expected == pytest.approx(predicted["expected_revenue"].sum(), rel=1e-9)
    assert 0 < low < expected < high


def test_a_customer_without_an_answer_adds_nothing_to_the_total(
    bundle: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    blank = few.copy()
    blank.loc[blank.index[:5], "age_days"] = np.nan
    assert PurchasePredictor(bundle).total_revenue(
        PurchasePredictor(bundle).predict(blank, as_of=as_of)
    ) == pytest.approx(
        PurchasePredictor(bundle).total_revenue(
            PurchasePredictor(bundle).predict(few.iloc[5:], as_of=as_of)
        )
    )
    nobody = PurchasePredictor(bundle).predict(blank.iloc[:5], as_of=as_of)
    assert PurchasePredictor(bundle).total_revenue(nobody) == (0.0, 0.0, 0.0)


def test_a_larger_group_has_a_relatively_narrower_total(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    predicted = PurchasePredictor(bundle).predict(table, as_of=as_of)
    widths = []
    for every in (64, 8, 1):
        expected, low, high = PurchasePredictor(bundle).total_revenue(predicted.iloc[::every])
        widths.append((high - low) / expected)
    assert widths == sorted(widths, reverse=True)
