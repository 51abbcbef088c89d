"""What every report is made from and what it shows, of purchases or of subscriptions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import ClassVar
from zoneinfo import ZoneInfo

import pandas as pd

from features.config.purchases import PurchaseConfig
from features.config.subscriptions import SubscriptionConfig
from models.bundle import Bundle
from models.segmentation.assign import assign_tiers_and_segments, tiers_apply
from models.segmentation.cutoffs import Cutoffs, cutoffs
from train.purchases.snapshot_cache import PurchaseTask
from train.report.facts.phrases import Wording
from train.report.facts.totals import Total, total
from train.report.page.number_format import Words
from train.subscriptions.snapshot_cache import SubscriptionTask


@dataclass(frozen=True, kw_only=True)
class EarlierTiers:
    """The tiers of customers at an earlier date.

    customers  index customer_id; columns tier, and clv, money
    """

    as_of: datetime
    customers: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class ReportInput:
    """What a report is made from.

    version   of the model, "" where it has none yet
    previous  tiers of an earlier batch
    named     whether customers are shown by their ids, or numbered
    """

    bundle: Bundle
    task: PurchaseTask | SubscriptionTask
    version: str = ""
    previous: EarlierTiers | None = None
    named: bool = True

    @property
    def config(self) -> PurchaseConfig | SubscriptionConfig:
        """The configuration, whose economics the values follow."""
        return self.task.config

    @property
    def as_of(self) -> datetime:
        """The day of the report; nothing later is used."""
        return self.task.as_of

    @property
    def horizon_days(self) -> int:
        """How far ahead."""
        return self.task.horizon_days


@dataclass(frozen=True)
class ReportFacts(ABC):
    """What follows from a report's input, each worked out when it is first asked for."""

    inputs: ReportInput
    wording: ClassVar[Wording]

    @property
    @abstractmethod
    def table(self) -> pd.DataFrame:
        """The feature table."""

    @property
    @abstractmethod
    def predictions(self) -> pd.DataFrame:
        """The model's predictions with tier and segment, and what `total` needs of them."""

    @property
    @abstractmethod
    def earlier(self) -> EarlierTiers | None:
        """Tiers some time ago; None where they are not known."""

    @cached_property
    def words(self) -> Words:
        """How numbers are written: in the model's currency."""
        return Words(self.inputs.bundle.card.currency)

    @cached_property
    def whole(self) -> Total:
        """All customers together."""
        return total(self.inputs.bundle, self.predictions)

    @property
    def span(self) -> str:
        """What a value is counted over, in words."""
        return self.worded("span")

    def worded(self, name: str) -> str:
        """One of the phrases of `Wording`, with the horizon in its place."""
        return self.words.fill(getattr(self.wording, name), days=self.inputs.horizon_days)

    def day(self, time: datetime) -> str:
        """The date of a point in time, in the data's own time zone: 10 Dec 2011."""
        local = time.astimezone(ZoneInfo(self.inputs.config.data.timezone))
        return f"{local.day} {local:%b %Y}"

    def labels(self, customers: pd.Index) -> list[str]:
        """How customers are shown in the report."""
        if self.inputs.named:
            return [str(customer) for customer in customers]
        return [f"no. {place}" for place in range(1, len(customers) + 1)]

    def with_tiers(self, predictions: pd.DataFrame) -> pd.DataFrame:
        """Predictions for all of `table`, with columns tier and segment."""
        previous = self.inputs.previous
        bounds = self._cutoffs(predictions["clv"])
        then = previous.customers["tier"] if previous else None
        return predictions.join(
            assign_tiers_and_segments(self.table, predictions["clv"], bounds, then)
        )

    def _cutoffs(self, clv: pd.Series) -> Cutoffs:
        """The model's own where they hold for this report, else those of these customers."""
        inputs = self.inputs
        hold = tiers_apply(inputs.bundle, inputs.horizon_days, inputs.config.economics)
        own = inputs.bundle.card.bounds
        return own if hold and own else cutoffs(self.table, clv, inputs.config.tiers)
