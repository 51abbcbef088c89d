"""One function from (feature table, horizon, economics) to answers: every door goes through it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from features.config import Economics
from models import economics as money
from models.basis import judge
from models.boosting import correction
from models.bundle import Bundle
from models.churn import lift, log_odds
from models.encode import encode
from models.intervals import revenue_interval, total_interval

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Forecast:
    """What the bundle says of each customer of a table, before any horizon is named.

    table                 rows whose sufficient statistics are all known
    lifted                see `models.churn.lift`
    log_odds, log_spend   what is added to the prior's: the trees' correction and the level
    """

    bundle: Bundle
    table: pd.DataFrame
    as_of: datetime
    lifted: Array
    log_odds: Array
    log_spend: Array

    def p_order(self, horizon_days: float) -> Array:
        """P(at least one order in the horizon), in (0, 1); never falls with the horizon."""
        prior = self.bundle.card.prior.p_order(self.table, self._effective(horizon_days))
        return np.asarray(expit(log_odds(prior, self.lifted) + self.log_odds))

    def expected_spend(self, horizon_days: float) -> Array:
        """E[net revenue in the horizon, given at least one order], money, > 0."""
        prior = self.bundle.card.prior.expected_spend(self.table, self._effective(horizon_days))
        return np.asarray(prior * np.exp(self.log_spend))

    def expected_revenue(self, horizon_days: float) -> Array:
        """E[net revenue in the horizon], money, > 0; never falls with the horizon."""
        return self.p_order(horizon_days) * self.expected_spend(horizon_days)

    def expected_days(self, horizon_days: float) -> Array:
        """E[purchase days in the horizon], >= p_order: the prior's, as much likelier as ours is."""
        prior, effective = self.bundle.card.prior, self._effective(horizon_days)
        likelier = self.p_order(horizon_days) / prior.p_order(self.table, effective)
        return np.asarray(likelier * prior.expected_days(self.table, effective))

    def _effective(self, horizon_days: float) -> float:
        return self.bundle.card.season.effective_days(self.as_of, horizon_days)


def forecast(bundle: Bundle, table: pd.DataFrame, *, as_of: datetime) -> Forecast:
    """Apply the bundle's trees and level to a feature table."""
    card = bundle.card
    fitted = card.season.effective_days(as_of, card.fitted_horizon_days)
    features = encode(table, [feature.name for feature in card.features], card.levels)
    return Forecast(
        bundle=bundle,
        table=table,
        as_of=as_of,
        lifted=lift(card.prior.p_order(table, fitted)),
        log_odds=card.churn.shift + card.churn.strength * correction(bundle.churn, features),
        log_spend=card.spend.shift + card.spend.strength * correction(bundle.spend, features),
    )


def answer(
    bundle: Bundle,
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
        clv                margin x revenue along the horizon, discounted, less retention cost
        clv_low, clv_high  80 % predictive interval of the customer's value, money
        basis              model, prior or insufficient
        warnings           list of sentences

    A customer whose sufficient statistics are unknown has null numbers and basis insufficient.
    Horizon and economics default to the bundle's.
    """
    horizon = bundle.card.horizon_days if horizon_days is None else horizon_days
    terms = economics or bundle.card.economics
    verdict = judge(bundle.card, table, horizon)
    answerable = (verdict["basis"] != "insufficient").to_numpy()
    numbers = _numbers(forecast(bundle, table[answerable], as_of=as_of), horizon, terms)
    return numbers.reindex(table.index).join(verdict)


def curve(
    bundle: Bundle,
    table: pd.DataFrame,
    *,
    as_of: datetime,
    horizon_days: int | None = None,
    economics: Economics | None = None,
) -> pd.DataFrame:
    """Feature table -> discounted expected margin of each month 1..n, money, index customer_id."""
    horizon = bundle.card.horizon_days if horizon_days is None else horizon_days
    terms = economics or bundle.card.economics
    verdict = judge(bundle.card, table, horizon)
    known = table[(verdict["basis"] != "insufficient").to_numpy()]
    monthly = money.discounted_margin(
        forecast(bundle, known, as_of=as_of).expected_revenue,
        horizon,
        terms,
    )
    columns = range(1, monthly.shape[1] + 1)
    return pd.DataFrame(monthly, index=known.index, columns=columns).reindex(table.index)


def total_revenue(bundle: Bundle, answers: pd.DataFrame) -> tuple[float, float, float]:
    """Expected net revenue of a group of answered customers, and its 80 % interval, money.

    answers  rows of `answer`, any of them: a segment, the whole base
    """
    known = answers.dropna(subset=["expected_revenue"])
    p_order = 1.0 - known["p_churn"].to_numpy(dtype=float)
    spend = known["expected_spend"].to_numpy(dtype=float)
    low, high = total_interval(bundle.card.spread, p_order, spend)
    return float(p_order @ spend), low, high


def _numbers(customers: Forecast, horizon_days: int, economics: Economics) -> pd.DataFrame:
    """The numeric columns of `answer`."""
    p_order = customers.p_order(horizon_days)
    spend = customers.expected_spend(horizon_days)
    revenue = p_order * spend
    monthly = money.discounted_margin(customers.expected_revenue, horizon_days, economics)
    cost = money.retention_cost(horizon_days, economics)
    value_per_revenue = monthly.sum(axis=1) / revenue
    low, high = revenue_interval(customers.bundle.card.spread, p_order, spend)
    return pd.DataFrame(
        {
            "p_churn": 1.0 - p_order,
            "expected_spend": spend,
            "expected_revenue": revenue,
            "clv": monthly.sum(axis=1) - cost,
            "clv_low": low * value_per_revenue - cost,
            "clv_high": high * value_per_revenue - cost,
        },
        index=customers.table.index,
    )
