from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.ingest.transactions import TransactionLog
from models.purchases.predictor import PurchasePredictor
from train.customer_codes import customer_codes
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask, truncate
from train.purchases.train import TrainedPurchases, train

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
Make = Callable[[pd.DataFrame, int], TrainedPurchases]


@pytest.fixture(scope="module")
def make(
    settings: Callable[..., PurchaseConfig], log_of: Callable[[pd.DataFrame], TransactionLog]
) -> Make:
    def trained(transactions: pd.DataFrame, seed: int) -> TrainedPurchases:
        config = settings(40, snapshots=2, seed=seed, rounds=5)
        return train(
            PurchaseTask(
                config, PurchaseSnapshots(truncate(log_of(transactions), AS_OF)), AS_OF, 40
            ),
            step=lambda _: None,
        )

    return trained


@pytest.fixture(scope="module")
def first(make: Make, clockwork: pd.DataFrame) -> TrainedPurchases:
    return make(clockwork, 7)


def boosters(trained: TrainedPurchases) -> list[bytes]:
    bundle = trained.bundle
    return [bytes(each.save_raw("ubj")) for each in (bundle.churn, bundle.spend)]


def card(trained: TrainedPurchases) -> dict[str, Any]:
    return trained.bundle.card.model_dump(mode="json")


def test_the_same_seed_gives_the_same_numbers(
    first: TrainedPurchases, make: Make, clockwork: pd.DataFrame
) -> None:
    again = make(clockwork, 7)
    assert first.bundle.card.churn.rounds + first.bundle.card.spend.rounds > 0
    assert len(first.bundle.card.metrics) > 20
    assert card(again) == card(first)
    assert boosters(again) == boosters(first)
    assert first.holdout is not None
    assert again.holdout is not None
    pd.testing.assert_frame_equal(again.holdout.customers, first.holdout.customers)


def test_the_order_of_the_rows_changes_nothing(
    first: TrainedPurchases, make: Make, clockwork: pd.DataFrame
) -> None:
    again = make(clockwork.sample(frac=1.0, random_state=1), 7)
    assert card(again) == card(first)
    assert boosters(again) == boosters(first)


def test_another_seed_gives_other_trees_but_the_same_totals(
    first: TrainedPurchases,
    make: Make,
    clockwork: pd.DataFrame,
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> None:
    other = make(clockwork, 8)
    assert boosters(other) != boosters(first)
    assert card(other)["metrics"] != card(first)["metrics"]
    table = PurchaseSnapshots(truncate(log_of(clockwork), AS_OF)).table(AS_OF)
    totals = [
        PurchasePredictor(each.bundle).predict(table, as_of=AS_OF)["expected_revenue"].sum()
        for each in (first, other)
    ]
    assert totals[0] == pytest.approx(totals[1], rel=1e-6)


def test_a_customer_has_the_same_number_in_every_run() -> None:
    """Who is evaluated on whose trees must not depend on process, hash seed or table."""
    ids = pd.Index(["ann", "bob", "12346"], dtype="str")
    codes = customer_codes(ids)
    assert codes.tolist() == [7601960213007955557, 8187328716829445865, 2108899299045677962]
    assert customer_codes(ids[::-1]).tolist() == codes[::-1].tolist()
