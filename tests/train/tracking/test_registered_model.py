"""The registered model, loaded as whoever has only MLflow loads it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from train.tracking.mlflow_library import library

Trained = tuple[PurchaseBundle, pd.DataFrame, Path]
ELSEWHERE = """
import json, sys
import mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/clv/1")
found = model.predict(pd.read_parquet(sys.argv[2]))
import features, models
try:
    import train
except ModuleNotFoundError:
    train = None
print(json.dumps({"clv": found["clv"].tolist(), "ids": found["customer_id"].tolist(),
    "from": [features.__path__[0], models.__path__[0]], "train": train is not None}))
"""


@pytest.fixture(scope="module")
def model(registered: Path) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.dont_write_bytecode", True)
        patch.setattr("sys.path", list(sys.path))
        yield library().pyfunc.load_model("models:/clv/1")


@pytest.fixture
def rows(trained: Trained) -> pd.DataFrame:
    """Eight rows of the feature table, with customer_id as a column."""
    return trained[1].head(8).reset_index()


@pytest.fixture
def expected(trained: Trained) -> list[float]:
    """The clv of those rows."""
    return PurchasePredictor(trained[0]).predict(trained[1].head(8))["clv"].tolist()


def test_it_predicts_elsewhere_with_the_code_that_it_was_registered_with(
    registered: Path, rows: pd.DataFrame, expected: list[float], tmp_path: Path
) -> None:
    """In a process that has neither this checkout nor its folder."""
    rows.to_parquet(tmp_path / "rows.parquet")
    kept = {name: each for name, each in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [
            sys.executable,
            "-B",
            "-c",
            ELSEWHERE,
            f"sqlite:///{registered}/mlflow.db",
            "rows.parquet",
        ],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["clv"] == expected
    assert found["ids"] == rows["customer_id"].tolist()
    assert all(each.startswith(str(registered)) for each in found["from"])
    assert found["train"] is False


def test_rows_keep_their_order_whoever_is_in_them_twice_or_has_no_id(
    model: Any, rows: pd.DataFrame, expected: list[float]
) -> None:
    order = [3, 0, 3, 7, 0]
    asked = rows.iloc[order].assign(customer_id=["b", "a", "b", None, "a"])
    found = model.predict(asked)
    assert found["clv"].tolist() == [expected[each] for each in order]
    assert found["customer_id"].fillna("nobody").tolist() == ["b", "a", "b", "nobody", "a"]


@pytest.mark.parametrize(
    ("ids", "read"),
    [
        (np.arange(8), [str(each) for each in range(8)]),
        ([17850.0, None, *range(6)], ["17850", None, *(str(each) for each in range(6))]),
        (["007", "7", *"abcdef"], ["007", "7", *"abcdef"]),
    ],
)
def test_ids_are_texts_or_whole_numbers(
    model: Any, rows: pd.DataFrame, expected: list[float], ids: Any, read: list[str | None]
) -> None:
    found = model.predict(rows.assign(customer_id=ids))
    assert (
        found["customer_id"].astype(object).where(found["customer_id"].notna(), None).tolist()
        == read
    )
    assert found["clv"].tolist() == expected


@pytest.mark.parametrize(
    "changed",
    [
        lambda rows: rows.convert_dtypes(),
        lambda rows: rows.convert_dtypes(dtype_backend="pyarrow"),
        lambda rows: rows.astype(object),
        lambda rows: rows.astype(object).where(rows.notna(), None),
        lambda rows: rows.assign(customer_id=rows["customer_id"].astype("category")),
        lambda rows: rows.assign(n_orders=rows["n_orders"].astype("int64")),
        lambda rows: rows.set_index("customer_id"),
        lambda rows: rows[list(reversed(rows.columns))].assign(else_="?"),
    ],
    ids=["nullable", "arrow", "object", "none", "category", "whole", "index", "order"],
)
def test_columns_are_what_they_mean_whatever_their_type(
    model: Any,
    rows: pd.DataFrame,
    expected: list[float],
    changed: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    found = model.predict(changed(rows))
    assert found["clv"].tolist() == expected
    assert found["customer_id"].tolist() == rows["customer_id"].tolist()


def test_features_come_back_from_a_csv_file_the_same(
    model: Any, rows: pd.DataFrame, expected: list[float], tmp_path: Path
) -> None:
    rows.convert_dtypes().to_csv(tmp_path / "rows.csv", index=False)
    read = pd.read_csv(tmp_path / "rows.csv")
    assert read["n_orders"].dtype == np.int64
    assert model.predict(read)["clv"].tolist() == pytest.approx(expected, rel=1e-12)


def test_nobody_gets_no_prediction(model: Any, rows: pd.DataFrame) -> None:
    some, none = model.predict(rows), model.predict(rows.head(0))
    assert len(none) == 0
    pd.testing.assert_series_equal(none.dtypes, some.dtypes)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            lambda rows: pd.DataFrame(
                {"customer_id": ["a"], "timestamp": ["2025-01-01"], "amount": 1.0}
            ),
            "holds none of the features .* not from transactions; make it with",
        ),
        (lambda rows: rows.drop(columns="n_orders"), "lacks features: n_orders; give null"),
        (lambda rows: rows.drop(columns="customer_id"), "customer_id is missing: name it"),
        (
            lambda rows: rows.assign(n_orders="many"),
            "row 0: n_orders must be a number or null, got 'many'",
        ),
        (
            lambda rows: rows.assign(n_orders=True),
            "row 0: n_orders must be a number or null, got True",
        ),
        (lambda rows: rows.assign(n_orders=np.inf), "row 0: n_orders must be a finite number"),
        (lambda rows: rows.assign(customer_id=1.5), "row 0: customer_id must be a text or a whole"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    model: Any, rows: pd.DataFrame, changed: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    with pytest.raises(library().MlflowException, match=said) as refused:
        model.predict(changed(rows))
    assert "\n" not in str(refused.value)
    assert refused.value.get_http_status_code() == 400
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"horizon_days": 0}, "horizon_days must lie in 1 to 3650, got 0"),
        (
            {"as_of": "soon"},
            "as_of must be a date or an ISO timestamp such as 2011-09-10, got 'soon'",
        ),
    ],
)
def test_params_that_mean_nothing_are_one_sentence(
    model: Any, rows: pd.DataFrame, params: dict[str, Any], said: str
) -> None:
    with pytest.raises(library().MlflowException) as refused:
        model.predict(rows, params=params)
    assert str(refused.value) == said


def test_other_packages_of_the_same_name_are_named(
    registered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.split(".")[0] == "models"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "models", ModuleType("models"))
    monkeypatch.setattr("sys.path", list(sys.path))
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    with pytest.raises(library().MlflowException, match="other packages called features or models"):
        library().pyfunc.load_model("models:/clv/1")


def test_the_registry_says_what_goes_in_and_comes_out_in_which_units(
    registered: Path, model: Any, trained: Trained, tmp_path: Path
) -> None:
    client, card = library().MlflowClient(), trained[0].card
    about = client.get_model_version("clv", "1").description
    assert f"As of 2025-01-01, {card.horizon_days} days. Money is USD." in about
    for name in model.metadata.get_output_schema().input_names()[1:]:
        assert f"| {name} | " in about
    assert len(about) < 5000  # what a store on PostgreSQL takes
    readme = Path(
        library().artifacts.download_artifacts("models:/clv/1/README.md", dst_path=str(tmp_path))
    ).read_text()
    for each in card.features:
        assert f"| {each.name} | {'USD' if each.unit == 'money' else each.unit} | " in readme
    names = model.metadata.get_input_schema().input_names()
    assert names == ["customer_id", *(each.name for each in card.features)]
    assert list(model.predict(model.input_example)) == (
        model.metadata.get_output_schema().input_names()
    )
