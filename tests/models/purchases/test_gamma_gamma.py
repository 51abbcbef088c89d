from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import trapezoid

from models.purchases.gamma_gamma import GammaGamma, _log_likelihood, fit

Array = NDArray[np.float64]


def spenders(model: GammaGamma, customers: int, seed: int) -> tuple[Array, Array]:
    """How many purchase days, and their mean value, of customers as the model describes them."""
    rng = np.random.default_rng(seed)
    count = rng.integers(1, 12, customers).astype(float)
    rate = rng.gamma(model.q, 1 / model.v, customers)
    return count, rng.gamma(model.p * count, 1 / (rate * count))


def test_gamma_gamma_of_the_cdnow_sample_as_published(cdnow_paper: pd.DataFrame) -> None:
    # Fader & Hardie (2013): the 946 customers who came back and spent something.
    again = cdnow_paper[cdnow_paper["value"] > 0]
    count, mean = again["repeats"].to_numpy(), again["value"].to_numpy()
    model = fit(cdnow_paper["repeats"].to_numpy(), cdnow_paper["value"].to_numpy())
    assert len(again) == 946
    assert model.p == pytest.approx(6.25, abs=0.005)
    assert model.q == pytest.approx(3.74, abs=0.005)
    assert model.v == pytest.approx(15.44, abs=0.01)
    assert model.log_likelihood(count, mean) == pytest.approx(-4055.92, abs=0.005)


def test_expected_value_worked_by_hand() -> None:
    # p (v + count mean) / (p count + q - 1): 2 (10 + 2 * 20) / (4 + 2) and, of nobody, 2 * 10 / 2.
    model = GammaGamma(2.0, 3.0, 10.0)
    found = model.expected_value(np.array([2.0, 0.0]), np.array([20.0, np.nan]))
    np.testing.assert_allclose(found, [100 / 6, 10.0])


@pytest.mark.parametrize(("count", "mean"), [(1.0, 5.0), (3.0, 60.0), (40.0, 12.0)])
def test_closed_forms_are_the_integrals(count: float, mean: float) -> None:
    model = GammaGamma(4.0, 3.7, 30.0)
    log_rate = np.linspace(-14, 8, 4000)
    rate = np.exp(log_rate)
    prior = stats.gamma.pdf(rate, model.q, scale=1 / model.v) * rate
    weight = prior * stats.gamma.pdf(mean, model.p * count, scale=1 / (rate * count))
    likelihood = trapezoid(weight, log_rate)
    one = np.array([count]), np.array([mean])
    assert model.log_likelihood(*one) == pytest.approx(np.log(likelihood), abs=1e-6)
    expected = trapezoid(weight * model.p / rate, log_rate) / likelihood
    assert model.expected_value(*one)[0] == pytest.approx(expected, rel=1e-6)


def test_gradient_is_the_slope_of_the_likelihood() -> None:
    count, mean = spenders(GammaGamma(6.0, 3.5, 15.0), 50, seed=1)
    point, step = np.array([5.0, 3.0, 20.0]), 1e-5
    _, gradient = _log_likelihood(point, count, mean)
    for place in range(3):
        moved = [point * np.where(np.arange(3) == place, 1 + by, 1.0) for by in (step, -step)]
        up, down = (_log_likelihood(each, count, mean)[0] for each in moved)
        np.testing.assert_allclose(
            gradient[place], (up - down) / (2 * step * point[place]), rtol=1e-5, atol=1e-8
        )


def test_fit_recovers_what_was_simulated() -> None:
    truth = GammaGamma(6.25, 3.74, 15.44)
    found = fit(*spenders(truth, 10_000, seed=2))
    assert found.p == pytest.approx(truth.p, rel=0.05)
    assert found.q == pytest.approx(truth.q, rel=0.05)
    assert found.v == pytest.approx(truth.v, rel=0.08)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_likelier_than_the_fit(seed: int) -> None:
    truth = GammaGamma(2.0, 4.0, 50.0)
    some = spenders(truth, 200, seed)
    assert fit(*some).log_likelihood(*some) >= truth.log_likelihood(*some)


def test_the_unit_of_money_does_not_matter() -> None:
    count, mean = spenders(GammaGamma(6.25, 3.74, 15.44), 300, seed=3)
    dollars, cents = fit(count, mean), fit(count, mean * 100)
    assert cents.v == pytest.approx(100 * dollars.v, rel=1e-3)
    np.testing.assert_allclose(
        cents.expected_value(count, mean * 100),
        100 * dollars.expected_value(count, mean),
        rtol=1e-5,
    )


def test_more_purchases_draw_the_answer_from_everybodys_mean_to_the_customers_own() -> None:
    model = GammaGamma(6.25, 3.74, 15.44)
    count = np.array([0.0, 1.0, 3.0, 10.0, 1000.0])
    found = model.expected_value(count, np.full(5, 90.0))
    assert found[0] == pytest.approx(6.25 * 15.44 / 2.74)
    assert (np.diff(found) > 0).all()
    assert found[-1] == pytest.approx(90.0, rel=0.01)


ODD_POPULATIONS = {
    "one customer": ([3.0], [20.0]),
    "everybody alike": ([2.0] * 20, [10.0] * 20),
    "from cents to millions": ([1.0, 5.0, 2.0, 9.0], [0.01, 3.0, 400.0, 5e6]),
    "hundreds of days": ([300.0, 800.0, 500.0], [11.0, 12.0, 30.0]),
    "some without a value": ([0.0, 2.0, 3.0, 1.0], [np.nan, 10.0, 0.0, 30.0]),
}


@pytest.mark.parametrize("name", ODD_POPULATIONS)
def test_odd_populations_are_fitted_and_answered(name: str) -> None:
    count, mean = (np.array(each) for each in ODD_POPULATIONS[name])
    model = fit(count, mean)
    assert 0 < model.p < np.inf
    assert 1 < model.q < np.inf
    assert 0 < model.v < np.inf
    found = model.expected_value(count, mean)
    assert (np.isfinite(found) & (found > 0)).all()


@pytest.mark.parametrize(("count", "mean"), [([], []), ([0.0], [np.nan]), ([2.0], [0.0])])
def test_fit_of_no_value_says_so(count: list[float], mean: list[float]) -> None:
    with pytest.raises(ValueError, match="no customer with a positive purchase value"):
        fit(np.array(count), np.array(mean))
