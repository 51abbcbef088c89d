"""Month by month, whether a subscriber stays: what is learnt from, and what follows from it.

The log odds of leaving in each month are the prior's plus a correction of that month. A correction
may change as tenure grows; beyond the last month that has one, that last one stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.subscriptions.shifted_beta_geometric import Lifetimes, ShiftedBetaGeometric

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ObservedMonths:
    """Person-months: one row per lifetime and month that was observed to its end.

    life   position of the lifetime, int
    month  of the lifetime, counted from 1
    left   whether it ended in this month, 0 or 1
    """

    life: NDArray[np.int64]
    month: Array
    left: Array


def observed_months(lifetimes: Lifetimes) -> ObservedMonths:
    """Lifetimes cut into months: the likelihood of one is the product over its rows."""
    observed = (lifetimes.periods - lifetimes.entered).astype(np.int64)
    life = np.repeat(np.arange(len(observed)), observed)
    first = np.repeat(np.cumsum(observed) - observed, observed)
    month = lifetimes.entered[life] + np.arange(len(life)) - first + 1.0
    return ObservedMonths(
        life, month, (lifetimes.left[life] & (month == lifetimes.periods[life])).astype(float)
    )


@dataclass(frozen=True)
class TailExtrapolation:
    """What is assumed of months of tenure that were not observed: nobody grows more loyal.

    last   the last month that was observed; the prior's log odds of leaving stay as they are in it
    floor  log odds of leaving that no month beyond it goes below
    """

    last: float
    floor: float


@dataclass(frozen=True)
class SurvivalCurve:
    """Subscribers with the prior and their corrections for the months to come.

    tenure      whole months survived, shape (customers,)
    correction  added to the prior's log odds of leaving in months tenure + 1 .. tenure + n,
                shape (customers, n), n >= 1
    tail        what holds beyond the last observed month; then tenure + n must lie beyond it, and
                later months are like month tenure + n; without it the prior goes on for ever
    """

    prior: ShiftedBetaGeometric
    tenure: Array
    correction: Array
    tail: TailExtrapolation | None = None

    def survival(self, months: float) -> Array:
        """P(still there so many months on), in (0, 1]; never rises with the months."""
        return np.asarray(self.survival_at(np.array([float(months)]))[:, 0])

    def survival_at(self, months: Array) -> Array:
        """The same for several numbers of months, shape (m,), as a matrix (customers, m).

        Within a month the chance to leave is spread evenly on the scale of log survival.
        """
        ahead = np.minimum(months, float(self.correction.shape[1]))
        below = np.floor(ahead).astype(np.int64)
        above = np.minimum(below + 1, self.correction.shape[1])
        low, high = self._log_survival[:, below], self._log_survival[:, above]
        return np.asarray(np.exp(low + (ahead - below) * (high - low)) * self._beyond(months))

    def months_survived(self, at: float) -> Array:
        """The quantile of the whole months that a customer will survive: the fewest m for which
        P(no more than m) >= `at`, which lies in (0, 1). Needs a tail."""
        level = np.log1p(-at)
        within = (self._log_survival[:, 1:] > level).sum(axis=1)
        rest = np.ceil((level - self._log_survival[:, -1]) / self._log_stay[:, -1]) - 1.0
        columns = self.correction.shape[1]
        return np.asarray(np.where(within < columns, within, columns + np.maximum(rest, 0.0)))

    def discounted_months(self, discount_rate: float) -> Array:
        """Discounted E[months to be begun, the running one at full worth], >= 1.

        The sum over h >= 0 of survival(h) / (1 + discount_rate) ** h: what one unit of money at
        the beginning of each month is worth. The rate is per month, > 0, or >= 0 with a tail.
        """
        kept = (1.0 + discount_rate) ** -np.arange(1.0, self.correction.shape[1] + 1.0)
        survival = np.exp(self._log_survival[:, 1:])
        beyond = survival[:, -1] * kept[-1] * self._later_life(discount_rate)
        return np.asarray(1.0 + (survival * kept).sum(axis=1) + beyond / (1.0 + discount_rate))

    @cached_property
    def log_odds(self) -> Array:
        """Log odds of leaving in each month that has a correction, shape of `correction`."""
        month = self.tenure[:, None] + np.arange(1.0, self.correction.shape[1] + 1.0)
        if self.tail is None:
            return self.prior.log_odds_of_leaving(month) + self.correction
        held = self.prior.log_odds_of_leaving(np.minimum(month, self.tail.last))
        found = held + self.correction
        beyond = month > self.tail.last
        return np.where(beyond, np.maximum(found, self.tail.floor), found)

    @cached_property
    def _log_stay(self) -> Array:
        """Log P(surviving each month with a correction), shape of `correction`."""
        return np.asarray(-np.logaddexp(0.0, self.log_odds))

    @cached_property
    def _log_survival(self) -> Array:
        """Log P(still there) after 0, 1, ... n months, shape (customers, n + 1)."""
        found: Array = np.cumsum(self._log_stay, axis=1)
        return np.concatenate([np.zeros((len(found), 1)), found], axis=1)

    def _beyond(self, months: Array) -> Array:
        """P(surviving what lies beyond the last correction), shape (customers, m)."""
        rest = np.maximum(months - float(self.correction.shape[1]), 0.0)
        if self.tail is not None:
            return np.asarray(np.exp(rest * self._log_stay[:, -1:]))
        later = [self._later().conditional_survival(self._horizon(), each) for each in rest]
        return np.stack(later, axis=1)

    def _later_life(self, discount_rate: float) -> Array:
        """Discounted E[months to be survived after the last correction], as in `retention`."""
        if self.tail is None:
            return self._later().discounted_remaining_life(self._horizon(), discount_rate)
        log_stay = self._log_stay[:, -1]
        leave, stay = -np.expm1(log_stay), np.exp(log_stay)
        return np.asarray(stay * (1.0 + discount_rate) / (discount_rate + leave))

    def _later(self) -> ShiftedBetaGeometric:
        """The prior of each customer after the last correction."""
        return self.prior.corrected(self.correction[:, -1])

    def _horizon(self) -> Array:
        """Tenure at the end of the last month with a correction."""
        return self.tenure + float(self.correction.shape[1])
