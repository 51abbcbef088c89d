from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.ingest.transactions import TransactionLog
from models.purchases.prior import fit_mbg
from train.purchases.baselines import BASELINES, Predictions, past_spend
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask

AS_OF = datetime(2025, 3, 1, tzinfo=UTC)
NO_PROBABILITY = {"past_spend", "tweedie"}


def test_past_spend_worked_by_hand(
    settings: Callable[..., PurchaseConfig], log_of: Callable[[pd.DataFrame], TransactionLog]
) -> None:
    rows = [
        ("ann", "2025-01-29T23:59:59", 100.0),  # a second before the last thirty days
        ("ann", "2025-01-30T00:00:00", 7.0),
        ("ann", "2025-02-28T23:59:59", 5.0),
        ("ann", "2025-03-01T00:00:00", 900.0),  # the future
        ("bob", "2025-01-01T00:00:00", 50.0),
        ("cat", "2025-02-10T12:00:00", 30.0),
        ("cat", "2025-02-20T12:00:00", -12.0),
        ("dan", "2025-01-10T12:00:00", 40.0),
        ("dan", "2025-02-10T12:00:00", -30.0),
        ("gus", "2025-01-10T12:00:00", 40.0),
        ("gus", "2025-02-10T12:00:00", -40.0),  # what is taken back was never bought
        ("eve", "2025-02-01T12:00:00", -9.0),  # never bought: no customer of the table
        ("fay", "2025-03-02T12:00:00", 60.0),  # not known yet
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"])
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
    task = PurchaseTask(settings(30), PurchaseSnapshots(log_of(frame)), AS_OF, 30)
    predicted = past_spend(task)
    assert dict(zip(task.table.index, predicted.expected_revenue, strict=True)) == {
        "ann": 12.0,
        "bob": 0.0,
        "cat": 18.0,
        "dan": -30.0,
    }
    assert np.isnan(predicted.p_order).all()


@pytest.mark.parametrize("name", [*BASELINES, "perennial"])
def test_every_rung_says_something_of_every_customer(name: str, shop: Any) -> None:
    predicted = shop.origin.predictions[name]
    assert predicted.expected_revenue.shape == predicted.p_order.shape == (len(shop.table),)
    assert np.isfinite(predicted.expected_revenue).all()
    assert (predicted.expected_revenue >= 0).all()
    if name in NO_PROBABILITY:
        assert np.isnan(predicted.p_order).all()
    else:
        assert ((predicted.p_order > 0) & (predicted.p_order < 1)).all()


@pytest.mark.parametrize("name", ["tweedie", "two_stage", "mbg_nbd_gamma_gamma"])
def test_every_rung_predicts_about_the_right_total(name: str, shop: Any) -> None:
    actual = shop.origin.actual["revenue_future"].sum()
    assert shop.origin.predictions[name].expected_revenue.sum() == pytest.approx(actual, rel=0.2)


def test_the_classical_rungs_are_the_published_models(shop: Any) -> None:
    as_of, table = shop.origin.as_of, shop.table
    for name, prior in (
        ("bg_nbd_gamma_gamma", shop.task.data.classical(as_of)),
        ("mbg_nbd_gamma_gamma", fit_mbg(table)),
    ):
        predicted = shop.origin.predictions[name]
        assert prior.purchases.variant == name.split("_")[0]
        assert prior.value_days == "repeat"
        np.testing.assert_array_equal(predicted.p_order, prior.p_order(table, 60))
        np.testing.assert_array_equal(predicted.expected_revenue, prior.expected_revenue(table, 60))


@pytest.fixture(scope="module")
def short(
    settings: Callable[..., PurchaseConfig],
    clockwork: pd.DataFrame,
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> dict[int, dict[str, Predictions]]:
    """What every baseline predicts for two horizons; the log is long enough for the first."""
    history = PurchaseSnapshots(log_of(clockwork))
    at = history.source.first + timedelta(days=120)
    found = {}
    for days in (40, 80):
        task = PurchaseTask(settings(days, snapshots=2, rounds=20), history, at, days)
        found[days] = {name: model(task) for name, model in BASELINES.items()}
    return found


@pytest.mark.parametrize("name", ["tweedie", "two_stage"])
def test_boosting_without_a_prior_is_stretched_to_a_horizon_that_it_could_not_learn(
    name: str, short: dict[int, dict[str, Predictions]]
) -> None:
    """Twice the days: twice the revenue, and two chances to order instead of one."""
    once, twice = short[40][name], short[80][name]
    np.testing.assert_allclose(twice.expected_revenue, 2 * once.expected_revenue)
    if name == "two_stage":
        np.testing.assert_allclose(1 - twice.p_order, (1 - once.p_order) ** 2)


def test_boosting_without_a_prior_tells_customers_apart(
    short: dict[int, dict[str, Predictions]],
) -> None:
    assert np.std(short[40]["two_stage"].p_order) > 0.05
    assert np.std(short[40]["tweedie"].expected_revenue) > 1.0


def test_without_snapshots_boosting_falls_back_to_the_classical_model(
    settings: Callable[..., PurchaseConfig],
    log_of: Callable[[pd.DataFrame], TransactionLog],
    clockwork: pd.DataFrame,
) -> None:
    few = clockwork[clockwork["customer_id"] < "c015"]
    history = PurchaseSnapshots(log_of(few))
    task = PurchaseTask(settings(40), history, AS_OF, 40)
    classical = BASELINES["bg_nbd_gamma_gamma"](task)
    for name in ("tweedie", "two_stage"):
        predicted = BASELINES[name](task)
        np.testing.assert_array_equal(predicted.expected_revenue, classical.expected_revenue)
