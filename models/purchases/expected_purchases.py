"""How many days a customer still buys who may leave for good after each of them.

The customer buys at a rate drawn from Gamma(shape, rate) and leaves after each purchase day with a
chance theta drawn from Beta(a, b). Given theta, the horizon t holds

    g(theta) = (1 - (rate / (rate + theta t)) ^ shape) / theta

days on average, between P(at least one day) = g(1) and shape t / rate = g(0), where nobody leaves.
Shapes broadcast: customers as a column and horizons as a row give one number for each pair.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import hyp2f1

from models.beta_expectation import beta_average, lost_digits

Array = NDArray[np.float64]


def expected_days(
    *, shape: Array, rate: Array, a: float, b: Array, horizon_days: float | Array
) -> Array:
    """E[purchase days in the horizon] of living customers: the mean of g over theta.

    shape, rate  of each customer's purchase rate, rate in days; b: of each one's chance to leave

    Source: Fader, Hardie & Lee (2005), equation 10, in closed form; by quadrature where the
    hypergeometric function of the closed form overflows or loses its digits.
    """
    least = -np.expm1(-shape * np.log1p(horizon_days / rate))
    most = shape * horizon_days / rate
    found = _closed_form(shape, rate, a, b, horizon_days)
    lost = lost_digits(found, least, most)
    if lost.any():
        found[lost] = _quadrature(*_chosen(lost, shape, rate, b, horizon_days), a=a)
    return np.minimum(np.maximum(found, least), most)


def survival_probability(
    *, shape: Array, rate: Array, a: float, b: Array, horizon_days: float | Array
) -> Array:
    """P(a living customer has not left by the horizon's end), in (0, 1]; falls with the horizon.

    Given theta and the purchase rate, a customer leaves at the rate of their product, so that is
    the mean over theta of (rate / (rate + theta t)) ^ shape, Gauss's hypergeometric function
    F(shape, a; a + b; -t / rate), here Euler-transformed; by quadrature where it loses its digits.
    """
    least = np.exp(-shape * np.log1p(horizon_days / rate))
    z = horizon_days / (rate + horizon_days)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = np.exp(a * np.log1p(-z)) * hyp2f1(a + b - shape, a, a + b, z)
    lost = lost_digits(found, least, 1.0)
    if lost.any():
        found[lost] = _quadrature_survival(*_chosen(lost, shape, rate, b, horizon_days), a=a)
    return np.minimum(np.maximum(found, least), 1.0)


def _chosen(flags: NDArray[np.bool_], *values: float | Array) -> list[Array]:
    """The flagged places of values that broadcast to the flags' shape."""
    return [np.broadcast_to(each, flags.shape)[flags] for each in values]


def _closed_form(
    shape: Array, rate: Array, a: float, b: Array, horizon_days: float | Array
) -> Array:
    """Equation 10, the hypergeometric factor in its Euler-transformed form.

    Its parameters stay small however many repeats a customer has; NaN where it overflows.
    """
    a_less_1 = a - 1.0 if abs(a - 1.0) > 1e-6 else 1e-6
    c = a_less_1 + b
    z = horizon_days / (rate + horizon_days)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        decay = np.exp(a_less_1 * np.log1p(-z)) * hyp2f1(c - shape, a_less_1, c, z)
        return np.asarray(c / a_less_1 * (1.0 - decay))


def _quadrature(shape: Array, rate: Array, b: Array, horizon_days: Array, *, a: float) -> Array:
    """The mean of g: of g less the straight line through its ends, whose mean is known.

    The difference falls off at both sides even where the density of theta hardly does.
    """
    most = shape * horizon_days / rate
    least = -np.expm1(-shape * np.log1p(horizon_days / rate))

    def above_the_line(leave: Array, stay: Array) -> Array:
        days = -np.expm1(-shape * np.log1p(leave * horizon_days / rate)) / leave
        return np.asarray(days - (most * stay + least * leave))

    line = (most * b + least * a) / (a + b)
    return beta_average(above_the_line, a, b, np.log1p(most)) + line


def _quadrature_survival(
    shape: Array, rate: Array, b: Array, horizon_days: Array, *, a: float
) -> Array:
    """The mean of (rate / (rate + theta t)) ^ shape, in the same manner."""
    least = np.exp(-shape * np.log1p(horizon_days / rate))

    def above_the_line(leave: Array, stay: Array) -> Array:
        staying = np.exp(-shape * np.log1p(leave * horizon_days / rate))
        return np.asarray(staying - (stay + least * leave))

    line = (b + least * a) / (a + b)
    most = shape * horizon_days / rate
    return beta_average(above_the_line, a, b, np.log1p(most)) + line
