"""How many purchase days to expect: BG/NBD and MBG/NBD, by maximum likelihood and in closed form.

A customer buys at a rate drawn from Gamma(r, alpha) and, after each purchase, leaves for good with
a probability drawn from Beta(a, b). In BG/NBD the first purchase is never the last; in MBG/NBD it
may be, so a customer who bought once can be gone.

Sources: Fader, Hardie & Lee (2005), "Counting Your Customers the Easy Way" (BG/NBD), equations 6,
7 and 10; Batislam, Denizel & Filiztekin (2007), "Empirical validation and comparison of models for
customer base analysis" (MBG/NBD). Time is in days throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, gammaln

from models.maximum_likelihood import maximise
from models.purchases.expected_purchases import expected_days, survival_probability

Array = NDArray[np.float64]
Variant = Literal["bg", "mbg"]
LOG_BOUNDS = [(-7.0, 7.0), (-7.0, 12.0), (-7.0, 7.0), (-7.0, 7.0)]


@dataclass(frozen=True)
class PurchaseHistories:
    """What the purchase models know of each customer.

    repeats      purchase days after the first, count, >= 0
    last_repeat  first to last purchase day, days, in [0, age]; 0 where repeats is 0
    age          first purchase to as_of, days, > 0
    """

    repeats: Array
    last_repeat: Array
    age: Array

    def distinct(self) -> tuple[PurchaseHistories, Array]:
        """Distinct histories and how many customers share each."""
        stacked = np.stack([self.repeats, self.last_repeat, self.age], axis=1)
        rows, counts = np.unique(stacked, axis=0, return_counts=True)
        return PurchaseHistories(*rows.T), counts.astype(float)


@dataclass(frozen=True)
class PurchasePosterior:
    """What a purchase model knows of each customer, given the history, before a horizon is named.

    alive        P(the customer has not left for good by as_of), in (0, 1]
    shape, rate  of the purchase rate's gamma, given that; rate in days
    a, b         of the beta of the chance to leave after a purchase day

    Customers as a column, shape (n, 1), and horizons as a row, shape (m,), give a matrix.
    """

    alive: Array
    shape: Array
    rate: Array
    a: float
    b: Array

    def p_order(self, horizon_days: float | Array) -> Array:
        """P(at least one purchase day in the horizon), in [0, 1); never falls with the horizon.

        The first purchase precedes any new chance to leave, so for a living customer
        P(none) = (rate / (rate + t)) ^ shape.
        """
        log_ratio = np.log1p(horizon_days / self.rate)
        return np.asarray(-np.expm1(-self.shape * log_ratio) * self.alive)

    def expected_orders(self, horizon_days: float | Array) -> Array:
        """E[purchase days in the horizon], >= p_order (BG/NBD: equation 10 of the paper)."""
        days = expected_days(
            shape=self.shape, rate=self.rate, a=self.a, b=self.b, horizon_days=horizon_days
        )
        return np.asarray(self.alive * days)

    def p_alive_at(self, horizon_days: float | Array) -> Array:
        """P(the customer has not left by the horizon's end), in (0, 1]; falls with the horizon."""
        staying = survival_probability(
            shape=self.shape, rate=self.rate, a=self.a, b=self.b, horizon_days=horizon_days
        )
        return np.asarray(self.alive * staying)


@dataclass(frozen=True)
class PurchaseModel:
    """Fitted parameters; `alpha` in days, the others without a unit, all > 0."""

    variant: Variant
    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, histories: PurchaseHistories) -> float:
        """Sum over customers of the log likelihood (BG/NBD: equation 6 of the paper)."""
        parameters = np.array([self.r, self.alpha, self.a, self.b])
        each, _ = _log_likelihood(parameters, histories, self.variant)
        return float(each.sum())

    def p_alive(self, histories: PurchaseHistories) -> Array:
        """P(the customer has not left for good by as_of), in (0, 1]."""
        _, log_odds_gone = _survival_terms(
            self.r, self.alpha, self.a, self.b, histories, self.variant
        )
        bounded = np.minimum(np.maximum(log_odds_gone, -700.0), 700.0)
        return np.asarray(1.0 / (1.0 + np.exp(bounded)))

    def posterior(self, histories: PurchaseHistories) -> PurchasePosterior:
        """What is known of each customer, given the history."""
        x = histories.repeats
        return PurchasePosterior(
            alive=self.p_alive(histories),
            shape=self.r + x,
            rate=self.alpha + histories.age,
            a=self.a,
            b=self.b + (x + 1.0 if self.variant == "mbg" else x),
        )

    def p_order(self, histories: PurchaseHistories, horizon_days: float | Array) -> Array:
        """P(at least one purchase day in the horizon), see `PurchasePosterior.p_order`."""
        return self.posterior(histories).p_order(horizon_days)

    def expected_orders(self, histories: PurchaseHistories, horizon_days: float | Array) -> Array:
        """E[purchase days in the horizon], see `PurchasePosterior.expected_orders`."""
        return self.posterior(histories).expected_orders(horizon_days)


def fit(histories: PurchaseHistories, variant: Variant = "bg") -> PurchaseModel:
    """Maximum likelihood over the distinct histories; raises ValueError on an empty population."""
    if histories.age.size == 0:
        raise ValueError("purchase model: no customers to fit; widen the window before as_of")
    distinct, weight = histories.distinct()
    scale = float(np.average(distinct.age, weights=weight))

    def mean_log_likelihood(log_parameters: Array) -> tuple[float, Array]:
        parameters = np.exp(log_parameters) * np.array([1.0, scale, 1.0, 1.0])
        each, gradient = _log_likelihood(parameters, distinct, variant)
        total = weight.sum()
        slope = (gradient * parameters[:, None]) @ weight / total
        return float(each @ weight) / total, slope

    starts = ([-1.0, -1.5, -0.5, 0.8], [0.0, -1.0, -2.0, 1.0])
    best = maximise(mean_log_likelihood, starts, LOG_BOUNDS)
    r, alpha, a, b = np.exp(best) * np.array([1.0, scale, 1.0, 1.0])
    return PurchaseModel(variant, float(r), float(alpha), float(a), float(b))


def _survival_terms(
    r: float, alpha: float, a: float, b: float, histories: PurchaseHistories, variant: Variant
) -> tuple[Array, Array]:
    """Log weight of being alive at T, and the log odds of having left after the last purchase."""
    x, t_x, age = histories.repeats, histories.last_repeat, histories.age
    alive = -(r + x) * np.log(alpha + age)
    chances = b + x if variant == "mbg" else np.maximum(b + x - 1.0, 1e-12)
    gone = np.log(a) - np.log(chances) - (r + x) * np.log(alpha + t_x)
    if variant == "bg":
        gone = np.where(x > 0, gone, -np.inf)
    return alive, gone - alive


def _log_likelihood(
    parameters: Array, histories: PurchaseHistories, variant: Variant
) -> tuple[Array, Array]:
    """Log likelihood of each history and its gradient, shapes (n,) and (4, n)."""
    r, alpha, a, b = parameters
    x, t_x, age = histories.repeats, histories.last_repeat, histories.age
    extra = 1.0 if variant == "mbg" else 0.0
    alive, log_odds_gone = _survival_terms(r, alpha, a, b, histories, variant)
    w_gone = 1.0 / (1.0 + np.exp(-np.clip(log_odds_gone, -700, 700)))
    each = (
        gammaln(r + x)
        - gammaln(r)
        + r * np.log(alpha)
        + betaln(a, b + x + extra)
        - betaln(a, b)
        + alive
        + np.logaddexp(0.0, log_odds_gone)
    )
    w_alive = 1.0 - w_gone
    d_r = (
        digamma(r + x)
        - digamma(r)
        + np.log(alpha)
        - w_alive * np.log(alpha + age)
        - w_gone * np.log(alpha + t_x)
    )
    d_alpha = r / alpha - (r + x) * (w_alive / (alpha + age) + w_gone / (alpha + t_x))
    d_ab = digamma(a + b) - digamma(a + b + x + extra)
    d_a = d_ab + w_gone / a
    chances = np.maximum(b + x - 1.0 + extra, 1e-12)
    d_b = d_ab + digamma(b + x + extra) - digamma(b) - w_gone / chances
    return each, np.stack([d_r, d_alpha, d_a, d_b])
