"""A model of purchases as it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from models.attribution import Explanation
from models.intervals import total_interval
from models.prediction_basis import Evidence
from models.predictor_interface import Array, Predictor
from models.purchases import prediction_basis as basis
from models.purchases.bundle import PurchaseBundle
from models.purchases.explain import explanations
from models.purchases.forecast import PurchaseForecast, forecast


@dataclass(frozen=True)
class PurchasePredictor(Predictor):
    """Customers who come and go unannounced; as_of counts, for the season that begins then."""

    bundle: PurchaseBundle

    def assess(self, matrix: Array, horizon_days: int) -> Evidence:
        """What the prediction for each row of a matrix rests on."""
        return basis.assess(self.bundle, matrix, horizon_days)

    def forecast(self, matrix: Array, *, as_of: datetime | None = None) -> PurchaseForecast:
        """The customers of a matrix, shape (n, features)."""
        return forecast(self.bundle, matrix, as_of=as_of or self.bundle.card.trained_as_of)

    def forecast_table(
        self, table: pd.DataFrame, *, as_of: datetime | None = None
    ) -> PurchaseForecast:
        """The customers of a feature table."""
        return self.forecast(self.bundle.feature_matrix(table), as_of=as_of)

    def total_revenue(self, predictions: pd.DataFrame) -> tuple[float, float, float]:
        """Expected net revenue of a group of customers, and its 80 % interval, money."""
        known = predictions.dropna(subset=["expected_revenue"])
        p_order = 1.0 - known["p_churn"].to_numpy(dtype=float)
        spend = known["expected_spend"].to_numpy(dtype=float)
        low, high = total_interval(self.bundle.card.spread, p_order, spend)
        return float(p_order @ spend), low, high

    def _explanations(
        self, matrix: Array, table: pd.DataFrame, *, as_of: datetime, horizon_days: int, top: int
    ) -> Iterator[Explanation]:
        made = self.forecast(matrix, as_of=as_of)
        return explanations(made, table, horizon_days=horizon_days, top=top)
