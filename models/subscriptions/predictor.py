"""A model of subscriptions as it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from features.config.sections import Economics
from models.attribution import Explanation
from models.customer_values import VALUE_COLUMNS, CustomerValues
from models.intervals import NORMAL_80
from models.prediction_basis import Evidence
from models.predictor_interface import Array, Predictor
from models.subscriptions import prediction_basis as basis
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.explain import explanations
from models.subscriptions.forecast import SubscriptionForecast, forecast

SLICE = 5_000


@dataclass(frozen=True)
class SubscriptionPredictor(Predictor):
    """Customers who pay by the month until they cancel; as_of is nothing to them."""

    bundle: SubscriptionBundle

    def assess(self, matrix: Array, horizon_days: int) -> Evidence:
        """What the prediction for each row of a matrix rests on."""
        return basis.assess(self.bundle, matrix, horizon_days)

    def forecast(self, matrix: Array, *, as_of: datetime | None = None) -> SubscriptionForecast:
        """The subscribers of a matrix, shape (n, features)."""
        return forecast(self.bundle, matrix)

    def forecasts(self, matrix: Array) -> Iterator[SubscriptionForecast]:
        """The same in slices, one at least: months to come take room for each subscriber."""
        for start in range(0, max(len(matrix), 1), SLICE):
            yield self.forecast(matrix[start : start + SLICE])

    def total_revenue(self, predictions: pd.DataFrame) -> tuple[float, float, float]:
        """Expected net revenue of a group of subscribers, and its 80 % interval, money."""
        known = predictions.dropna(subset=["expected_revenue"])
        p_churn = known["p_churn"].to_numpy(dtype=float)
        revenue = known["expected_revenue"].to_numpy(dtype=float)
        # who leaves has paid for some part of the horizon: any part, as far as is known here
        whole = revenue / (1.0 - p_churn / 2.0)
        own = np.sum(whole**2 * (1.0 - 2.0 * p_churn / 3.0) - revenue**2)
        shared = self.bundle.card.level_sd * float(np.sum(whole * p_churn * (1.0 - p_churn))) / 2.0
        total, off = float(revenue.sum()), NORMAL_80 * float(np.hypot(np.sqrt(own), shared))
        return total, max(total - off, 0.0), min(total + off, float(whole.sum()))

    def _values(
        self, matrix: Array, *, as_of: datetime | None, horizon_days: int, economics: Economics
    ) -> CustomerValues:
        parts = [made.values(horizon_days, economics) for made in self.forecasts(matrix)]
        return CustomerValues(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in VALUE_COLUMNS
            }
        )

    def _explanations(
        self, matrix: Array, table: pd.DataFrame, *, as_of: datetime, horizon_days: int, top: int
    ) -> Iterator[Explanation]:
        return explanations(self.bundle, matrix, table, horizon_days=horizon_days, top=top)
