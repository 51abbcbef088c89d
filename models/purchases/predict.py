"""One function from (features, horizon, economics) to answers: every door goes through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from features.config.sections import Economics
from models import economics as money
from models.bundle import PurchaseBundle
from models.encoding import numbers
from models.intervals import revenue_interval, total_interval
from models.purchases.basis import assess
from models.purchases.churn import lift, log_odds
from models.purchases.prior import Columns, PriorForecast

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MatrixColumns:
    """A matrix read by the features' names."""

    matrix: Array
    places: Mapping[str, int]

    def __getitem__(self, name: str) -> Array:
        place = self.places[name]
        return self.matrix[:, place : place + 1]


@dataclass(frozen=True)
class PurchaseForecast:
    """What the bundle says of each customer, before any horizon is named.

    columns               features by name, each of shape (n, 1)
    prior                 what the probability model says of them
    lifted                see `models.purchases.churn.lift`, shape (n, 1)
    log_odds, log_spend   what is added to the prior's: the trees' correction and the level, (n, 1)

    A horizon is a number of days, then answers have shape (n,), or several, shape (m,), then they
    have shape (n, m).
    """

    bundle: PurchaseBundle
    columns: MatrixColumns
    prior: PriorForecast
    as_of: datetime
    lifted: Array
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
        p_order, spend = self.prior.p_order_and_spend(self._effective(horizon_days))
        p_order = expit(log_odds(p_order, self.lifted) + self.log_odds)
        spend = spend * np.exp(self.log_spend)
        return _shaped(p_order, horizon_days), _shaped(spend, horizon_days)

    def survival(self, horizon_days: float | Array) -> Array:
        """P(still a customer at the horizon's end), in (0, 1); falls with the horizon.

        The prior's chance of not having left for good, moved on the log odds as far as the chance
        of an order is, and so never less than that.
        """
        alive = self.prior.p_alive_at(self._effective(horizon_days))
        return _shaped(expit(logit(alive) + self.lifted + self.log_odds), horizon_days)

    def expected_days(self, horizon_days: float) -> Array:
        """E[purchase days in the horizon], >= p_order: the prior's, as much likelier as ours is."""
        effective = self._effective(horizon_days)
        likelier = self.p_order(horizon_days) / self.prior.p_order(effective)[:, 0]
        return np.asarray(likelier * self.prior.expected_days(effective)[:, 0])

    def _effective(self, horizon_days: float | Array) -> Array:
        days = np.atleast_1d(np.asarray(horizon_days, dtype=np.float64))
        return self.bundle.card.season.effective_lengths(self.as_of, days)


@dataclass(frozen=True)
class CustomerValues:
    """Answers to one horizon, each of shape (n,); units and meaning as in `predict`."""

    p_churn: Array
    expected_spend: Array
    expected_revenue: Array
    clv: Array
    clv_low: Array
    clv_high: Array
    clv_historic: Array
    clv_total: Array
    clv_net: Array


VALUE_COLUMNS = tuple(CustomerValues.__dataclass_fields__)


def forecast_table(
    bundle: PurchaseBundle, table: pd.DataFrame, *, as_of: datetime
) -> PurchaseForecast:
    """Apply the bundle's trees and level to a feature table."""
    return forecast(bundle, feature_matrix(bundle, table), as_of=as_of)


def feature_matrix(bundle: PurchaseBundle, table: pd.DataFrame) -> Array:
    """A feature table as float64, columns in the bundle's order, NaN where unknown."""
    return numbers(table, bundle.names, bundle.card.levels)


def forecast(bundle: PurchaseBundle, matrix: Array, *, as_of: datetime) -> PurchaseForecast:
    """The same of a matrix of `feature_matrix`, shape (n, features)."""
    card = bundle.card
    columns = MatrixColumns(matrix, bundle.places)
    prior = card.prior.outlook(columns)
    fitted = card.season.effective_lengths(as_of, np.array([card.fitted_horizon_days]))
    features = matrix.astype(np.float32)
    churn, spend = (each[:, None] for each in bundle.grove.corrections(features))
    return PurchaseForecast(
        bundle=bundle,
        columns=columns,
        prior=prior,
        as_of=as_of,
        lifted=lift(prior.p_order(fitted)),
        log_odds=card.churn.shift + card.churn.strength * churn,
        log_spend=card.spend.shift + card.spend.strength * spend,
    )


def predict(
    bundle: PurchaseBundle,
    table: pd.DataFrame,
    *,
    as_of: datetime,
    horizon_days: int | None = None,
    economics: Economics | None = None,
) -> pd.DataFrame:
    """Feature table -> predictions, index customer_id in the table's order.

        p_churn            P(no order in the horizon), in (0, 1)
        expected_spend     E[net revenue, given at least one order], money, > 0
        expected_revenue   (1 - p_churn) * expected_spend, money
        clv                residual: margin x revenue along the horizon, discounted, less the cost
                           of retention while a customer, money
        clv_low, clv_high  80 % predictive interval of clv, money
        clv_historic       margin x net revenue so far, money; may be negative
        clv_total          clv_historic + clv
        clv_net            clv_total - acquisition cost
        basis              model, prior or insufficient
        warnings           list of sentences

    A customer whose sufficient statistics are unknown has null numbers and basis insufficient.
    Horizon and economics default to the bundle's.
    """
    horizon = bundle.card.horizon_days if horizon_days is None else horizon_days
    terms = economics or bundle.card.economics
    matrix = feature_matrix(bundle, table)
    verdict = assess(bundle, matrix, horizon)
    known = verdict.known
    said = customer_values(forecast(bundle, matrix[known], as_of=as_of), horizon, terms)
    found = pd.DataFrame(
        {name: getattr(said, name) for name in VALUE_COLUMNS}, index=table.index[known]
    )
    said_of = pd.DataFrame(
        {"basis": verdict.basis, "warnings": verdict.warnings}, index=table.index
    )
    return found.reindex(table.index).join(said_of)


def customer_values(
    said: PurchaseForecast, horizon_days: int, economics: Economics
) -> CustomerValues:
    """The numbers of `predict`."""
    over = money.months(horizon_days)
    p_order, spend = said.p_order_and_spend(over.ends)
    margin = money.margins(p_order * spend, over, economics).sum(axis=1)
    cost = _retention_cost(said, over, economics)
    # subtle: copies, so that a number does not depend on what else was computed beside it
    p_order, spend = p_order[:, -1].copy(), spend[:, -1].copy()
    revenue = p_order * spend
    low, high = revenue_interval(said.bundle.card.spread, p_order, spend)
    value_per_revenue = margin / revenue
    historic = economics.margin * _net_revenue(said.columns)
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


def total_revenue(bundle: PurchaseBundle, answers: pd.DataFrame) -> tuple[float, float, float]:
    """Expected net revenue of a group of answered customers, and its 80 % interval, money.

    answers  rows of `predict`, any of them: a segment, the whole base
    """
    known = answers.dropna(subset=["expected_revenue"])
    p_order = 1.0 - known["p_churn"].to_numpy(dtype=float)
    spend = known["expected_spend"].to_numpy(dtype=float)
    low, high = total_interval(bundle.card.spread, p_order, spend)
    return float(p_order @ spend), low, high


def _retention_cost(said: PurchaseForecast, over: money.Months, economics: Economics) -> Array:
    """What keeping each customer costs along the horizon, discounted, money, shape (n,)."""
    if not economics.retention_cost_annual:
        return np.zeros(len(said.log_odds))
    costs = money.retention_costs(said.survival(over.starts), over, economics)
    return np.asarray(costs.sum(axis=1))


def _net_revenue(columns: Columns) -> Array:
    """Purchases less refunds so far, money, shape (n,)."""
    return np.asarray((columns["monetary_sum"] - columns["refund_sum"])[:, 0])


def _shaped(found: Array, horizon_days: float | Array) -> Array:
    chosen: Array = found if isinstance(horizon_days, np.ndarray) else found[:, 0]
    return chosen
