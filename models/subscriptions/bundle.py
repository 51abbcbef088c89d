"""A trained model of subscriptions: its card and its booster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import xgboost as xgb

from models.card import ClvSpan, FeatureColumns
from models.subscriptions.card import SubscriptionCard
from models.tree_arrays import TreeArrays, arrays_of


@dataclass(frozen=True)
class SubscriptionBundle(FeatureColumns):
    """A trained model of subscriptions; what is paid is known, so that there is one booster."""

    relationship: ClassVar[Literal["contract"]] = "contract"
    clv_covers: ClassVar[ClvSpan] = "life"
    card: SubscriptionCard
    churn: xgb.Booster

    @cached_property
    def tree_arrays(self) -> tuple[TreeArrays]:
        """The trees of leaving in a month as arrays."""
        return (arrays_of(self.churn),)

    @property
    def boosters(self) -> dict[str, xgb.Booster]:
        """The boosters by their names on the card."""
        return {"churn": self.churn}
