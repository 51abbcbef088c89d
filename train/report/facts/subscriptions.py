"""What the chapters show of subscribers: features, predictions, revenue by month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.ingest.subscribers import SubscriberTable
from models.economics import horizon_months
from models.intervals import NORMAL_80
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.forecast import SubscriptionForecast
from models.subscriptions.predictor import SubscriptionPredictor
from train.report.facts.phrases import SUBSCRIPTIONS
from train.report.facts.shared import EarlierTiers, ReportFacts, ReportInput
from train.report.facts.subscription_holdout import SubscriptionSummary
from train.subscriptions.snapshot_cache import SubscriptionTask

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SubscriptionInput(ReportInput):
    """What a report on subscriptions is made from.

    holdout  how the recipe did on what it had not seen; none where there was too little
    """

    bundle: SubscriptionBundle
    task: SubscriptionTask
    holdout: SubscriptionSummary | None

    @property
    def subscriptions(self) -> SubscriberTable:
        """The table of subscribers."""
        return self.task.data.source


@dataclass(frozen=True)
class SubscriptionFacts(ReportFacts):
    """The facts of subscriptions. Raises UnboundedValueError where a value has no end."""

    inputs: SubscriptionInput
    wording = SUBSCRIPTIONS

    @cached_property
    def table(self) -> pd.DataFrame:
        """The feature table."""
        return self.inputs.task.table

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The model's predictions with tier, segment, clv_if_more_leave and clv_if_fewer_leave."""
        inputs = self.inputs
        found = SubscriptionPredictor(inputs.bundle).predict(
            self.table,
            horizon_days=inputs.horizon_days,
            economics=inputs.config.economics,
        )
        return self.with_tiers(found).join(self._ahead[0])

    @property
    def earlier(self) -> EarlierTiers | None:
        """Tiers of an earlier batch, where one is given: a table seldom holds how it was."""
        return self.inputs.previous

    @property
    def monthly(self) -> tuple[Array, Array]:
        """Ends of the horizon's months, days, and the expected revenue of each, money."""
        return horizon_months(self.inputs.horizon_days).ends, self._ahead[1]

    @cached_property
    def _ahead(self) -> tuple[pd.DataFrame, Array]:
        """The value of each customer with more and with fewer departures; revenue by month."""
        inputs, terms = self.inputs, self.inputs.config.economics
        off = NORMAL_80 * inputs.bundle.card.level_sd
        ends: dict[str, list[Array]] = {"clv_if_more_leave": [], "clv_if_fewer_leave": []}
        revenue = np.zeros(len(horizon_months(inputs.horizon_days).ends))
        for part in self._forecasts():
            for name, by in zip(ends, (off, -off), strict=True):
                ends[name].append(_shifted(part, by).values(inputs.horizon_days, terms).clv)
            revenue += part.value_curve(inputs.horizon_days, terms).expected_revenue.sum(axis=0)
        columns = {name: np.concatenate(each or [np.empty(0)]) for name, each in ends.items()}
        return pd.DataFrame(columns, index=self._known.index), revenue

    @cached_property
    def _known(self) -> pd.DataFrame:
        """Those of whom enough is known for a prediction."""
        return self.table.dropna(subset=["tenure_months", "monthly_amount"])

    def _forecasts(self) -> Iterator[SubscriptionForecast]:
        bundle = self.inputs.bundle
        return SubscriptionPredictor(bundle).forecasts(bundle.feature_matrix(self._known))


def _shifted(forecasts: SubscriptionForecast, log_odds: float) -> SubscriptionForecast:
    """The same if the log odds of leaving were higher by so much in every month."""
    curve = forecasts.survival_curve
    tail = curve.tail and replace(curve.tail, floor=curve.tail.floor + log_odds)
    shifted = replace(curve, correction=curve.correction + log_odds, tail=tail)
    return replace(forecasts, survival_curve=shifted)
