"""What every report has, of purchases or of contracts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import ClassVar
from zoneinfo import ZoneInfo

import pandas as pd

from features.config.purchases import PurchaseConfig
from features.config.subscriptions import SubscriptionConfig
from models.bundle import Bundle
from models.segmentation.assign import tiers_apply
from models.segmentation.cutoffs import Cutoffs, cutoffs, name_customers
from train.report.facts.totals import Total, total
from train.report.facts.wording import Kind
from train.report.page.text import Words


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """Who had which tier at an earlier moment: columns tier and clv, index customer_id."""

    as_of: datetime
    names: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class About:
    """What a report is about.

    version   of the model, "" where it has none yet
    previous  tiers of an earlier batch
    named     whether customers are called by their ids, or numbered
    """

    bundle: Bundle
    config: PurchaseConfig | SubscriptionConfig
    as_of: datetime
    horizon_days: int
    version: str = ""
    previous: Earlier | None = None
    named: bool = True


@dataclass(frozen=True)
class Told(ABC):
    """A subject, and what follows from it, each worked out when it is first asked for."""

    subject: About
    words: Words = field(repr=False)
    kind: ClassVar[Kind]

    @property
    @abstractmethod
    def table(self) -> pd.DataFrame:
        """The feature table."""

    @property
    @abstractmethod
    def answers(self) -> pd.DataFrame:
        """The model's answers with tier and segment, and what `total` needs of them."""

    @property
    @abstractmethod
    def earlier(self) -> Earlier | None:
        """Tiers some time ago; None where they are not known."""

    @cached_property
    def whole(self) -> Total:
        """All customers together."""
        return total(self.subject.bundle, self.answers)

    @property
    def span(self) -> str:
        """What a value is counted over, in words."""
        return self.of_kind("span")

    def of_kind(self, name: str) -> str:
        """One of the words of `Kind`, with the horizon in its place."""
        return self.words.fill(getattr(self.kind, name), days=self.subject.horizon_days)

    def day(self, moment: datetime) -> str:
        """The day of a moment, in the data's own time: 10 Dec 2011."""
        local = moment.astimezone(ZoneInfo(self.subject.config.data.timezone))
        return f"{local.day} {local:%b %Y}"

    def called(self, customers: pd.Index) -> list[str]:
        """What customers are called in the report."""
        if self.subject.named:
            return [str(each) for each in customers]
        return [f"no. {place}" for place in range(1, len(customers) + 1)]

    def with_names(self, found: pd.DataFrame) -> pd.DataFrame:
        """Answers to all of `table`, with columns tier and segment."""
        previous = self.subject.previous
        cut = self._bounds(found["clv"])
        had = previous.names["tier"] if previous else None
        return found.join(name_customers(self.table, found["clv"], cut, had))

    def _bounds(self, clv: pd.Series) -> Cutoffs:
        subject = self.subject
        own = tiers_apply(subject.bundle, subject.horizon_days, subject.config.economics)
        kept = subject.bundle.card.bounds
        return kept if own and kept else cutoffs(self.table, clv, subject.config.tiers)
