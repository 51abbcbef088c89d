"""Tier and segment of customers, by the cutoffs of a batch or those that a bundle holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.config.sections import Economics
from models.card import FeatureColumns
from models.design_matrix import FEW_ROWS
from models.segmentation.cutoffs import Cutoffs
from models.segmentation.rfm import segment, segment_at
from models.segmentation.tiers import tier_of, tiers

Array = NDArray[np.float64]
TierAndSegment = tuple[str | None, str | None]
READ = ("recency_days", "n_orders", "monetary_sum", "refund_sum", "repeat_days", "age_days")
# What a new customer costs is no part of the value that is cut.
CUT_BY = tuple(name for name in Economics.model_fields if name != "acquisition_cost")


def tiers_apply(bundle: FeatureColumns, horizon_days: int, economics: Economics) -> bool:
    """Whether values of this horizon and economics can be compared with the bundle's cutoffs."""
    card = bundle.card
    if card.bounds is None or card.bounds.tiers is None:
        return False
    if bundle.clv_covers == "horizon" and horizon_days != card.horizon_days:
        return False
    return all(getattr(economics, name) == getattr(card.economics, name) for name in CUT_BY)


def assign_tiers_and_segments(
    table: pd.DataFrame, clv: pd.Series, cutoffs: Cutoffs, previous: pd.Series | None = None
) -> pd.DataFrame:
    """Feature table and predicted values -> columns `tier` and `segment`, index of `table`.

    A customer without a known value has no tier, one without known purchases no segment: null.

    clv       money, index customer_id; of the horizon and economics that the cutoffs are of
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


def assign_rows(
    bundle: FeatureColumns, matrix: Array, clv: Array, *, with_tiers: bool
) -> list[TierAndSegment]:
    """Tier and segment of each customer, None where there is none.

    matrix      of `bundle.feature_matrix`; clv: their values, money
    with_tiers  whether the values can be compared with the cutoffs, see `tiers_apply`
    """
    bounds = bundle.card.bounds
    if bounds is None:
        return [(None, None)] * len(matrix)
    cutoffs, rfm = bounds.tiers if with_tiers else None, bounds.rfm
    columns = matrix[:, [bundle.places[name] for name in READ]] if rfm else matrix[:, :0]
    if len(matrix) <= FEW_ROWS:
        rows = (dict(zip(READ, row, strict=False)) for row in columns.tolist())
        return [
            (tier_of(value, cutoffs) if cutoffs else None, segment_at(row, rfm) if rfm else None)
            for value, row in zip(clv.tolist(), rows, strict=True)
        ]
    values = pd.Series(clv)
    found_tiers = tiers(values, cutoffs).tolist() if cutoffs else [None] * len(values)
    table = pd.DataFrame(columns, columns=list(READ)) if rfm else pd.DataFrame(index=values.index)
    segments = segment(table, rfm).tolist() if rfm else [None] * len(values)
    return [
        (one if isinstance(one, str) else None, other if isinstance(other, str) else None)
        for one, other in zip(found_tiers, segments, strict=True)
    ]
