"""How long subscribers stay: the shifted beta-geometric, by maximum likelihood and in closed form.

At the end of every period a subscriber leaves with a chance drawn once from Beta(alpha, beta) and
kept for life. Those likely to leave do so early, so that who is left leaves ever less: retention
rises with tenure although nobody changes.

Sources: Fader & Hardie (2007), "How to Project Customer Retention", equations 5 to 8; Fader &
Hardie (2010), "Customer-Base Valuation in a Contractual Setting", equation 6; the chance that
depends on what is known of a customer is the beta-logistic of Heckman & Willis (1977). A period is
whatever the tenure is counted in, here a month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from models.maximum_likelihood import maximise
from models.subscriptions.residual_lifetime import discounted_renewals

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
LOG_BOUNDS = [(-9.0, 9.0), (-9.0, 9.0)]


@dataclass(frozen=True)
class Lifetimes:
    """The lifetime of each subscription, left truncated and right censored.

    entered  left truncation: whole periods survived before it was first observed, >= 0; 0 where
             it was observed from its start
    periods  where it ended, the period in which it left; else whole periods survived, >= entered
    left     whether it ended; then periods > entered
    """

    entered: Array
    periods: Array
    left: Flags

    def distinct(self) -> tuple[Lifetimes, Array]:
        """Distinct lifetimes and how many customers share each."""
        stacked = np.stack([self.entered, self.periods, self.left.astype(float)], axis=1)
        rows, counts = np.unique(stacked, axis=0, return_counts=True)
        entered, periods, left = rows.T
        return Lifetimes(entered, periods, left > 0), counts.astype(float)


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """Fitted parameters, > 0, without a unit; `alpha` one number, or one per customer."""

    alpha: float | Array
    beta: float

    def survival(self, periods: Array) -> Array:
        """P(still there after so many periods from the start), in (0, 1], never rising."""
        return np.asarray(np.exp(self.log_survival(periods)))

    def log_survival(self, periods: Array) -> Array:
        """Logarithm of `survival`; defined between whole periods too, where it stays smooth."""
        alpha, beta = self.alpha, self.beta
        now = gammaln(beta + periods) - gammaln(alpha + beta + periods)
        return np.asarray(now + gammaln(alpha + beta) - gammaln(beta))

    def retention(self, period: Array) -> Array:
        """P(surviving a period, given all before it), counted from 1; rises with the period."""
        elapsed = self.beta + np.asarray(period, dtype=float) - 1.0
        return np.asarray(elapsed / (self.alpha + elapsed))

    def log_odds_of_leaving(self, period: Array) -> Array:
        """Log odds of leaving in a period, given all before it: log(alpha / (beta + t - 1))."""
        elapsed = self.beta + np.asarray(period, dtype=float) - 1.0
        return np.asarray(np.log(self.alpha) - np.log(elapsed))

    def conditional_survival(self, tenure: Array, periods: Array | float) -> Array:
        """P(still there so many periods on, given that `tenure` are survived), in (0, 1]."""
        return np.asarray(np.exp(self.log_survival(tenure + periods) - self.log_survival(tenure)))

    def discounted_remaining_life(self, tenure: Array, discount_rate: float) -> Array:
        """DERL: discounted E[periods still to be survived, given `tenure` survived], > 0.

        The sum over h >= 1 of conditional_survival(tenure, h) / (1 + discount_rate) ** (h - 1): the
        value of one unit of money at each renewal, just before the next one, which is the paper's
        equation 6 with n = tenure + 1. The rate is per period, > 0.
        """
        alpha, beta = np.broadcast_arrays(self.alpha, self.beta + np.asarray(tenure, dtype=float))
        return discounted_renewals(alpha, beta, discount_rate)

    def corrected(self, log_odds: Array) -> ShiftedBetaGeometric:
        """The model of customers whose log odds of leaving are higher by so much in every period.

        The odds of leaving are alpha / (beta + t - 1), so a constant factor on them is one on
        alpha: all closed forms hold for each customer.
        """
        return ShiftedBetaGeometric(self.alpha * np.exp(log_odds), self.beta)

    def log_likelihood(self, lifetimes: Lifetimes) -> float:
        """Sum over customers of the log likelihood."""
        each, _ = _log_likelihood(np.array([self.alpha, self.beta]), lifetimes)
        return float(each.sum())


def fit(lifetimes: Lifetimes) -> ShiftedBetaGeometric:
    """Maximum likelihood over the distinct lifetimes, each as far as it was observed.

    Raises ValueError when no period of any lifetime was observed.
    """
    if not (lifetimes.periods > lifetimes.entered).any():
        raise ValueError("retention model: no period of any subscription was observed to its end")
    distinct, weight = lifetimes.distinct()

    def mean_log_likelihood(log_parameters: Array) -> tuple[float, Array]:
        parameters = np.exp(log_parameters)
        each, gradient = _log_likelihood(parameters, distinct)
        total = weight.sum()
        return float(each @ weight) / total, (gradient * parameters[:, None]) @ weight / total

    alpha, beta = np.exp(maximise(mean_log_likelihood, ([0.0, 1.0], [1.0, 3.0]), LOG_BOUNDS))
    return ShiftedBetaGeometric(float(alpha), float(beta))


def _log_likelihood(parameters: Array, lifetimes: Lifetimes) -> tuple[Array, Array]:
    """Log likelihood of each lifetime and its gradient, shapes (n,) and (2, n).

    log S(periods survived) - log S(entered), and for who left the log hazard of the last period.
    """
    alpha, beta = parameters
    model = ShiftedBetaGeometric(alpha, beta)
    survived = lifetimes.periods - lifetimes.left
    last = alpha + beta + survived
    each = model.log_survival(survived) - model.log_survival(lifetimes.entered)
    each = each + np.where(lifetimes.left, np.log(alpha) - np.log(last), 0.0)
    both = digamma(alpha + beta + lifetimes.entered) - digamma(last)
    d_alpha = both + np.where(lifetimes.left, 1.0 / alpha - 1.0 / last, 0.0)
    d_beta = both + digamma(beta + survived) - digamma(beta + lifetimes.entered)
    return each, np.stack([d_alpha, d_beta - np.where(lifetimes.left, 1.0 / last, 0.0)])
