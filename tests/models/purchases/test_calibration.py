from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.ingest.canonical import canonical_lines
from features.purchases import labels
from features.purchases.table import build_features
from features.simulate import simulate
from models.purchases.calibration import (
    LARGEST_RATE_ERROR,
    NO_ERROR,
    CalibrationError,
    measure_error,
    persistent_error,
    shrink,
)
from models.purchases.prior import Prior, fit_classical

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
HORIZON = 60
ERRORS = st.floats(-3.0, 3.0)
SDS = st.floats(0.0, 2.0)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return simulate(customers=4000, seed=1, as_of=AS_OF, horizon_days=120).transactions


@pytest.fixture(scope="module")
def known(log: pd.DataFrame) -> tuple[Prior, pd.DataFrame]:
    table = build_features(canonical_lines(log, "UTC"), AS_OF)
    return fit_classical(table), table


def sped_up(log: pd.DataFrame, factor: float) -> pd.DataFrame:
    """The same log, its future passing `factor` times as fast."""
    after = log["timestamp"] - AS_OF
    return log.assign(
        timestamp=log["timestamp"].where(after < timedelta(0), AS_OF + after / factor)
    )


def outcome(log: pd.DataFrame) -> pd.DataFrame:
    end = AS_OF + timedelta(days=HORIZON)
    return labels.build_labels(canonical_lines(log, "UTC"), AS_OF, HORIZON, end=end)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5, 2.0])
def test_the_purchase_rate_of_a_log_is_found(
    log: pd.DataFrame, known: tuple[Prior, pd.DataFrame], factor: float
) -> None:
    prior, table = known
    error = measure_error(prior, table, outcome(sped_up(log, factor)), HORIZON)
    assert error.purchase_rate == pytest.approx(
        np.log(factor), abs=3 * error.purchase_rate_sd + 0.02
    )
    assert 0 < error.purchase_rate_sd < 0.1
    # With the horizon in effective days, nothing is left to correct in customers and money.
    assert error.order == pytest.approx(0, abs=3 * error.order_sd + 0.02)
    assert error.revenue == pytest.approx(0, abs=3 * error.revenue_sd + 0.02)


def test_dearer_purchases_are_an_error_of_revenue_alone(
    log: pd.DataFrame, known: tuple[Prior, pd.DataFrame]
) -> None:
    found = outcome(log)
    dearer = found.assign(revenue_future=found["revenue_future"] * 1.3)
    before, after = measure_error(*known, found, HORIZON), measure_error(*known, dearer, HORIZON)
    assert after.revenue - before.revenue == pytest.approx(np.log(1.3))
    assert (after.purchase_rate, after.order) == (before.purchase_rate, before.order)
    assert after.revenue_sd == pytest.approx(before.revenue_sd)


def test_with_the_clock_set_expected_days_are_the_actual_ones(
    log: pd.DataFrame, known: tuple[Prior, pd.DataFrame]
) -> None:
    prior, table = known
    found = outcome(log)
    rate_error = measure_error(prior, table, found, HORIZON).purchase_rate
    expected = prior.expected_days(table, HORIZON * np.exp(rate_error)).sum()
    assert expected == pytest.approx(found["active_days_future"].sum(), rel=1e-3)


def test_a_purchase_rate_is_bounded(log: pd.DataFrame, known: tuple[Prior, pd.DataFrame]) -> None:
    found = outcome(log)
    nothing = found.assign(active_days_future=0, n_orders_future=0, revenue_future=0.0, churned=1)
    daily = found.assign(active_days_future=HORIZON, n_orders_future=HORIZON, churned=0)
    assert measure_error(*known, nothing, HORIZON).purchase_rate == -LARGEST_RATE_ERROR
    assert measure_error(*known, daily, HORIZON).purchase_rate == LARGEST_RATE_ERROR
    for error in (measure_error(*known, nothing, HORIZON), measure_error(*known, daily, HORIZON)):
        assert np.isfinite(list(asdict(error).values())).all()


@settings(max_examples=100, deadline=None)
@given(st.tuples(ERRORS, ERRORS, ERRORS, SDS, SDS, SDS))
def test_shrinking_draws_towards_none_and_never_past_it(
    values: tuple[float, float, float, float, float, float],
) -> None:
    error = CalibrationError(*values)
    kept = shrink(error)
    for name in ("purchase_rate", "order", "revenue"):
        was, now = getattr(error, name), getattr(kept, name)
        assert min(was, 0) <= now <= max(was, 0)
        assert getattr(kept, f"{name}_sd") > 0


def test_the_noisier_an_error_the_less_is_believed() -> None:
    sampling = (0.0, 0.05, 0.3, 5.0)
    kept = [shrink(CalibrationError(1.0, 1.0, 1.0, *[sd] * 3)) for sd in sampling]
    for name in ("purchase_rate", "order", "revenue"):
        values = [getattr(each, name) for each in kept]
        assert values == sorted(values, reverse=True)
        assert values[0] > 0.3
        assert values[-1] < 0.01
        doubts = [getattr(each, f"{name}_sd") for each in kept]
        assert doubts == sorted(doubts)


def errors(*totals: float) -> list[CalibrationError]:
    return [
        CalibrationError(0.5, 0.5, 0.5, 0.1, 0.1, 0.1, plain_order=total / 10, plain_revenue=total)
        for total in totals
    ]


@pytest.mark.parametrize(
    ("past", "windows"), [([], 9.0), (errors(-0.5, -0.5), 9.0), (errors(-0.5, -0.5, -0.5), 1.9)]
)
def test_few_windows_prove_nothing(past: list[CalibrationError], windows: float) -> None:
    found = persistent_error(past, windows)
    assert (found.purchase_rate, found.order, found.revenue) == (0, 0, 0)
    assert found.order_sd > 0
    assert np.hypot(found.purchase_rate_sd, found.revenue_sd) > 0.1


def test_what_was_off_at_all_times_is_corrected_in_part() -> None:
    # Totals -0.5, -0.48, -0.52: mean -0.5, sd 0.02; t(3) has its 97.5 % point at 3.18, so the near
    # end of the interval over four windows is -0.5 + 3.18 * 0.02 / 2 = -0.468. What is left is
    # -0.032, -0.012, -0.052, whose root mean square is 0.036.
    found = persistent_error(errors(-0.5, -0.48, -0.52), windows=4.0)
    assert found.revenue == pytest.approx(-0.468, abs=5e-4)
    assert found.purchase_rate == 0
    assert found.revenue_sd == pytest.approx(0.036, abs=5e-4)


def test_four_times_the_horizon_is_twice_as_uncertain() -> None:
    once, longer = (
        persistent_error(errors(-0.5, 0.4, 0.1), 4.0, horizons=each) for each in (1.0, 4.0)
    )
    assert longer.revenue_sd == pytest.approx(2 * once.revenue_sd)
    assert longer.order_sd == pytest.approx(2 * once.order_sd)


def test_what_was_off_now_so_now_so_is_not_corrected() -> None:
    found = persistent_error(errors(-0.5, 0.4, -0.3, 0.2), windows=4.0)
    assert (found.order, found.revenue) == (0, 0)
    assert found.revenue_sd > 0.3


@settings(max_examples=100, deadline=None)
@given(past=st.lists(ERRORS, max_size=8), windows=st.floats(0.0, 20.0))
def test_a_lasting_correction_never_exceeds_the_mean_error(
    past: list[float], windows: float
) -> None:
    found = persistent_error(errors(*past), windows)
    mean = float(np.mean(past)) if past else 0.0
    for now, was in ((found.revenue, mean), (found.order, mean / 10)):
        assert min(was, 0) - 1e-12 <= now <= max(was, 0) + 1e-12
    assert found.purchase_rate == 0


def test_no_error_stays_none() -> None:
    kept = shrink(NO_ERROR)
    assert (kept.purchase_rate, kept.order, kept.revenue) == (0, 0, 0)
