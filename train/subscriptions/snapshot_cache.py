"""Subscribers by point in time: the feature table as of each, computed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from features.config.subscriptions import SubscriptionConfig
from features.ingest.subscribers import SubscriberTable
from features.subscriptions.labels import build_labels
from features.subscriptions.table import UNITS, build_features
from train.task import Task


@dataclass(frozen=True)
class SubscriptionSnapshots:
    """Subscribers, and what follows from them as of any point in time, cached by as_of."""

    source: SubscriberTable
    _tables: dict[datetime, pd.DataFrame] = field(default_factory=dict, repr=False)
    _outcomes: dict[tuple[datetime, int], pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> list[str]:
        """The features in the order of the matrix."""
        return [*UNITS, *self.source.attributes]

    def table(self, as_of: datetime) -> pd.DataFrame:
        """The feature table as of a point in time."""
        if as_of not in self._tables:
            self._tables[as_of] = build_features(self.source, as_of)
        return self._tables[as_of]

    def outcome(self, as_of: datetime, horizon_days: int) -> pd.DataFrame:
        """The labels of a horizon. Raises DataError where the table does not know all of it."""
        if (as_of, horizon_days) not in self._outcomes:
            self._outcomes[as_of, horizon_days] = build_labels(self.source, as_of, horizon_days)
        return self._outcomes[as_of, horizon_days]


SubscriptionTask = Task[SubscriptionConfig, SubscriptionSnapshots]
