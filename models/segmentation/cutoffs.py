"""Cutoffs of a batch of customers, of value tiers and of RFM segments, and who lies where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.config.sections import Tiers
from models.segmentation.rfm import RfmCuts, rfm_cuts, segment
from models.segmentation.tiers import Cuts, cuts, tiers


@dataclass(frozen=True)
class Cutoffs:
    """What tiers and segments of one batch rest on: plain numbers that a card or a batch can hold.

    tiers  None where no customer had a known value to cut by
    rfm    None where no customer had known purchases
    """

    tiers: Cuts | None
    rfm: RfmCuts | None


def cutoffs(table: pd.DataFrame, clv: pd.Series, terms: Tiers | None = None) -> Cutoffs:
    """Feature table and predicted values (money, null where unknown) of a batch -> its bounds."""
    needed = ["recency_days", "n_orders", "monetary_sum"]
    # subscribers have no purchases, and so no segment
    bought = {*needed} <= {*table} and table[needed].notna().all(axis=1).any()
    return Cutoffs(
        tiers=cuts(clv, terms) if clv.notna().any() else None,
        rfm=rfm_cuts(table) if bought else None,
    )


def assign_tiers_and_segments(
    table: pd.DataFrame, clv: pd.Series, cutoffs: Cutoffs, previous: pd.Series | None = None
) -> pd.DataFrame:
    """Feature table and predicted values -> columns `tier` and `segment`, index of `table`.

    A customer without a known value has no tier, one without known purchases no segment: null.

    clv       money, index customer_id; of the horizon and economics that the bounds were cut for
    previous  last tiers by customer, which stay within the margin, see `models.segmentation.tiers`
    """
    values = clv if clv.index.equals(table.index) else clv.reindex(table.index)
    unknown = pd.Series(np.nan, index=table.index, dtype="str")
    return pd.DataFrame(
        {
            "tier": tiers(values, cutoffs.tiers, previous) if cutoffs.tiers else unknown,
            "segment": segment(table, cutoffs.rfm) if cutoffs.rfm else unknown,
        },
        index=table.index,
    )
