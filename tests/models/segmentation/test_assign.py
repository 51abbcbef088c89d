"""Names of answered customers: by the bundle's bounds, alike for one and for many."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from features.config.sections import Economics
from models.design_matrix import FEW_ROWS
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from models.segmentation.assign import assign_rows, assign_tiers_and_segments, tiers_apply


def test_one_customer_is_called_as_among_many(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    some = table.iloc[::7]
    clv = PurchasePredictor(bundle).predict(some, as_of=as_of)["clv"]
    matrix = bundle.feature_matrix(some)
    many = assign_rows(bundle, matrix, clv.to_numpy(), with_tiers=True)
    assert len(some) > FEW_ROWS
    alone = [
        assign_rows(bundle, matrix[row : row + 1], clv.to_numpy()[row : row + 1], with_tiers=True)[
            0
        ]
        for row in range(len(some))
    ]
    assert many == alone
    assert bundle.card.bounds is not None
    frame = assign_tiers_and_segments(some, clv, bundle.card.bounds)
    assert many == list(zip(frame["tier"], frame["segment"], strict=True))
    assert {tier for tier, _ in many} == {"Platinum", "Gold", "Silver", "Bronze"}


@pytest.mark.parametrize(
    ("terms", "alike"),
    [
        ({}, True),
        ({"acquisition_cost": 50.0}, True),
        ({"margin": 0.5}, False),
        ({"discount_rate_annual": 0.2}, False),
        ({"retention_cost_annual": 1.0}, False),
    ],
)
def test_a_tier_holds_for_the_values_that_it_was_cut_from(
    bundle: PurchaseBundle, terms: dict[str, float], alike: bool
) -> None:
    card = bundle.card
    asked: Economics = card.economics.model_copy(update=terms)
    assert tiers_apply(bundle, card.horizon_days, asked) is alike
    assert not tiers_apply(bundle, card.horizon_days + 1, asked)


def test_without_tiers_the_segment_remains_and_without_bounds_nothing(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    for size in (3, 3 * FEW_ROWS):
        some = table.iloc[:size]
        clv = PurchasePredictor(bundle).predict(some, as_of=as_of)["clv"].to_numpy()
        matrix = bundle.feature_matrix(some)
        found = assign_rows(bundle, matrix, clv, with_tiers=False)
        assert all(tier is None and segment is not None for tier, segment in found)
        nameless = bundle.card.model_copy(update={"bounds": None})
        unknown = PurchaseBundle(nameless, bundle.churn, bundle.spend)
        assert assign_rows(unknown, matrix, clv, with_tiers=True) == [(None, None)] * size
        assert not tiers_apply(unknown, nameless.horizon_days, nameless.economics)
