"""Month by month, whether a subscriber stays: what is learnt from, and what follows from it.

The log odds of leaving in each month are the prior's plus a correction of that month. A correction
may change as tenure grows; beyond the last month that has one, that last one stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from models.retention import Lives, RetentionModel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Months:
    """One row per life and month that was watched to its end.

    life   position of the life, int
    month  of its life, counted from 1
    left   whether it ended in this month, 0 or 1
    """

    life: NDArray[np.int64]
    month: Array
    left: Array


def months_watched(lives: Lives) -> Months:
    """The lives cut into months: the likelihood of a life is the product over its rows."""
    watched = (lives.periods - lives.entered).astype(np.int64)
    life = np.repeat(np.arange(len(watched)), watched)
    first = np.repeat(np.cumsum(watched) - watched, watched)
    month = lives.entered[life] + np.arange(len(life)) - first + 1.0
    return Months(life, month, (lives.left[life] & (month == lives.periods[life])).astype(float))


@dataclass(frozen=True)
class Outlook:
    """Subscribers with the prior and their corrections for the months to come.

    tenure      whole months survived, shape (customers,)
    correction  added to the prior's log odds of leaving in months tenure + 1 .. tenure + n,
                shape (customers, n), n >= 1
    """

    prior: RetentionModel
    tenure: Array
    correction: Array

    def survival(self, months: float) -> Array:
        """P(still there so many months on), in (0, 1]; never rises with the months.

        Within a month the chance to leave is spread evenly on the scale of log survival.
        """
        ahead = min(float(months), float(self.correction.shape[1]))
        log_stay = self._log_stay()
        whole = int(ahead)
        log_survival = log_stay[:, :whole].sum(axis=1)
        if ahead > whole:
            log_survival = log_survival + (ahead - whole) * log_stay[:, whole]
        rest = self._later().conditional_survival(self._horizon(), max(months - ahead, 0.0))
        return np.asarray(np.exp(log_survival) * rest)

    def discounted_months(self, discount_rate: float) -> Array:
        """Discounted E[months to be begun, the running one at full worth], >= 1.

        The sum over h >= 0 of survival(h) / (1 + discount_rate) ** h: what one unit of money at
        the beginning of each month is worth. The rate is per month, > 0.
        """
        kept = (1.0 + discount_rate) ** -np.arange(1.0, self.correction.shape[1] + 1.0)
        survival = np.exp(np.cumsum(self._log_stay(), axis=1))
        later = self._later().discounted_remaining_life(self._horizon(), discount_rate)
        beyond = survival[:, -1] * kept[-1] * later / (1.0 + discount_rate)
        return np.asarray(1.0 + survival @ kept + beyond)

    def _log_stay(self) -> Array:
        """Log P(surviving each month with a correction), shape of `correction`."""
        ahead = np.arange(1.0, self.correction.shape[1] + 1.0)
        log_odds = self.prior.log_odds_of_leaving(self.tenure[:, None] + ahead)
        return np.asarray(np.log1p(-expit(log_odds + self.correction)))

    def _later(self) -> RetentionModel:
        """The prior of each customer after the last correction."""
        return self.prior.corrected(self.correction[:, -1])

    def _horizon(self) -> Array:
        """Tenure at the end of the last month with a correction."""
        return self.tenure + float(self.correction.shape[1])
