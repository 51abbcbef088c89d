"""The closed forms against direct integration over what is not known of a customer."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import trapezoid
from scipy.special import expit, gammaln, log_expit

from models.dropout import _closed_form, _quadrature, expected_days
from models.purchases import Histories, PurchaseModel, Variant

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
    one = Histories(*(np.array([float(each)]) for each in known))
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
