"""Features as a transformer in a pipeline of one's own."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from features.errors import ConfigError, DataError
from features.ingest.canonical import canonical_lines
from features.purchases.table import build_features
from train.estimator import CustomerFeatures

AS_OF = datetime(1998, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def features() -> CustomerFeatures:
    return CustomerFeatures(as_of="1998-01-01", timestamp="ts")


def test_they_are_the_feature_table_as_of_the_time(
    features: CustomerFeatures, purchases: pd.DataFrame
) -> None:
    lines = canonical_lines(
        purchases.rename(columns={"ts": "timestamp"})[["customer_id", "timestamp", "amount"]], "UTC"
    )
    expected = build_features(lines, AS_OF, optional=())
    model = clone(features)
    found = model.fit_transform(purchases)
    pd.testing.assert_frame_equal(found, expected)
    assert list(model.get_feature_names_out()) == list(expected)
    pd.testing.assert_frame_equal(model.transform(pa.Table.from_pandas(purchases)), found)


def test_later_rows_do_not_matter(features: CustomerFeatures, purchases: pd.DataFrame) -> None:
    earlier = purchases[purchases["ts"] < "1998-01-01"]
    model = clone(features).fit(purchases)
    pd.testing.assert_frame_equal(model.transform(earlier), model.transform(purchases))


def test_the_columns_are_those_that_were_fitted(purchases: pd.DataFrame) -> None:
    with_kind = purchases.assign(kind=np.where(purchases["amount"] > 15, "long", "short"))
    model = CustomerFeatures(timestamp="ts", category="kind").fit(with_kind)
    names = list(model.get_feature_names_out())
    assert len(names) > len(CustomerFeatures(timestamp="ts").fit(purchases).names_)
    without = with_kind.assign(kind=None)
    assert list(model.transform(without)) == names


def test_they_stand_in_a_pipeline(features: CustomerFeatures, purchases: pd.DataFrame) -> None:
    later = purchases[purchases["ts"] >= "1998-01-01"].groupby("customer_id")["amount"].sum()
    customers = clone(features).fit_transform(purchases).index
    revenue = later.reindex(customers).fillna(0.0)
    pipeline = make_pipeline(clone(features), SimpleImputer(), LinearRegression())
    predicted = pipeline.fit(purchases, revenue).predict(purchases)
    assert np.corrcoef(predicted, revenue)[0, 1] > 0.3


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_the_output_can_be_set(
    output: str, features: CustomerFeatures, purchases: pd.DataFrame
) -> None:
    library = pytest.importorskip(output, reason=f"no {output} here")
    found = clone(features).set_output(transform=output).fit_transform(purchases)
    assert isinstance(found, library.DataFrame)
    plain = clone(features).fit_transform(purchases)
    assert list(found.columns) == list(plain)
    assert np.array_equal(found.to_numpy(), plain.to_numpy(), equal_nan=True)


def test_what_is_wrong_is_said_in_arguments(purchases: pd.DataFrame) -> None:
    with pytest.raises(NotFittedError):
        CustomerFeatures().transform(purchases)
    with pytest.raises(DataError, match="no column 'timestamp', set timestamp"):
        CustomerFeatures().fit(purchases)
    with pytest.raises(DataError, match="no customer has a purchase before as_of"):
        CustomerFeatures(as_of="1990-01-01", timestamp="ts").fit_transform(purchases)
    with pytest.raises(ConfigError, match=r"refund is an unknown key, did you mean refunds\?"):
        CustomerFeatures(timestamp="ts", settings={"refund": "drop"}).fit(purchases)
