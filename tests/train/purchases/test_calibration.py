from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from features.config.purchases import PurchaseConfig
from features.ingest.transactions import TransactionLog
from features.simulate import simulate
from models.purchases.calibration import NO_ERROR, CalibrationError
from models.purchases.predictor import PurchasePredictor
from train.purchases.calibration import expected_calibration, expected_totals, shifts
from train.purchases.fit import fit
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.purchases.snapshots import matured_snapshots

DECEMBER = datetime(2024, 12, 1, tzinfo=UTC)
MARCH = datetime(2025, 3, 1, tzinfo=UTC)
BEGAN, ENDED = datetime(2023, 1, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC)
HORIZON_DAYS = 31


@pytest.mark.parametrize("seed", range(5))
def test_the_shifts_bring_both_totals_to_what_is_expected(seed: int) -> None:
    rng = np.random.default_rng(seed)
    log_odds, log_spend = rng.normal(-2.0, 3.0, 400), rng.normal(4.0, 1.5, 400)
    ordering, revenue = float(rng.uniform(0.5, 399.5)), float(rng.uniform(1.0, 1e6))
    order_shift, spend_shift = shifts(log_odds, log_spend, (ordering, revenue))
    p_order = expit(log_odds + order_shift)
    assert p_order.sum() == pytest.approx(ordering, rel=1e-6)
    assert p_order @ np.exp(log_spend + spend_shift) == pytest.approx(revenue, rel=1e-6)


def test_totals_that_are_right_already_are_left_alone() -> None:
    log_odds, log_spend = np.array([-1.0, 0.0, 2.0]), np.array([1.0, 2.0, 3.0])
    totals = float(expit(log_odds).sum()), float(expit(log_odds) @ np.exp(log_spend))
    assert shifts(log_odds, log_spend, totals) == pytest.approx((0.0, 0.0), abs=1e-8)


def test_expected_totals_are_the_classical_ones_with_their_error_corrected(shop: Any) -> None:
    as_of, history = shop.origin.as_of, shop.task.data
    prior, classical = history.prior(as_of), history.classical(as_of)
    error = CalibrationError(0.0, 0.2, -0.3, 0.0, 0.0, 0.0)
    plain, corrected = (
        expected_totals(shop.table, 60.0, prior=prior, classical=classical, error=each)
        for each in (NO_ERROR, error)
    )
    assert plain[0] == pytest.approx(classical.p_order(shop.table, 60.0).sum())
    assert plain[1] == pytest.approx(classical.expected_revenue(shop.table, 60.0).sum())
    assert corrected[0] == pytest.approx(plain[0] * np.exp(0.2))
    assert corrected[1] == pytest.approx(plain[1] * np.exp(-0.3))


def test_no_more_customers_are_expected_to_order_than_there_are(shop: Any) -> None:
    prior = shop.task.data.prior(shop.origin.as_of)
    error = CalibrationError(0.0, 9.0, 0.0, 0.0, 0.0, 0.0)
    ordering, _ = expected_totals(shop.table, 60.0, prior=prior, classical=prior, error=error)
    assert len(shop.table) - 0.01 < ordering < len(shop.table)


def test_an_absurd_classical_total_gives_way_to_the_priors(shop: Any) -> None:
    """With few repeats the Gamma-Gamma mean of one-time buyers can run away."""
    as_of, history = shop.origin.as_of, shop.task.data
    prior, classical = history.prior(as_of), history.classical(as_of)
    value = type(classical.value)(classical.value.p, classical.value.q, classical.value.v * 100)
    absurd = type(classical)(classical.purchases, value, classical.value_days)
    _, revenue = expected_totals(shop.table, 60.0, prior=prior, classical=absurd, error=NO_ERROR)
    assert revenue == pytest.approx(prior.expected_revenue(shop.table, 60.0).sum())


def test_a_trained_bundle_comes_to_the_expected_totals(shop: Any) -> None:
    origin, history, card = shop.origin, shop.task.data, shop.origin.bundle.card
    snapshots = matured_snapshots(shop.task, 60)
    season, error = expected_calibration(shop.task, snapshots, fitted=60)
    assert season == card.season
    ordering, revenue = expected_totals(
        shop.table,
        season.effective_days(origin.as_of, 60),
        prior=card.prior,
        classical=history.classical(origin.as_of),
        error=error,
    )
    predicted = PurchasePredictor(origin.bundle).forecast_table(shop.table, as_of=origin.as_of)
    assert predicted.p_order(60).sum() == pytest.approx(ordering, rel=1e-6)
    assert predicted.expected_revenue(60).sum() == pytest.approx(revenue, rel=1e-6)


def purchase_rate(day: float) -> float:
    """How fast the shop's clock runs on a day since 2023 began: December is twice as busy."""
    time = BEGAN + timedelta(days=day)
    return 2.0 if time.month == 12 else 1.0


@pytest.fixture(scope="module")
def seasonal(log_of: Callable[[pd.DataFrame], TransactionLog]) -> TransactionLog:
    """The simulator's time read on a clock that runs twice as fast in December."""
    calendar = np.arange((ENDED - BEGAN).days + 1, dtype=float)
    passed = np.concatenate([[0.0], np.cumsum([purchase_rate(day) for day in calendar[:-1]])])
    end = BEGAN + timedelta(days=float(passed[-1]))
    rows = simulate(customers=2500, seed=4, as_of=end, horizon_days=1, start=BEGAN).transactions
    inner = (rows["timestamp"] - BEGAN) / timedelta(days=1)
    days = np.interp(inner, passed, calendar)
    known = (inner < passed[-1]).to_numpy()
    moments_ = pd.Timestamp(BEGAN) + pd.to_timedelta(days, unit="D").round("s")
    return log_of(rows.assign(timestamp=moments_)[known].reset_index(drop=True))


def log_ratio(predicted: float, actual: float) -> float:
    return abs(float(np.log(predicted / actual)))


def test_the_december_of_last_year_is_expected_of_this_one(
    seasonal: TransactionLog, settings: Callable[..., PurchaseConfig]
) -> None:
    history = PurchaseSnapshots(seasonal)
    config = settings(HORIZON_DAYS, snapshots=2, rounds=0)
    bundle = fit(PurchaseTask(config, history, DECEMBER, HORIZON_DAYS), step=lambda _: None).bundle
    effective = bundle.card.season.effective_days(DECEMBER, HORIZON_DAYS)
    assert 1.5 * HORIZON_DAYS < effective < 2.3 * HORIZON_DAYS
    table = history.table(DECEMBER)
    actual = history.outcome(DECEMBER, HORIZON_DAYS, by=seasonal.end)
    predicted = PurchasePredictor(bundle).forecast_table(table, as_of=DECEMBER)
    blind = history.classical(DECEMBER)
    for ours, classical, happened in (
        (predicted.expected_days, blind.expected_days, actual["active_days_future"]),
        (predicted.p_order, blind.p_order, 1 - actual["churned"]),
        (predicted.expected_revenue, blind.expected_revenue, actual["revenue_future"]),
    ):
        seen = log_ratio(ours(HORIZON_DAYS).sum(), happened.sum())
        unseen = log_ratio(classical(table, HORIZON_DAYS).sum(), happened.sum())
        assert unseen > 0.25
        assert seen < 0.5 * unseen


def test_a_quiet_month_is_expected_after_a_quiet_one(
    seasonal: TransactionLog, settings: Callable[..., PurchaseConfig]
) -> None:
    config = settings(HORIZON_DAYS)
    task = PurchaseTask(config, PurchaseSnapshots(seasonal), MARCH, HORIZON_DAYS)
    season, _ = expected_calibration(task, [], fitted=HORIZON_DAYS)
    assert season.effective_days(MARCH, HORIZON_DAYS) == pytest.approx(HORIZON_DAYS, rel=0.2)


def test_a_log_of_one_year_has_no_season(shop: Any) -> None:
    """Nothing is known of what was before the same days of last year."""
    card = shop.origin.bundle.card
    for days in (7, 60, 365, 1000):
        assert card.season.effective_days(card.trained_as_of, days) == pytest.approx(days)


def test_a_short_log_is_surer_of_its_level_than_one_without_snapshots(
    seasonal: TransactionLog, settings: Callable[..., PurchaseConfig]
) -> None:
    config, as_of = settings(30, snapshots=4), BEGAN + timedelta(days=300)
    task = PurchaseTask(config, PurchaseSnapshots(seasonal), as_of, 30)
    season, unknown = expected_calibration(task, [], fitted=30)
    _, known = expected_calibration(task, matured_snapshots(task, 30), fitted=30)
    assert season.effective_days(as_of, 30) == 30
    assert (unknown.purchase_rate, unknown.order, unknown.revenue) == (0.0, 0.0, 0.0)
    assert known.purchase_rate == 0.0
    assert 0.0 < known.revenue_sd < np.hypot(unknown.purchase_rate_sd, unknown.revenue_sd)


@pytest.mark.parametrize("amount", [-5.0, 0.0, 5.0])
def test_a_stray_line_long_before_the_log_is_no_year_to_learn_a_season_from(
    amount: float,
    clockwork: pd.DataFrame,
    settings: Callable[..., PurchaseConfig],
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> None:
    stray = clockwork.iloc[:1].assign(
        customer_id="stray",
        timestamp=lambda row: row["timestamp"] - timedelta(days=800),
        amount=amount,
    )
    history = PurchaseSnapshots(log_of(pd.concat([stray, clockwork], ignore_index=True)))
    as_of = datetime(2025, 1, 1, tzinfo=UTC)
    season, error = expected_calibration(
        PurchaseTask(settings(40), history, as_of, 40), [], fitted=40
    )
    assert season.effective_days(as_of, 40) == 40
    assert (error.order, error.revenue) == (0.0, 0.0)
