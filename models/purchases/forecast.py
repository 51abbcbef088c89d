"""What customers will buy and be worth: the probability model, corrected by the trees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from features.config.sections import Economics
from models import economics as money
from models.boosting import Matrix
from models.customer_values import CustomerValues, ValueCurve
from models.intervals import revenue_interval
from models.predictor_interface import Forecast
from models.purchases.bundle import PurchaseBundle
from models.purchases.card import PurchaseCard
from models.purchases.churn import floor_shift, log_odds
from models.purchases.prior import Columns, PriorForecast

Array = NDArray[np.float64]
NEXT_ORDER_DAYS = 365.0
NEXT_ORDER_GRID = np.append(np.arange(1.0, 31.0), np.arange(37.0, NEXT_ORDER_DAYS, 7.0))


@dataclass(frozen=True)
class MatrixColumns:
    """A matrix read by the features' names."""

    matrix: Array
    places: Mapping[str, int]

    def __getitem__(self, name: str) -> Array:
        place = self.places[name]
        return self.matrix[:, place : place + 1]


@dataclass(frozen=True)
class PurchaseForecast(Forecast):
    """What is predicted of each customer, before any horizon is named.

    columns               features by name, each of shape (n, 1)
    prior                 the probability model's forecast of them
    floor_shift           see `models.purchases.churn.floor_shift`, shape (n, 1)
    tree_matrix           what the trees read, float32, shape (n, columns)
    faded_odds, faded_spend   what fresh trees take away from the prior's prediction for the horizon
                          that was learnt from, on the link scale, (n, 1)
    log_odds, log_spend   what is added to the prior's: that, the shift and the trees', (n, 1)

    A horizon is a number of days, then predictions have shape (n,), or several, shape (m,),
    then they have shape (n, m).
    """

    bundle: PurchaseBundle
    columns: MatrixColumns
    prior: PriorForecast
    as_of: datetime
    floor_shift: Array
    tree_matrix: Matrix
    faded_odds: Array
    faded_spend: Array
    log_odds: Array
    log_spend: Array

    def p_order(self, horizon_days: float | Array) -> Array:
        """P(at least one order in the horizon), in (0, 1); never falls with the horizon."""
        return self.p_order_and_spend(horizon_days)[0]

    def expected_spend(self, horizon_days: float | Array) -> Array:
        """E[net revenue in the horizon, given at least one order], money, > 0."""
        return self.p_order_and_spend(horizon_days)[1]

    def expected_revenue(self, horizon_days: float | Array) -> Array:
        """E[net revenue in the horizon], money, > 0; never falls with the horizon."""
        p_order, spend = self.p_order_and_spend(horizon_days)
        return p_order * spend

    def p_order_and_spend(self, horizon_days: float | Array) -> tuple[Array, Array]:
        """`p_order` and `expected_spend` at once."""
        p_order, spend = self.prior.p_order_and_spend(self._effective_days(horizon_days))
        p_order = expit(self.prior_log_odds(p_order) + self.log_odds)
        spend = spend * np.exp(self.log_spend)
        return _shaped(p_order, horizon_days), _shaped(spend, horizon_days)

    def prior_log_odds(self, p_order: Array) -> Array:
        """The prior's log odds of an order, within the probability floor."""
        return log_odds(p_order, self.floor_shift, self.bundle.card.probability_floor)

    def survival(self, horizon_days: float | Array) -> Array:
        """P(still a customer at the horizon's end), in (0, 1); falls with the horizon.

        The prior's chance of not having left for good, moved on the log odds as far as the chance
        of an order is: at as_of never less than the chance of an order in any horizon.
        """
        alive = self.prior.p_alive_at(self._effective_days(horizon_days))
        return _shaped(expit(logit(alive) + self.floor_shift + self.log_odds), horizon_days)

    def expected_days(self, horizon_days: float) -> Array:
        """E[purchase days in the horizon], >= p_order: the prior's, as much likelier as ours is."""
        effective = self._effective_days(horizon_days)
        likelier = self.p_order(horizon_days) / self.prior.p_order(effective)[:, 0]
        return np.asarray(likelier * self.prior.expected_days(effective)[:, 0])

    def values(self, horizon_days: int, economics: Economics) -> CustomerValues:
        """The numbers of `models.predictor_interface.Predictor.predict`."""
        months = money.horizon_months(horizon_days)
        p_order, spend = self.p_order_and_spend(months.ends)
        margin = money.margins(p_order * spend, months, economics).sum(axis=1)
        cost = self._retention_cost(months, economics)
        # subtle: copies, so that a number does not depend on what else was computed beside it
        p_order, spend = p_order[:, -1].copy(), spend[:, -1].copy()
        revenue = p_order * spend
        low, high = revenue_interval(self.bundle.card.spread, p_order, spend)
        value_per_revenue = margin / revenue
        historic = economics.margin * _net_revenue(self.columns)
        return CustomerValues(
            p_churn=1.0 - p_order,
            expected_spend=spend,
            expected_revenue=revenue,
            clv=margin - cost,
            clv_low=low * value_per_revenue - cost,
            clv_high=high * value_per_revenue - cost,
            clv_historic=historic,
            clv_total=historic + margin - cost,
            clv_net=historic + margin - cost - economics.acquisition_cost,
        )

    def value_curve(self, horizon_days: int, economics: Economics) -> ValueCurve:
        """The customers along a horizon, month by month."""
        months = money.horizon_months(horizon_days)
        cumulative = self.expected_revenue(months.ends)
        survival = self.survival(np.append(months.starts, months.ends[-1]))
        value = money.margins(cumulative, months, economics)
        value -= money.retention_costs(survival[:, :-1], months, economics)
        return ValueCurve(
            ends=months.ends,
            expected_revenue=np.diff(cumulative, axis=1, prepend=0.0),
            survival=survival[:, 1:],
            value=value,
        )

    def beyond_the_curve(self, horizon_days: int, economics: Economics) -> dict[str, Array]:
        """`next_order_days`; the same whatever the horizon."""
        return {"next_order_days": self.next_order_days()}

    def next_order_days(self) -> Array:
        """Days from as_of to the next order, if one comes within a year: the median, > 0, (n,).

        What is known is that none has come by as_of, so the day never lies in the past.
        """
        days = np.append(NEXT_ORDER_GRID, NEXT_ORDER_DAYS)
        never_yet = np.zeros((len(self.log_odds), 1))
        p_order = np.concatenate([never_yet, self.p_order(days)], axis=1)
        half = p_order[:, -1:] / 2.0
        after = np.argmax(p_order >= half, axis=1)
        row = np.arange(len(after))
        low, high = p_order[row, after - 1], p_order[row, after]
        share = (half[:, 0] - low) / (high - low)
        ends = np.append(0.0, days)
        return np.asarray(ends[after - 1] + share * (ends[after] - ends[after - 1]))

    def _retention_cost(self, months: money.HorizonMonths, economics: Economics) -> Array:
        """What keeping each customer costs along the horizon, discounted, money, shape (n,)."""
        if not economics.retention_cost_annual:
            return np.zeros(len(self.log_odds))
        costs = money.retention_costs(self.survival(months.starts), months, economics)
        return np.asarray(costs.sum(axis=1))

    def _effective_days(self, horizon_days: float | Array) -> Array:
        days = np.atleast_1d(np.asarray(horizon_days, dtype=np.float64))
        return self.bundle.card.season.effective_lengths(self.as_of, days)


def forecast(bundle: PurchaseBundle, matrix: Array, *, as_of: datetime) -> PurchaseForecast:
    """Apply the bundle's trees and shifts to a matrix of `bundle.feature_matrix`."""
    card = bundle.card
    columns = MatrixColumns(matrix, bundle.places)
    prior = card.prior.forecast(columns)
    fitted = card.season.effective_lengths(as_of, np.array([card.fitted_horizon_days]))
    p_order, spend = prior.p_order_and_spend(fitted)
    shift = floor_shift(p_order, card.probability_floor)
    start = log_odds(p_order, shift, card.probability_floor)
    faded_odds = (card.churn.slope - 1.0) * start
    faded_spend = (card.spend.slope - 1.0) * np.log(spend)
    features = tree_matrix(matrix, prior, card)
    added = [each[:, None] for each in bundle.joined_trees.corrections(features)]
    return PurchaseForecast(
        bundle=bundle,
        columns=columns,
        prior=prior,
        as_of=as_of,
        floor_shift=shift,
        tree_matrix=features,
        faded_odds=faded_odds,
        faded_spend=faded_spend,
        log_odds=card.churn.shift + card.churn.strength * added[0] + faded_odds,
        log_spend=card.spend.shift + card.spend.strength * added[1] + faded_spend,
    )


def tree_matrix(matrix: Array, prior: PriorForecast, card: PurchaseCard) -> Matrix:
    """Features, then what the prior predicts for a plain horizon, without a season; float32."""
    features = matrix.astype(np.float32)
    if not card.prior_columns:
        return features
    predicted = prior.columns(float(card.fitted_horizon_days)).astype(np.float32)
    return np.concatenate([features, predicted], axis=1)


def _net_revenue(columns: Columns) -> Array:
    """Purchases less refunds so far, money, shape (n,)."""
    return np.asarray((columns["monetary_sum"] - columns["refund_sum"])[:, 0])


def _shaped(found: Array, horizon_days: float | Array) -> Array:
    chosen: Array = found if isinstance(horizon_days, np.ndarray) else found[:, 0]
    return chosen
