from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.card import Trees
from models.prediction_basis import Evidence
from models.purchases.bundle import PurchaseBundle
from models.purchases.card import PurchaseCard
from models.purchases.prediction_basis import NEEDED, assess

NO_TREES = Trees(rounds=0, strength=0.5, shift=0.0)


@pytest.fixture(scope="module")
def regular(table: pd.DataFrame) -> pd.DataFrame:
    """One customer of whom there is nothing to remark: an old one who often came back."""
    return table[table["repeat_days"] > 3].iloc[[0]]


def evidence(bundle: PurchaseBundle, rows: pd.DataFrame, horizon_days: int = 91) -> Evidence:
    return assess(bundle, bundle.feature_matrix(rows), horizon_days)


def remarks(bundle: PurchaseBundle, row: pd.DataFrame, horizon_days: int = 91) -> list[str]:
    (warnings,) = evidence(bundle, row, horizon_days).warnings
    return warnings


def with_card(bundle: PurchaseBundle, card: PurchaseCard) -> PurchaseBundle:
    return PurchaseBundle(card, bundle.churn, bundle.spend)


def test_of_a_regular_customer_there_is_nothing_to_remark(
    bundle: PurchaseBundle, regular: pd.DataFrame
) -> None:
    assert remarks(bundle, regular) == []


@pytest.mark.parametrize(
    ("churn", "spend", "basis"),
    [(5, 5, "model"), (5, 0, "model"), (0, 5, "model"), (0, 0, "prior")],
)
def test_trees_in_either_model_make_it_a_model(
    bundle: PurchaseBundle, regular: pd.DataFrame, churn: int, spend: int, basis: str
) -> None:
    card = bundle.card.model_copy(
        update={
            "churn": NO_TREES.model_copy(update={"rounds": churn}),
            "spend": NO_TREES.model_copy(update={"rounds": spend}),
        }
    )
    assert evidence(with_card(bundle, card), regular).basis == [basis]


@pytest.mark.parametrize("missing", NEEDED)
def test_without_a_sufficient_statistic_nothing_is_predicted(
    bundle: PurchaseBundle, regular: pd.DataFrame, missing: str
) -> None:
    row = regular.assign(**{missing: np.nan})
    assert evidence(bundle, row, 365).basis == ["insufficient"]
    assert not evidence(bundle, row, 365).known.any()
    assert remarks(bundle, row, 365) == [
        "no purchase before as_of is known, so nothing can be predicted"
    ]


def test_one_purchase_day_is_remarked(bundle: PurchaseBundle, regular: pd.DataFrame) -> None:
    once = regular.assign(repeat_days=0.0, last_repeat_days=0.0)
    assert remarks(bundle, once) == ["only one purchase day so far"]


def test_a_new_customer_is_remarked(bundle: PurchaseBundle, regular: pd.DataFrame) -> None:
    lowest = {each.name: each.lowest for each in bundle.card.features}["age_days"]
    found = remarks(bundle, regular.assign(age_days=29.9))
    assert found == [
        "customer for less than 30 days",
        *(["age_days outside the training range"] if lowest and lowest > 29.9 else []),
    ]
    assert "customer for less than 30 days" not in remarks(bundle, regular.assign(age_days=30.0))


def test_more_refunds_than_purchases_are_remarked(
    bundle: PurchaseBundle, regular: pd.DataFrame
) -> None:
    eaten = remarks(bundle, regular.assign(refund_rate=1.01))
    assert eaten == ["refunds exceed purchases", "refund_rate outside the training range"]
    assert "refunds exceed purchases" not in remarks(bundle, regular.assign(refund_rate=1.0))


def test_a_value_beyond_what_training_saw_is_remarked(
    bundle: PurchaseBundle, regular: pd.DataFrame
) -> None:
    bounds = {each.name: each for each in bundle.card.features}["monetary_max"]
    assert bounds.lowest is not None
    assert bounds.highest is not None
    sentence = ["monetary_max outside the training range"]
    assert remarks(bundle, regular.assign(monetary_max=bounds.highest)) == []
    assert remarks(bundle, regular.assign(monetary_max=bounds.highest * 2)) == sentence
    assert remarks(bundle, regular.assign(monetary_max=bounds.lowest / 2)) == sentence
    assert remarks(bundle, regular.assign(monetary_max=np.nan)) == []


def test_text_and_features_never_seen_have_no_range(
    bundle: PurchaseBundle, regular: pd.DataFrame
) -> None:
    named = bundle.card.features[0].model_copy(update={"name": "first_channel"})
    empty = named.model_copy(update={"lowest": None, "highest": None})
    card = bundle.card.model_copy(
        update={
            "features": (*bundle.card.features, empty),
            "levels": {"first_channel": ("web", "shop")},
        }
    )
    assert remarks(with_card(bundle, card), regular.assign(first_channel="web")) == []


def test_a_horizon_beyond_what_was_learnt_is_remarked(
    bundle: PurchaseBundle, regular: pd.DataFrame
) -> None:
    learnt = bundle.card.fitted_horizon_days
    assert remarks(bundle, regular, learnt) == []
    (sentence,) = remarks(bundle, regular, learnt + 1)
    assert f"{learnt} days" in sentence
    assert sentence.endswith(f"on to {learnt + 1}")


def test_each_customer_has_its_own_remarks(bundle: PurchaseBundle, table: pd.DataFrame) -> None:
    few = table.iloc[:300]
    found = evidence(bundle, few)
    for customer, warnings in zip(few.index, found.warnings, strict=True):
        assert ("only one purchase day so far" in warnings) == (
            few.loc[customer, "repeat_days"] == 0
        )


def test_of_nobody_there_is_nothing_to_say(bundle: PurchaseBundle, regular: pd.DataFrame) -> None:
    nobody = evidence(bundle, regular.iloc[:0])
    assert (nobody.basis, nobody.warnings, nobody.known.size) == ([], [], 0)
