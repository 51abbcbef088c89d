"""What is asked of a training: which data, as of when, how far ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import pandas as pd


class Snapshots(Protocol):
    """Data as they were known at any point in time."""

    def table(self, as_of: datetime) -> pd.DataFrame:
        """The feature table as of a point in time, index customer_id."""


Config = TypeVar("Config")
Data = TypeVar("Data", bound=Snapshots)


@dataclass(frozen=True)
class Task(Generic[Config, Data]):
    """Predict the horizon after `as_of` from what was known then, of purchases or of subscriptions.

    config        the configuration of the problem
    data          the data, by point in time
    as_of         no row at or after it is used
    horizon_days  how far ahead
    """

    config: Config
    data: Data
    as_of: datetime
    horizon_days: int

    @property
    def table(self) -> pd.DataFrame:
        """The feature table as of `as_of`, index customer_id."""
        return self.data.table(self.as_of)
