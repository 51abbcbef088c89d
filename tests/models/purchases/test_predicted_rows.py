"""A row out for a row in, each by itself, with nulls and a reason where too little is known."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor

NUMBERS = [
    "p_churn",
    "expected_spend",
    "expected_revenue",
    "clv",
    "clv_low",
    "clv_high",
    "clv_historic",
    "clv_total",
    "clv_net",
]


def test_answers_come_with_these_columns_in_the_tables_order(
    bundle: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    predicted = PurchasePredictor(bundle).predict(few, as_of=as_of)
    assert [*predicted.columns] == [*NUMBERS, "basis", "warnings"]
    assert predicted.index.equals(few.index)
    assert predicted.index.name == "customer_id"
    assert (predicted["basis"] == "model").all()
    assert np.isfinite(predicted[NUMBERS].to_numpy()).all()


def test_the_order_of_rows_does_not_matter(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    mixed = few.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        PurchasePredictor(either).predict(mixed, as_of=as_of).loc[few.index],
        PurchasePredictor(either).predict(few, as_of=as_of),
        rtol=1e-12,
    )


def test_a_customer_alone_gets_the_answer_of_the_batch(
    either: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    batch = PurchasePredictor(either).predict(few, as_of=as_of)
    alone = [
        PurchasePredictor(either).predict(few.iloc[[row]], as_of=as_of)
        for row in range(0, len(few), 30)
    ]
    pd.testing.assert_frame_equal(pd.concat(alone), batch.iloc[::30], rtol=1e-12)


def test_the_order_of_columns_does_not_matter(
    bundle: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    turned = few[few.columns[::-1]].assign(unknown_column=1.0)
    pd.testing.assert_frame_equal(
        PurchasePredictor(bundle).predict(turned, as_of=as_of),
        PurchasePredictor(bundle).predict(few, as_of=as_of),
    )


def test_the_table_is_left_as_it_was(
    bundle: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    before = few.copy()
    PurchasePredictor(bundle).predict(few, as_of=as_of)
    pd.testing.assert_frame_equal(few, before)


@pytest.mark.parametrize(
    "missing", ["repeat_days", "last_repeat_days", "age_days", "day_value_mean"]
)
def test_customers_of_whom_too_little_is_known_get_nulls_and_a_reason(
    bundle: PurchaseBundle, few: pd.DataFrame, as_of: datetime, missing: str
) -> None:
    blank = few.copy()
    blank.loc[blank.index[1], missing] = np.nan
    predicted = PurchasePredictor(bundle).predict(blank, as_of=as_of)
    unknown = predicted.iloc[1]
    assert unknown[NUMBERS].isna().all()
    assert unknown["basis"] == "insufficient"
    assert any("nothing can be predicted" in each for each in unknown["warnings"])
    pd.testing.assert_frame_equal(
        predicted.drop(few.index[1]),
        PurchasePredictor(bundle).predict(few.drop(few.index[1]), as_of=as_of),
        rtol=1e-12,
    )


def test_nobody_known_and_nobody_at_all_are_answered(
    bundle: PurchaseBundle, few: pd.DataFrame, as_of: datetime
) -> None:
    unknown = few.iloc[:3].assign(age_days=np.nan)
    assert (
        PurchasePredictor(bundle).predict(unknown, as_of=as_of)["basis"] == "insufficient"
    ).all()
    assert PurchasePredictor(bundle).predict(unknown, as_of=as_of)[NUMBERS].isna().all(axis=None)
    nobody = PurchasePredictor(bundle).predict(few.iloc[:0], as_of=as_of)
    assert nobody.empty
    assert [*nobody.columns] == [*NUMBERS, "basis", "warnings"]
