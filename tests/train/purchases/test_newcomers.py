"""How far the youngest customers can be trusted: what was said of them and what they did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.ingest.transactions import TransactionLog
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.purchases.train import train

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)


def test_young_and_old_bring_what_was_said_of_them(shop: Any) -> None:
    """Customers who are as the probability model says, evenly coming: every band is about right."""
    bands = shop.origin.report["age_bands"]
    assert sum(each["customers"] for each in bands) == len(shop.table)
    enough = [each for each in bands if each["customers"] >= 150]
    assert len(enough) >= 3
    for each in enough:
        off = abs(each["orders_said"] - each["orders_happened"])
        assert off <= 0.15 * each["orders_happened"] + 2.0 * each["orders_sd"], each
        off = abs(each["revenue_said"] - each["revenue_happened"])
        assert off <= 0.25 * each["revenue_happened"] + 2.0 * each["revenue_sd"], each


def test_the_card_says_how_right_each_age_was_in_the_holdout_evaluation(
    clockwork: pd.DataFrame,
    settings: Callable[..., PurchaseConfig],
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> None:
    data = PurchaseSnapshots(log_of(clockwork))
    task = PurchaseTask(settings(40, snapshots=1, rounds=0), data, AS_OF, 40)
    made = train(task, step=lambda _: None)
    assert made.holdout is not None
    customers, bands = made.holdout.customers, made.bundle.card.age_bands
    young = customers[customers["age_days"] < 30]  # none is younger than 7
    assert 0 < len(young) < len(customers) == sum(each.customers for each in bands)
    assert bands[1].orders_said == pytest.approx((1 - young["p_churn"]).sum())
    assert bands[1].orders_happened == (young["churned"] == 0).sum()
    said = [each.revenue_said for each in bands]
    assert np.sum(said) == pytest.approx(customers["expected_revenue"].sum())
    happened = [each.revenue_happened for each in bands]
    assert np.sum(happened) == pytest.approx(customers["revenue"].sum())
