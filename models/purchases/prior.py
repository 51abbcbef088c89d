"""The prior, which here is the whole probability model from which the trees start.

BG/NBD (or MBG/NBD) with Gamma-Gamma: P(an order) and E[revenue given one], for any horizon. It is
the `prior` of `basis` and of `prior_p_churn`, not the distribution of one parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from models.purchases import bg_nbd as purchases
from models.purchases import gamma_gamma as value
from models.purchases.bg_nbd import PurchaseHistories, PurchaseModel, PurchasePosterior
from models.purchases.gamma_gamma import GammaGamma

Array = NDArray[np.float64]
ValueDays = Literal["all", "repeat"]
SMALLEST = 1e-6
PRIOR_COLUMNS = ("prior_log_odds", "prior_log_spend", "prior_log_revenue")


class Columns(Protocol):
    """The feature table, or as much of it as is read here: a column of numbers by its name."""

    def __getitem__(self, name: str, /) -> Any:
        """The column."""


@dataclass(frozen=True)
class Prior:
    """A purchase model and a value model; reads the sufficient statistics of the feature table.

    value_days  whether a customer's mean value counts all purchase days or, as in the papers,
                only those after the first
    """

    purchases: PurchaseModel
    value: GammaGamma
    value_days: ValueDays

    def forecast(self, table: Columns) -> PriorForecast:
        """What is known of each customer's future, before a horizon is named."""
        return PriorForecast(
            self.purchases.posterior(purchase_histories(table)),
            self.value.expected_value(*_values(table, self.value_days)),
        )

    def p_order(self, table: Columns, horizon_days: float | Array) -> Array:
        """P(at least one order in the horizon), in (0, 1); never falls with the horizon."""
        return self.forecast(table).p_order(horizon_days)

    def expected_days(self, table: Columns, horizon_days: float | Array) -> Array:
        """E[purchase days in the horizon], >= p_order."""
        return self.forecast(table).expected_days(horizon_days)

    def expected_spend(self, table: Columns, horizon_days: float | Array) -> Array:
        """E[revenue in the horizon, given at least one order], money, > 0."""
        return self.forecast(table).p_order_and_spend(horizon_days)[1]

    def expected_revenue(self, table: Columns, horizon_days: float | Array) -> Array:
        """E[revenue in the horizon], money, > 0."""
        p_order, spend = self.forecast(table).p_order_and_spend(horizon_days)
        return p_order * spend


@dataclass(frozen=True)
class PriorForecast:
    """The prior's predictions for any horizon.

    Customers as a column, shape (n, 1), and horizons as a row, shape (m,), give matrices.

    day_value  E[revenue of a purchase day], money
    """

    purchases: PurchasePosterior
    day_value: Array

    def p_order(self, horizon_days: float | Array) -> Array:
        """P(at least one order in the horizon), in (0, 1); never falls with the horizon."""
        return _probability(self.purchases.p_order(horizon_days))

    def expected_days(self, horizon_days: float | Array) -> Array:
        """E[purchase days in the horizon], >= p_order."""
        expected = self.purchases.expected_orders(horizon_days)
        return np.maximum(expected, self.p_order(horizon_days))

    def p_order_and_spend(self, horizon_days: float | Array) -> tuple[Array, Array]:
        """`p_order`, and E[revenue in the horizon, given at least one order], money, > 0."""
        p_order = self.p_order(horizon_days)
        days = np.maximum(self.purchases.expected_orders(horizon_days), p_order)
        return p_order, days / p_order * self.day_value

    def columns(self, horizon_days: float) -> Array:
        """PRIOR_COLUMNS for the trees to read, shape (n, 3); one column of customers."""
        p_order, spend = self.p_order_and_spend(horizon_days)
        found = (logit(p_order), np.log(spend), np.log(p_order * spend))
        return np.stack([each.reshape(-1) for each in found], axis=1)

    def p_alive_at(self, horizon_days: float | Array) -> Array:
        """P(the customer has not left by then), in (0, 1); of now >= p_order of any horizon."""
        return _probability(self.purchases.p_alive_at(horizon_days))


def fit_classical(table: pd.DataFrame) -> Prior:
    """BG/NBD x Gamma-Gamma as published: the value of repeat purchases only."""
    return Prior(purchases.fit(purchase_histories(table), "bg"), *_fit_value(table, "repeat"))


def fit_mbg(table: pd.DataFrame) -> Prior:
    """MBG/NBD x Gamma-Gamma, the value of repeat purchases only."""
    return Prior(purchases.fit(purchase_histories(table), "mbg"), *_fit_value(table, "repeat"))


def fit_prior(table: pd.DataFrame, classical: Prior) -> Prior:
    """The likelier of BG/NBD (of `classical`) and MBG/NBD, and the value of all purchase days.

    Counting the first day too separates customers who bought once; the backtests prefer it.
    """
    known = purchase_histories(table)
    candidates = [classical.purchases, purchases.fit(known, "mbg")]
    likelier = max(candidates, key=lambda model: model.log_likelihood(known))
    return Prior(likelier, *_fit_value(table, "all"))


def purchase_histories(table: Columns) -> PurchaseHistories:
    """The sufficient statistics of the purchase models, columns of the feature table."""
    return PurchaseHistories(
        _numbers(table, "repeat_days"),
        _numbers(table, "last_repeat_days"),
        _numbers(table, "age_days"),
    )


def _values(table: Columns, days: ValueDays) -> tuple[Array, Array]:
    """Number of purchase days and their mean value, of all days or of repeat days."""
    repeats = _numbers(table, "repeat_days")
    if days == "repeat":
        return repeats, _numbers(table, "repeat_value_mean")
    return repeats + 1.0, _numbers(table, "day_value_mean")


def _numbers(table: Columns, name: str) -> Array:
    return np.asarray(table[name], dtype=np.float64)


def _probability(value: Array) -> Array:
    """Strictly between 0 and 1, so that its log odds are known."""
    return np.minimum(np.maximum(value, SMALLEST), 1.0 - SMALLEST)


def _fit_value(table: pd.DataFrame, days: ValueDays) -> tuple[GammaGamma, ValueDays]:
    """Falls back to all days where nobody has bought twice."""
    if not (table["repeat_days"] > 0).any():
        days = "all"
    return value.fit(*_values(table, days)), days
