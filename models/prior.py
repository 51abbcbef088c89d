"""The probability model of a customer: P(an order) and E[revenue given one], for any horizon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models import purchases, value
from models.purchases import Histories, PurchaseModel
from models.value import ValueModel

Array = NDArray[np.float64]
ValueDays = Literal["all", "repeat"]
SMALLEST = 1e-6


@dataclass(frozen=True)
class Prior:
    """A purchase model and a value model; reads the sufficient statistics of the feature table.

    value_days  whether a customer's mean value counts all purchase days or, as in the papers,
                only those after the first
    """

    purchases: PurchaseModel
    value: ValueModel
    value_days: ValueDays

    def p_order(self, table: pd.DataFrame, horizon_days: float) -> Array:
        """P(at least one order in the horizon), in (0, 1); never falls with the horizon."""
        p_order = self.purchases.p_order(histories(table), horizon_days)
        return np.clip(p_order, SMALLEST, 1.0 - SMALLEST)

    def expected_days(self, table: pd.DataFrame, horizon_days: float) -> Array:
        """E[purchase days in the horizon], >= p_order."""
        expected = self.purchases.expected_orders(histories(table), horizon_days)
        return np.maximum(expected, self.p_order(table, horizon_days))

    def expected_spend(self, table: pd.DataFrame, horizon_days: float) -> Array:
        """E[revenue in the horizon, given at least one order], money, > 0."""
        days_if_any = self.expected_days(table, horizon_days) / self.p_order(table, horizon_days)
        return days_if_any * self.value.expected_value(*_values(table, self.value_days))

    def expected_revenue(self, table: pd.DataFrame, horizon_days: float) -> Array:
        """E[revenue in the horizon], money, > 0."""
        return self.p_order(table, horizon_days) * self.expected_spend(table, horizon_days)


def fit_classical(table: pd.DataFrame) -> Prior:
    """BG/NBD x Gamma-Gamma as published: the value of repeat purchases only."""
    return Prior(purchases.fit(histories(table), "bg"), *_fit_value(table, "repeat"))


def fit_mbg(table: pd.DataFrame) -> Prior:
    """MBG/NBD x Gamma-Gamma, the value of repeat purchases only."""
    return Prior(purchases.fit(histories(table), "mbg"), *_fit_value(table, "repeat"))


def fit_prior(table: pd.DataFrame, classical: Prior) -> Prior:
    """The likelier of BG/NBD (of `classical`) and MBG/NBD, and the value of all purchase days.

    Counting the first day too tells customers who bought once apart; the backtests prefer it.
    """
    known = histories(table)
    candidates = [classical.purchases, purchases.fit(known, "mbg")]
    likelier = max(candidates, key=lambda model: model.log_likelihood(known))
    return Prior(likelier, *_fit_value(table, "all"))


def histories(table: pd.DataFrame) -> Histories:
    """The sufficient statistics of the purchase models, columns of the feature table."""
    return Histories(
        table["repeat_days"].to_numpy(dtype=float),
        table["last_repeat_days"].to_numpy(dtype=float),
        table["age_days"].to_numpy(dtype=float),
    )


def _values(table: pd.DataFrame, days: ValueDays) -> tuple[Array, Array]:
    """Number of purchase days and their mean value, of all days or of repeat days."""
    repeats = table["repeat_days"].to_numpy(dtype=float)
    if days == "repeat":
        return repeats, table["repeat_value_mean"].to_numpy(dtype=float)
    return repeats + 1.0, table["day_value_mean"].to_numpy(dtype=float)


def _fit_value(table: pd.DataFrame, days: ValueDays) -> tuple[ValueModel, ValueDays]:
    """Falls back to all days where nobody has bought twice."""
    if not (table["repeat_days"] > 0).any():
        days = "all"
    return value.fit(*_values(table, days)), days
