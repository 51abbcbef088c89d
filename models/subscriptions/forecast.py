"""How long subscribers will stay, and what they will be worth.

Time is counted in months of 30.4375 days from as_of. A month is paid for when it begins, so that
the running one is paid for by everybody; whoever leaves does so at the end of a month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.config.sections import Economics
from features.timestamps import MONTH_DAYS
from models import economics as money
from models.customer_values import CustomerValues, ValueCurve
from models.design_matrix import Matrix
from models.predictor_interface import Forecast, UnboundedValueError
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.survival import SurvivalCurve

Array = NDArray[np.float64]
Places = NDArray[np.int64]
SMALLEST = 1e-6
LONGEST_LIFE = 1200.0


@dataclass(frozen=True)
class SubscriptionForecast(Forecast):
    """What is predicted of each subscriber, before any horizon is named, each of shape (n,).

    tenure          whole months survived; amount: money per month
    survival_curve  survival month by month
    """

    tenure: Array
    amount: Array
    survival_curve: SurvivalCurve

    def survival(self, days: Array) -> Array:
        """P(still a subscriber so many days on), days of shape (m,), as a matrix (n, m)."""
        return self.survival_curve.survival_at(days / MONTH_DAYS)

    def stays(self, horizon_days: float) -> Array:
        """P(does not cancel in the horizon), strictly between 0 and 1, shape (n,)."""
        return np.clip(self.survival(np.array([horizon_days]))[:, 0], SMALLEST, 1.0 - SMALLEST)

    def monthly_revenue(self, months: money.HorizonMonths) -> Array:
        """E[revenue of each month of a horizon], money, shape (n, m)."""
        active = self.survival(months.starts)
        return np.asarray(self.amount[:, None] * months.parts * active)

    def values(self, horizon_days: int, economics: Economics) -> CustomerValues:
        """The numbers of `models.predictor_interface.Predictor.predict`.

        Raises UnboundedValueError where a remaining life counts for more than a century.
        """
        months = money.horizon_months(horizon_days)
        stays = self.stays(horizon_days)
        revenue = self.monthly_revenue(months).sum(axis=1)
        monthly = self._monthly_value(economics)
        clv = monthly * self._months_worth(economics)
        lives = [self.survival_curve.months_survived(at) for at in (0.1, 0.9)]
        ends = [monthly * _annuity(months, economics) for months in lives]
        historic = economics.margin * self.amount * self.tenure
        return CustomerValues(
            p_churn=1.0 - stays,
            expected_spend=revenue / stays,
            expected_revenue=revenue,
            clv=clv,
            clv_low=np.minimum(*ends),
            clv_high=np.maximum(*ends),
            clv_historic=historic,
            clv_total=historic + clv,
            clv_net=historic + clv - economics.acquisition_cost,
        )

    def value_curve(self, horizon_days: int, economics: Economics) -> ValueCurve:
        """The months of the horizon; here `value` sums to what clv holds of it, not to clv."""
        months = money.horizon_months(horizon_days)
        cumulative = np.cumsum(self.monthly_revenue(months), axis=1)
        value = money.margins(cumulative, months, economics)
        value -= money.retention_costs(self.survival(months.starts), months, economics)
        return ValueCurve(
            ends=months.ends,
            expected_revenue=np.diff(cumulative, axis=1, prepend=0.0),
            survival=self.survival(months.ends),
            value=value,
        )

    def beyond_the_curve(self, horizon_days: int, economics: Economics) -> dict[str, Array]:
        """`clv_after_horizon`: what clv holds of the life beyond the horizon, money."""
        clv = self.values(horizon_days, economics).clv
        within = self.value_curve(horizon_days, economics).value.sum(axis=1)
        return {"clv_after_horizon": clv - within}

    def _monthly_value(self, economics: Economics) -> Array:
        """Margin less the cost of retention in a month that is paid for, money, undiscounted."""
        return economics.margin * self.amount - economics.retention_cost_annual / 12.0

    def _months_worth(self, economics: Economics) -> Array:
        """Discounted E[months to be paid for], each counted at its end."""
        rate = _monthly_rate(economics)
        worth = self.survival_curve.discounted_months(rate) / (1.0 + rate)
        if worth.max(initial=0.0) > LONGEST_LIFE:
            raise UnboundedValueError(
                f"economics.discount_rate_annual of {economics.discount_rate_annual:g} makes a "
                f"customer's remaining life count for {worth.max():,.0f} months, more than a "
                "century: give a higher rate"
            )
        return np.asarray(worth)


def forecast(bundle: SubscriptionBundle, matrix: Array) -> SubscriptionForecast:
    """Apply the bundle's trees to a matrix of `bundle.feature_matrix`, shape (n, features)."""
    card = bundle.card
    tenure = matrix[:, bundle.places["tenure_months"]].copy()
    return SubscriptionForecast(
        tenure=tenure,
        amount=matrix[:, bundle.places["monthly_amount"]].copy(),
        survival_curve=SurvivalCurve(
            prior=card.prior.model,
            tenure=tenure,
            correction=_corrections(bundle, matrix),
            tail=card.prior.tail,
        ),
    )


def months_ahead(
    bundle: SubscriptionBundle, matrix: Array, most: int | None = None
) -> tuple[Matrix, Places]:
    """What the trees are asked about the months to come: rows, and the row of each month.

    The second is of shape (n, last month + 1). Nothing is asked beyond the last observed month, or
    beyond `most` months: every later one is like the last that is asked about.
    """
    last = bundle.card.prior.last_month
    start = np.minimum(matrix[:, bundle.places["tenure_months"]], last - 1.0)
    ahead = np.minimum(last - start, most or np.inf).astype(np.int64)
    customer = np.repeat(np.arange(len(start)), ahead)
    first = np.cumsum(ahead) - ahead
    rows = matrix[customer].astype(np.float32)
    month = np.arange(len(customer)) - first[customer]
    rows[:, bundle.places["tenure_months"]] = start[customer] + month
    return rows, first[:, None] + np.minimum(np.arange(last + 1), ahead[:, None] - 1)


def _corrections(bundle: SubscriptionBundle, matrix: Array) -> Array:
    """What is added to the prior's log odds in the months to come, shape (n, last month + 1)."""
    trees = bundle.card.churn
    rows, place = months_ahead(bundle, matrix)
    return np.asarray(
        (trees.shift + trees.strength * bundle.tree_arrays[0].correction(rows))[place]
    )


def _annuity(survived: Array, economics: Economics) -> Array:
    """What one unit of money in each month is worth that begins until the life ends."""
    rate = _monthly_rate(economics)
    months = survived + 1.0
    if rate < 1e-12:
        return months
    return np.asarray(-np.expm1(-months * np.log1p(rate)) / rate)


def _monthly_rate(economics: Economics) -> float:
    return float((1.0 + economics.discount_rate_annual) ** (1.0 / 12.0) - 1.0)
