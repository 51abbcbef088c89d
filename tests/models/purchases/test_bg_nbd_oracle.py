"""The closed forms against direct integration over what is not known of a customer."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import trapezoid
from scipy.special import expit, gammaln, log_expit

from models.purchases.bg_nbd import PurchaseHistories, PurchaseModel, Variant
from models.purchases.expected_purchases import (
    _closed_form,
    _quadrature,
    _quadrature_survival,
    expected_days,
    survival_probability,
)

Array = NDArray[np.float64]
HISTORIES = [(0, 0.0, 5.0), (0, 0.0, 400.0), (1, 30.0, 60.0), (4, 90.0, 100.0), (25, 200.0, 300.0)]
MODELS = [(0.25, 31.0, 0.8, 2.4), (1.7, 60.0, 1.6, 5.0), (0.6, 12.0, 3.0, 0.7)]
CASES = list(product(("bg", "mbg"), MODELS, HISTORIES))
HORIZON = 91.0


class Integral:
    """Expectations over rate ~ Gamma(r, alpha) and chance to leave ~ Beta(a, b), on a grid.

    The grid is even in log rate and in log odds, where the trapezoidal rule converges fast.
    """

    def __init__(self, variant: Variant, parameters: tuple[float, float, float, float]) -> None:
        r, alpha, a, b = parameters
        self.variant = variant
        self.log_rate = np.linspace(np.log(r / alpha) - 30 / min(r, 1), np.log(r / alpha) + 6, 800)
        self.log_odds = np.linspace(-30 / min(a, 1), 30 / min(b, 1), 300)
        self.rate = np.exp(self.log_rate)[:, None]
        self.leave, self.stay = expit(self.log_odds), expit(-self.log_odds)
        self.density = np.exp(
            r * np.log(alpha * self.rate)
            - alpha * self.rate
            - gammaln(r)
            + a * log_expit(self.log_odds)
            + b * log_expit(-self.log_odds)
            + (gammaln(a + b) - gammaln(a) - gammaln(b))
        )

    def over(self, of: Array) -> float:
        """The mean of a function of (rate, leave)."""
        return float(trapezoid(trapezoid(of * self.density, self.log_odds), self.log_rate))

    def alive(self, x: float, age: float) -> Array:
        """P(this history, and still a customer), given rate and chance to leave."""
        chances = x + 1 if self.variant == "mbg" else x
        return np.asarray(self.stay**chances * self.rate**x * np.exp(-self.rate * age))

    def gone(self, x: float, last: float) -> Array:
        """P(this history, and gone after its last purchase); in BG/NBD never after the first."""
        if self.variant == "bg" and x == 0:
            return np.zeros_like(self.density)
        before = x if self.variant == "mbg" else x - 1
        return np.asarray(self.leave * self.stay**before * self.rate**x * np.exp(-self.rate * last))


@pytest.mark.parametrize(("variant", "parameters", "known"), CASES)
def test_closed_forms_are_the_integrals(
    variant: Variant,
    parameters: tuple[float, float, float, float],
    known: tuple[int, float, float],
) -> None:
    x, last, age = known
    model, integral = PurchaseModel(variant, *parameters), Integral(variant, parameters)
    one = PurchaseHistories(*(np.array([float(each)]) for each in known))
    alive = integral.alive(x, age)
    likelihood = integral.over(alive) + integral.over(integral.gone(x, last))
    orders = -np.expm1(-integral.rate * integral.leave * HORIZON) / integral.leave
    order = -np.expm1(-integral.rate * HORIZON)
    assert integral.over(np.ones_like(alive)) == pytest.approx(1, abs=1e-8)
    assert model.log_likelihood(one) == pytest.approx(np.log(likelihood), abs=1e-6)
    assert model.p_alive(one)[0] == pytest.approx(integral.over(alive) / likelihood, rel=1e-6)
    assert model.p_order(one, HORIZON)[0] == pytest.approx(
        integral.over(alive * order) / likelihood, rel=1e-6
    )
    assert model.expected_orders(one, HORIZON)[0] == pytest.approx(
        integral.over(alive * orders) / likelihood, rel=1e-6
    )


def test_quadrature_is_the_closed_form_where_that_holds() -> None:
    rng = np.random.default_rng(5)
    shape, rate = rng.uniform(0.1, 30.0, 200), rng.uniform(1.0, 900.0, 200)
    b = rng.uniform(0.1, 30.0, 200)
    for a, horizon in product((0.05, 0.6, 2.5, 20.0), (7.0, 91.0, 730.0)):
        np.testing.assert_allclose(
            _quadrature(shape, rate, b, np.full(200, horizon), a=a),
            _closed_form(shape, rate, a, b, horizon),
            rtol=1e-8,
        )


def test_quadrature_steps_in_where_the_closed_form_is_lost() -> None:
    # Ten years of a customer of a day, hardly anybody leaving: the hypergeometric factor overflows.
    shape, rate, b = np.array([0.5]), np.array([2.0]), np.array([1000.0])
    assert not np.isfinite(_closed_form(shape, rate, 0.01, b, 3650.0)[0])
    found = expected_days(shape=shape, rate=rate, a=0.01, b=b, horizon_days=3650.0)[0]
    # Simulated directly: the mean over a million draws of the chance to leave.
    leave = np.random.default_rng(1).beta(0.01, 1000.0, 1_000_000)
    leave = np.maximum(leave, 1e-12)
    each = (1 - (2.0 / (2.0 + leave * 3650.0)) ** 0.5) / leave
    assert found == pytest.approx(each.mean(), abs=5 * each.std() / 1000)


def test_equal_chances_to_leave_are_a_geometric_life() -> None:
    # With a and b immense everybody leaves with chance 1/2, and g(1/2) needs no average.
    shape, rate = np.array([2.0]), np.array([100.0])
    found = expected_days(shape=shape, rate=rate, a=9e4, b=np.array([9e4]), horizon_days=100.0)
    assert found[0] == pytest.approx((1 - (100 / 150) ** 2) / 0.5, rel=1e-4)


def test_no_horizon_holds_no_purchase() -> None:
    some = expected_days(
        shape=np.array([2.0]), rate=np.array([9.0]), a=0.7, b=np.array([2.0]), horizon_days=0.0
    )
    assert some[0] == 0


@pytest.mark.parametrize("a", [0.05, 0.8, 6.0])
def test_whoever_is_still_there_has_been_drawn_and_counted(a: float) -> None:
    # Rates and chances drawn as the model says; given both, leaving is a Poisson process thinned.
    rng = np.random.default_rng(11)
    shape, rate, b, days = 1.7, 40.0, 2.5, 200.0
    speed = rng.gamma(shape, 1.0 / rate, 400_000)
    leave = rng.beta(a, b, 400_000)
    stays = rng.poisson(speed * leave * days) == 0
    found = survival_probability(
        shape=np.array([shape]), rate=np.array([rate]), a=a, b=np.array([b]), horizon_days=days
    )
    assert found[0] == pytest.approx(stays.mean(), abs=4 * stays.std() / 400_000**0.5)


def test_quadrature_and_closed_form_of_who_is_still_there_agree() -> None:
    rng = np.random.default_rng(6)
    shape, rate = rng.uniform(0.1, 30.0, 100), rng.uniform(1.0, 900.0, 100)
    b = rng.uniform(0.1, 30.0, 100)
    for a, horizon in product((0.05, 0.6, 2.5, 20.0), (7.0, 91.0, 730.0)):
        np.testing.assert_allclose(
            _quadrature_survival(shape, rate, b, np.full(100, horizon), a=a),
            survival_probability(shape=shape, rate=rate, a=a, b=b, horizon_days=horizon),
            rtol=1e-7,
            atol=1e-12,
        )


def test_fewer_are_still_there_as_expected_days_grow_slower() -> None:
    # The expected days grow, at any moment, by the mean rate of those who are still there: so the
    # slope of the one bounds the other, and nobody is there who could not have left.
    some = {"shape": np.array([2.0]), "rate": np.array([60.0]), "a": 0.7, "b": np.array([3.0])}
    horizons = np.linspace(0.0, 2000.0, 41)
    there = np.array([survival_probability(**some, horizon_days=each)[0] for each in horizons])
    assert there[0] == 1.0
    assert (np.diff(there) < 0).all()
    days = np.array([expected_days(**some, horizon_days=each)[0] for each in horizons])
    slope = np.diff(days) / np.diff(horizons)
    assert (slope <= 2.0 / 60.0 * there[:-1]).all()
