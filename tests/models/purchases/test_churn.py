from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import logit
from sklearn import metrics

from models.boosting import log_loss
from models.purchases.churn import (
    PROBABILITY_FLOOR,
    ChurnModel,
    floor_shift,
    likeliest_floor,
    log_odds,
)

Array = NDArray[np.float64]
PROBABILITY = st.floats(1e-6, 1 - 1e-6)


def snapshots(
    signal: float, seed: int = 0, customers: int = 400
) -> tuple[dict[str, Array], Array, Array]:
    """Three snapshots of customers whose prior is right but for a feature that it does not know."""
    rng = np.random.default_rng(seed)
    rows = 3 * customers
    features = rng.normal(size=(rows, 4)).astype(np.float32)
    p_order = rng.beta(2.0, 3.0, rows).clip(0.03, 0.97)
    truth = 1 / (1 + np.exp(-logit(p_order) - signal * features[:, 0]))
    arguments = {
        "X": features,
        "y": (rng.random(rows) > truth).astype(float),
        "p_order": p_order,
        "as_of": np.repeat([0.0, 100.0, 200.0], customers),
        "customer": np.tile(np.arange(customers), 3),
    }
    return arguments, p_order, truth


def fitted(arguments: dict[str, Array], **settings: float) -> ChurnModel:
    return ChurnModel(min_child_weight=1.0, **settings).fit(**arguments, horizon_days=90.0)


def test_zero_rounds_are_the_prior() -> None:
    arguments, p_order, _ = snapshots(signal=2.0)
    model = fitted(arguments, max_rounds=0)
    found = model.predict_proba(arguments["X"], p_order=p_order)
    np.testing.assert_allclose(found[:, 0], p_order, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(arguments["X"], p_order=p_order), p_order < 0.5)


@pytest.mark.parametrize("lost", [0.0, 0.04])
def test_the_floor_is_as_high_as_those_given_up_come_back_often(lost: float) -> None:
    rng = np.random.default_rng(7)
    p_order = np.r_[np.full(4000, 1e-4), rng.uniform(0.1, 0.9, 4000)]
    truth = np.where(p_order < 0.01, np.maximum(lost, p_order), p_order)
    floor = likeliest_floor((rng.random(8000) < truth).astype(float), p_order)
    assert floor == pytest.approx(lost, abs=0.005)


def test_no_strength_is_the_prior() -> None:
    arguments, p_order, _ = snapshots(signal=2.0)
    model = fitted(arguments, max_rounds=20, strength=0.0)
    found = model.predict_proba(arguments["X"], p_order=p_order)
    np.testing.assert_allclose(found[:, 0], p_order, rtol=1e-12)


def test_a_signal_improves_on_the_prior_among_customers_not_seen() -> None:
    arguments, _, _ = snapshots(signal=2.0)
    fresh, p_order, truth = snapshots(signal=2.0, seed=1)
    model = fitted(arguments, max_rounds=40)
    found = model.predict_proba(fresh["X"], p_order=p_order)[:, 1]
    ordered = 1 - fresh["y"]
    ours, prior = (metrics.log_loss(ordered, each) for each in (1 - found, p_order))
    assert ours < prior - 0.05
    assert ours > metrics.log_loss(ordered, truth)


@pytest.mark.parametrize("seed", range(2))
def test_noise_hardly_moves_the_prior(seed: int) -> None:
    arguments, p_order, _ = snapshots(signal=0.0, seed=seed)
    found = fitted(arguments, max_rounds=40).predict_proba(arguments["X"], p_order=p_order)[:, 0]
    assert np.abs(logit(found) - logit(p_order)).mean() < 0.05


def test_probabilities_are_complementary_and_inside_0_and_1() -> None:
    arguments, _, _ = snapshots(signal=3.0)
    model = fitted(arguments, max_rounds=40, strength=1.0)
    for sure in (1e-6, 0.5, 1 - 1e-6):
        found = model.predict_proba(arguments["X"], p_order=np.full(len(arguments["X"]), sure))
        assert ((found > 0) & (found < 1)).all()
        np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(model.classes_, [0, 1])


def test_the_same_seed_gives_the_same_model() -> None:
    arguments, _, _ = snapshots(signal=2.0)
    first, again = (fitted(arguments, max_rounds=20) for _ in range(2))
    assert first.curve_ == again.curve_
    assert first.booster_.save_raw() == again.booster_.save_raw()


def test_unknown_features_are_answered() -> None:
    arguments, p_order, _ = snapshots(signal=2.0)
    model = fitted(arguments, max_rounds=20)
    nothing = np.full_like(arguments["X"], np.nan)
    found = model.predict_proba(nothing, p_order=p_order)
    assert np.isfinite(found).all()


def test_below_the_probability_floor_and_only_there_odds_are_raised_to_it() -> None:
    p_fitted = np.array([1e-6, 0.001, PROBABILITY_FLOOR, 0.3, 0.999])
    shift = floor_shift(p_fitted)
    assert (shift[:2] > 0).all()
    np.testing.assert_allclose(shift[2:], 0, atol=1e-12)
    start = 1 / (1 + np.exp(-log_odds(p_fitted, shift)))
    np.testing.assert_allclose(
        start, [PROBABILITY_FLOOR, PROBABILITY_FLOOR, PROBABILITY_FLOOR, 0.3, 1 - PROBABILITY_FLOOR]
    )


@settings(max_examples=50, deadline=None)
@given(fitted_at=PROBABILITY, short=PROBABILITY, longer=PROBABILITY)
def test_more_time_never_means_less_chance(fitted_at: float, short: float, longer: float) -> None:
    shift = floor_shift(np.array([fitted_at]))
    found = log_odds(np.array([min(short, longer), max(short, longer)]), shift)
    assert found[0] <= found[1]


def test_log_loss_is_that_of_the_best_level() -> None:
    rng = np.random.default_rng(3)
    ordered, margin = (rng.random(200) < 0.3).astype(float), rng.normal(size=200)
    shifts = np.linspace(-4, 4, 8001)
    each = np.logaddexp(0, margin + shifts[:, None]) - ordered * (margin + shifts[:, None])
    assert log_loss(ordered, margin).sum() == pytest.approx(each.sum(axis=1).min(), rel=1e-6)


@pytest.mark.parametrize("level", [-12.0, -5.0, 0.0, 3.0, 12.0])
def test_log_loss_does_not_mind_the_level(level: float) -> None:
    rng = np.random.default_rng(4)
    ordered, margin = (rng.random(60) < 0.5).astype(float), rng.normal(size=60)
    np.testing.assert_allclose(
        log_loss(ordered, margin + level), log_loss(ordered, margin), rtol=1e-6
    )


@pytest.mark.parametrize("ordered", [[], [0.0, 0.0], [1.0, 1.0]])
def test_log_loss_of_one_fate_only_tells_nothing(ordered: list[float]) -> None:
    some = np.array(ordered)
    np.testing.assert_array_equal(log_loss(some, np.zeros(len(some))), np.zeros(len(some)))
