"""The loss of ZILN is the paper's, and what the trees follow are its derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import lognorm

from benchmarks.leaderboard.zero_inflated_lognormal import derivatives, loss, positive

STEP = 1e-6


def outputs(rows: int) -> np.ndarray:
    return np.random.default_rng(4).normal(size=(rows, 3))


def test_the_loss_is_minus_the_log_likelihood() -> None:
    revenue, found = np.array([0.0, 12.5, 0.0, 310.0]), outputs(4)
    p_order, sigma = expit(found[:, 0]), np.log1p(np.exp(found[:, 2]))
    density = lognorm.pdf(revenue, sigma, scale=np.exp(found[:, 1]))
    likelihood = np.where(revenue > 0, p_order * density, 1.0 - p_order)
    assert loss(revenue, found) == pytest.approx(-np.log(likelihood))


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    revenue, found = np.array([0.0, 12.5, 0.0, 310.0]), outputs(4)
    gradient, _ = derivatives(revenue, found)
    for each in range(3):
        moved = STEP * (np.arange(3) == each)
        slope = (loss(revenue, found + moved) - loss(revenue, found - moved)) / (2 * STEP)
        assert gradient[:, each] == pytest.approx(slope, rel=1e-4, abs=1e-7)


def test_the_second_derivatives_are_those_expected_of_revenue_that_follows_the_outputs() -> None:
    """So they are the variance of the gradient: Fisher's information."""
    rng, one = np.random.default_rng(2), np.array([0.3, 2.0, 0.4])
    p_order, sigma = expit(one[0]), np.log1p(np.exp(one[2]))
    bought = rng.random(400_000) < p_order
    revenue = np.where(bought, np.exp(rng.normal(one[1], sigma, bought.size)), 0.0)
    gradient, hessian = derivatives(revenue, np.tile(one, (bought.size, 1)))
    assert hessian.mean(axis=0) == pytest.approx(gradient.var(axis=0), rel=0.02)


def test_an_order_of_which_nothing_is_left_is_none() -> None:
    left = (0.1 + 0.2) - 0.3  # a rounding error, which has a logarithm
    assert left > 0
    assert positive(np.array([left, -5.0, 0.0, 0.01, 12.5])).tolist() == [0, 0, 0, 0.01, 12.5]
