"""The cutoffs of a batch of customers: of its value tiers and of its RFM scores.

`models.segmentation.tiers` cuts predicted values into tiers, `models.segmentation.rfm` cuts
recency, orders and money into the scores that make a segment; `models.segmentation.assign` finds
who lies where.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from features.config.sections import Tiers
from models.segmentation.rfm import RfmCutoffs, rfm_cutoffs
from models.segmentation.tiers import TierCutoffs, tier_cutoffs


@dataclass(frozen=True)
class Cutoffs:
    """What tiers and segments of one batch rest on: plain numbers that a card or a batch can hold.

    tiers  None where no customer had a known value to cut by
    rfm    None where no customer had known purchases
    """

    tiers: TierCutoffs | None
    rfm: RfmCutoffs | None


def cutoffs(table: pd.DataFrame, clv: pd.Series, terms: Tiers | None = None) -> Cutoffs:
    """Feature table and predicted values (money, null where unknown) of a batch -> its cutoffs."""
    needed = ["recency_days", "n_orders", "monetary_sum"]
    # subscribers have no purchases, and so no segment
    bought = {*needed} <= {*table} and table[needed].notna().all(axis=1).any()
    return Cutoffs(
        tiers=tier_cutoffs(clv, terms) if clv.notna().any() else None,
        rfm=rfm_cutoffs(table) if bought else None,
    )
