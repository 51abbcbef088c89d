from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.subscriptions.residual_lifetime import _closed_form, _quadrature
from models.subscriptions.shifted_beta_geometric import Lifetimes, ShiftedBetaGeometric, fit

Array = NDArray[np.float64]

# Percent of 1,000 customers still there after each year: Fader & Hardie (2007), table 1.
REGULAR = [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3]
HIGH_END = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]
MODELS = [(0.14, 4.0), (0.704, 1.182), (0.668, 3.806), (2.5, 9.0), (60.0, 240.0)]


def cohort(percent: list[float], periods: int) -> Lifetimes:
    """The lifetimes behind a published survival curve, observed for so many periods."""
    left_in = np.round(-np.diff(percent[: periods + 1]) * 10).astype(int)
    stayed = round(percent[periods] * 10)
    ends = np.repeat(np.arange(1, periods + 1), left_in)
    return Lifetimes(
        np.zeros(len(ends) + stayed),
        np.append(ends, np.full(stayed, periods)).astype(float),
        np.append(np.ones(len(ends), bool), np.zeros(stayed, bool)),
    )


def simulated(model: ShiftedBetaGeometric, size: int, seed: int) -> Array:
    """The period in which each leaves: a chance for life, then one draw a period."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(model.alpha, model.beta, size)
    return rng.geometric(np.maximum(chance, 1e-12)).astype(float)


@pytest.mark.parametrize(
    ("percent", "alpha", "beta", "likelihood"),
    [(REGULAR, 0.704, 1.182, -1680.3), (HIGH_END, 0.668, 3.806, -1611.2)],
)
def test_seven_periods_of_the_published_cohorts_give_the_published_parameters(
    percent: list[float], alpha: float, beta: float, likelihood: float
) -> None:
    lifetimes = cohort(percent, 7)
    model = fit(lifetimes)
    assert (model.alpha, model.beta) == pytest.approx((alpha, beta), abs=5e-4)
    assert model.log_likelihood(lifetimes) == pytest.approx(likelihood, abs=0.05)


@pytest.mark.parametrize(("percent", "off"), [(REGULAR, 0.35), (HIGH_END, 1.7)])
def test_seven_periods_foretell_the_next_five(percent: list[float], off: float) -> None:
    model = fit(cohort(percent, 7))
    projected = 100 * model.survival(np.arange(13.0))
    assert projected[7] == pytest.approx(percent[7], abs=0.6)
    np.testing.assert_allclose(projected[8:], percent[8:], atol=off)


def test_published_value_of_the_renewals_to_come() -> None:
    # 7.530 at 10 % a period: the worked example of the package shifted_beta_geometric_py.
    found = fit(cohort(HIGH_END, 7)).discounted_remaining_life(np.array([7.0]), 0.10)
    assert found[0] == pytest.approx(7.530, abs=1e-3)


@pytest.mark.parametrize(("alpha", "beta"), MODELS)
def test_closed_forms_are_plain_sums(alpha: float, beta: float) -> None:
    model, ahead = ShiftedBetaGeometric(alpha, beta), np.arange(1.0, 40_000.0)
    for tenure, rate in product((0.0, 1.0, 12.0, 71.0), (0.0025, 0.01, 0.10)):
        kept = np.cumprod(model.retention(tenure + ahead))
        one = np.array([tenure])
        assert model.conditional_survival(one, 30)[0] == pytest.approx(kept[29], rel=1e-9)
        assert model.discounted_remaining_life(one, rate)[0] == pytest.approx(
            (kept * (1 + rate) ** (1 - ahead)).sum(), rel=1e-7
        )


def test_quadrature_is_the_closed_form_where_that_holds_and_steps_in_where_it_is_lost() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0.05, 9.0, 200), rng.uniform(0.1, 50.0, 200)
    np.testing.assert_allclose(_quadrature(a, b, 0.1), _closed_form(a, b, 0.1), rtol=1e-8)
    assert not np.isfinite(_closed_form(np.array([0.1]), np.array([255.0]), 0.0023)[0])
    model, ahead = ShiftedBetaGeometric(0.1, 55.0), np.arange(1.0, 40_000.0)
    kept = np.cumprod(model.retention(200 + ahead)) * 1.0023 ** (1 - ahead)
    found = model.discounted_remaining_life(np.array([200.0]), 0.0023)
    assert found[0] == pytest.approx(kept.sum(), rel=1e-8)


def test_survival_is_the_mean_over_simulated_customers() -> None:
    model = ShiftedBetaGeometric(0.7, 3.8)
    ends = simulated(model, 200_000, 1)
    for tenure, horizon in [(0, 1), (0, 12), (6, 6)]:
        known = ends > tenure
        share = (ends[known] > tenure + horizon).mean()
        expected = model.conditional_survival(np.array([float(tenure)]), horizon)[0]
        assert share == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(known.sum()))


@pytest.mark.parametrize("delayed", [False, True])
def test_the_truth_is_found_with_staggered_starts_and_delayed_entry(delayed: bool) -> None:
    """Starts spread over 60 periods, an end of observation, and left truncation."""
    truth, size = ShiftedBetaGeometric(0.8, 4.0), 60_000
    rng = np.random.default_rng(2)
    ends, age = simulated(truth, size, 3), rng.integers(0, 61, size).astype(float)
    entered = np.minimum(rng.integers(0, 13, size), age) * float(delayed)
    observed = ends > entered  # who left before is not in the table
    ends, age, entered = ends[observed], age[observed], entered[observed]
    left = ends <= age
    model = fit(Lifetimes(entered, np.where(left, ends, age), left))
    assert model.alpha == pytest.approx(truth.alpha, rel=0.06)
    assert model.beta == pytest.approx(truth.beta, rel=0.06)


def test_the_likelihood_prefers_the_truth() -> None:
    truth = ShiftedBetaGeometric(0.8, 4.0)
    ends = simulated(truth, 30_000, 4)
    lifetimes = Lifetimes(np.zeros(30_000), np.minimum(ends, 24.0), ends <= 24)
    best = truth.log_likelihood(lifetimes)
    for factor, other in product((0.8, 1.25), (0.8, 1.25)):
        assert ShiftedBetaGeometric(0.8 * factor, 4.0 * other).log_likelihood(lifetimes) < best


def test_a_life_watched_in_two_pieces_is_one_life() -> None:
    model = ShiftedBetaGeometric(0.7, 3.8)
    whole = Lifetimes(np.array([0.0]), np.array([9.0]), np.array([True]))
    pieces = Lifetimes(np.array([0.0, 4.0]), np.array([4.0, 9.0]), np.array([False, True]))
    assert model.log_likelihood(pieces) == pytest.approx(model.log_likelihood(whole), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.floats(-4, 4), st.floats(-4, 5), st.floats(-3, 3), st.floats(1.1, 400.0))
def test_laws(log_alpha: float, log_beta: float, log_odds: float, horizon: float) -> None:
    model = ShiftedBetaGeometric(float(np.exp(log_alpha)), float(np.exp(log_beta)))
    tenure = np.arange(0.0, 120.0)
    assert (np.diff(model.retention(tenure + 1)) > 0).all()  # retention rises with tenure
    assert (np.diff(model.conditional_survival(tenure, horizon)) >= -1e-9).all()
    assert (np.diff(model.survival(np.arange(0.0, 60.0, 0.25))) <= 1e-12).all()
    worth = model.discounted_remaining_life(tenure, 0.01)
    assert (np.diff(worth) >= -1e-6 * worth[1:]).all()
    assert (worth <= 101.0).all()
    riskier = model.corrected(np.full(120, log_odds))
    np.testing.assert_allclose(
        riskier.log_odds_of_leaving(tenure + 1),
        model.log_odds_of_leaving(tenure + 1) + log_odds,
        atol=1e-9,
    )
    gone, more = (1 - each.retention(tenure + 1) for each in (model, riskier))
    np.testing.assert_allclose(more / (1 - more), np.exp(log_odds) * gone / (1 - gone), rtol=1e-6)


def test_nobody_observed_is_refused() -> None:
    with pytest.raises(ValueError, match="no period of any subscription was observed"):
        fit(Lifetimes(np.array([0.0, 3.0]), np.array([0.0, 3.0]), np.array([False, False])))


def test_equal_customers_are_a_geometric_life() -> None:
    ends = np.random.default_rng(6).geometric(0.2, 20_000).astype(float)
    model = fit(Lifetimes(np.zeros(20_000), np.minimum(ends, 10), ends <= 10))
    np.testing.assert_allclose(model.retention(np.arange(1.0, 11.0)), 0.8, atol=0.01)


def test_nobody_left_or_everybody_left_at_once_still_fit() -> None:
    stayed = fit(Lifetimes(np.zeros(50), np.full(50, 12.0), np.zeros(50, bool)))
    assert stayed.survival(np.array([12.0]))[0] > 0.99
    gone = fit(Lifetimes(np.zeros(50), np.ones(50), np.ones(50, bool)))
    assert gone.survival(np.array([1.0]))[0] < 0.01
