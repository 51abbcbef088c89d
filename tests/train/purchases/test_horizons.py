from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.purchases.predictor import PurchasePredictor

HORIZONS = (7, 14, 30, 60, 61, 91, 182, 365, 730)


@pytest.fixture(scope="module")
def answers(shop: Any) -> dict[int, pd.DataFrame]:
    origin = shop.origin
    return {
        days: PurchasePredictor(origin.bundle).predict(
            shop.table, as_of=origin.as_of, horizon_days=days
        )
        for days in HORIZONS
    }


def test_more_time_never_means_less_chance_or_money(answers: dict[int, pd.DataFrame]) -> None:
    for name in ("p_order", "expected_revenue"):
        along = np.stack(
            [
                (1.0 - predicted["p_churn"] if name == "p_order" else predicted[name]).to_numpy()
                for predicted in answers.values()
            ]
        )
        assert (np.diff(along, axis=0) >= -1e-12 * along[1:]).all(), name
        assert (along[-1] > along[0]).mean() > 0.9, name


def test_every_horizon_is_answered_in_full(answers: dict[int, pd.DataFrame]) -> None:
    for predicted in answers.values():
        numbers = predicted.select_dtypes("number").to_numpy()
        assert np.isfinite(numbers).all()
        assert predicted["p_churn"].between(0, 1, inclusive="neither").all()
        assert (predicted["clv_low"] <= predicted["clv_high"]).all()
        revenue, spend = predicted["expected_revenue"], predicted["expected_spend"]
        # subtle: what is near 1 has lost the last digits of what it lacks
        lost = np.finfo(float).eps * spend
        assert (
            (revenue - (1 - predicted["p_churn"]) * spend).abs() <= 1e-12 * revenue + lost
        ).all()


def test_only_a_horizon_beyond_the_fitted_one_is_warned_of(
    shop: Any, answers: dict[int, pd.DataFrame]
) -> None:
    fitted = shop.origin.bundle.card.fitted_horizon_days
    assert fitted == 60
    for days, predicted in answers.items():
        warned = predicted["warnings"].map(
            lambda each: any("learn from 60 days" in one for one in each)
        )
        assert warned.all() if days > fitted else not warned.any()


def test_the_horizon_may_be_left_out(shop: Any, answers: dict[int, pd.DataFrame]) -> None:
    predicted = PurchasePredictor(shop.origin.bundle).predict(shop.table, as_of=shop.origin.as_of)
    pd.testing.assert_frame_equal(predicted, answers[60])


def test_the_total_of_an_unseen_horizon_is_about_right(shop: Any) -> None:
    """Fitted on 60 days, asked for 30 and for 45: the totals come out all the same."""
    origin, history = shop.origin, shop.task.data
    for days in (30, 45):
        predicted = PurchasePredictor(origin.bundle).predict(
            shop.table, as_of=origin.as_of, horizon_days=days
        )
        after = origin.as_of + timedelta(days=days)
        actual = history.outcome(origin.as_of, days, by=after)
        assert predicted["expected_revenue"].sum() == pytest.approx(
            actual["revenue_future"].sum(), rel=0.1
        )
        assert (1 - predicted["p_churn"]).sum() == pytest.approx(
            (1 - actual["churned"]).sum(), rel=0.05
        )


def test_the_months_of_two_years_add_up_to_their_value(
    shop: Any, answers: dict[int, pd.DataFrame]
) -> None:
    bundle = shop.origin.bundle
    predicted = PurchasePredictor(bundle).forecast_table(shop.table, as_of=shop.origin.as_of)
    monthly = predicted.value_curve(730, bundle.card.economics).value
    assert monthly.shape == (len(shop.table), 24)
    assert (monthly >= 0).all()
    np.testing.assert_allclose(monthly.sum(axis=1), answers[730]["clv"], rtol=1e-9)
