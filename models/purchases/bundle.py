"""A trained model of purchases: its card and its boosters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import xgboost as xgb

from models.card import ClvSpan, FeatureColumns
from models.purchases.card import PurchaseCard
from models.tree_arrays import JoinedTrees, TreeArrays, arrays_of, join_trees


@dataclass(frozen=True)
class PurchaseBundle(FeatureColumns):
    """A trained model of purchases, complete; holds no customer row and no code."""

    relationship: ClassVar[Literal["purchases"]] = "purchases"
    clv_covers: ClassVar[ClvSpan] = "horizon"
    card: PurchaseCard
    churn: xgb.Booster
    spend: xgb.Booster

    @cached_property
    def tree_columns(self) -> tuple[str, ...]:
        """The features, then the prior's predictions."""
        return (*self.names, *self.card.prior_columns)

    @cached_property
    def tree_arrays(self) -> tuple[TreeArrays, TreeArrays]:
        """The trees of churn and of spend as arrays."""
        return arrays_of(self.churn), arrays_of(self.spend)

    @cached_property
    def joined_trees(self) -> JoinedTrees:
        """The same, to be walked together."""
        return join_trees(self.tree_arrays)

    @property
    def boosters(self) -> dict[str, xgb.Booster]:
        """The boosters by their names on the card."""
        return {"churn": self.churn, "spend": self.spend}
