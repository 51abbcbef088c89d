"""Names of answered customers: by the bundle's bounds, alike for one and for many."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from features.config.purchases import Economics
from models.bundle import Bundle
from models.purchases.predict import (
    answer,
    matrix_of,
)
from models.segmentation.assign import (
    FEW_ROWS,
    called,
    has_tiers,
)
from models.segmentation.cutoffs import names


def test_one_customer_is_called_as_among_many(
    bundle: Bundle, table: pd.DataFrame, as_of: datetime
) -> None:
    some = table.iloc[::7]
    clv = answer(bundle, some, as_of=as_of)["clv"]
    matrix = matrix_of(bundle, some)
    many = called(bundle, matrix, clv.to_numpy(), with_tiers=True)
    assert len(some) > FEW_ROWS
    alone = [
        called(bundle, matrix[row : row + 1], clv.to_numpy()[row : row + 1], with_tiers=True)[0]
        for row in range(len(some))
    ]
    assert many == alone
    assert bundle.card.bounds is not None
    frame = names(some, clv, bundle.card.bounds)
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
    bundle: Bundle, terms: dict[str, float], alike: bool
) -> None:
    card = bundle.card
    asked: Economics = card.economics.model_copy(update=terms)
    assert has_tiers(bundle, card.horizon_days, asked) is alike
    assert not has_tiers(bundle, card.horizon_days + 1, asked)


def test_without_tiers_the_segment_remains_and_without_bounds_nothing(
    bundle: Bundle, table: pd.DataFrame, as_of: datetime
) -> None:
    for size in (3, 3 * FEW_ROWS):
        some = table.iloc[:size]
        clv = answer(bundle, some, as_of=as_of)["clv"].to_numpy()
        matrix = matrix_of(bundle, some)
        found = called(bundle, matrix, clv, with_tiers=False)
        assert all(tier is None and segment is not None for tier, segment in found)
        nameless = bundle.card.model_copy(update={"bounds": None})
        unknown = Bundle(nameless, bundle.churn, bundle.spend)
        assert called(unknown, matrix, clv, with_tiers=True) == [(None, None)] * size
        assert not has_tiers(unknown, nameless.horizon_days, nameless.economics)
