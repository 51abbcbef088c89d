"""The manners of an estimator: what goes in, what comes back, what is said."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.special import logit
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from features.config.purchases import PurchaseConfig, PurchaseData
from features.config.sections import Problem
from features.errors import ConfigError, DataError
from train.estimator import CustomerValue, HealthWarning, SubscriptionValue

SMALL = {"horizon_days": 60, "snapshots": 1, "churn": {"max_rounds": 0}, "spend": {"max_rounds": 0}}


@pytest.fixture(scope="module")
def few(purchases: pd.DataFrame) -> pd.DataFrame:
    """The purchases of a tenth of the customers, who know what day it is."""
    last = purchases.loc[purchases["ts"].idxmax(), "customer_id"]
    some = purchases["customer_id"].str.endswith("1") | (purchases["customer_id"] == last)
    return purchases[some].reset_index(drop=True)


@pytest.fixture(scope="module")
def scores(fitted: CustomerValue) -> pd.DataFrame:
    return fitted.predict()


# ------------------------------------------------------------------------- what comes back


def polars(frame: pd.DataFrame) -> Any:
    library = pytest.importorskip("polars", reason="no Polars here")
    return library.from_arrow(pa.Table.from_pandas(frame, preserve_index=False))


KINDS: dict[str, tuple[Callable[[pd.DataFrame], Any], Callable[[Any], pd.DataFrame]]] = {
    "pandas": (lambda frame: frame, lambda found: found),
    "Arrow": (lambda frame: pa.Table.from_pandas(frame), lambda found: found.to_pandas()),
    "Arrow reader": (
        lambda frame: pa.Table.from_pandas(frame).to_reader(),
        lambda found: found.read_all().to_pandas(),
    ),
    "DuckDB": (
        lambda frame: duckdb.connect().from_arrow(pa.Table.from_pandas(frame)),
        lambda found: found.to_arrow_table().to_pandas(),
    ),
    "Polars": (polars, lambda found: found.to_arrow().to_pandas()),
    "Polars, lazy": (
        lambda frame: polars(frame).lazy(),
        lambda found: found.collect().to_arrow().to_pandas(),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_back_is_of_the_kind_that_came_in(
    kind: str, fitted: CustomerValue, few: pd.DataFrame
) -> None:
    make, back = KINDS[kind]
    given = make(few)
    found = fitted.predict(given)
    assert type(found) is type(given)
    expected = fitted.predict(few)
    assert len(expected) > 100
    texts = dict.fromkeys(("customer_id", "tier", "segment", "basis"), "str")
    pd.testing.assert_frame_equal(
        back(found)[[*texts, "clv", "p_churn"]].astype(texts),
        expected[[*texts, "clv", "p_churn"]].astype(texts),
    )


def test_a_reader_can_be_read_once_and_is_asked_about_for_ever(few: pd.DataFrame) -> None:
    reader = pa.Table.from_pandas(few).to_reader()
    model = CustomerValue(**SMALL).fit(reader, timestamp="ts")
    for found in (model.predict(), model.predict(horizon_days=30), model.evaluate()):
        assert isinstance(found, pa.RecordBatchReader)


def test_a_path_is_as_good_as_a_frame(
    fitted: CustomerValue, few: pd.DataFrame, tmp_path: Path
) -> None:
    few.to_csv(tmp_path / "few.csv", index=False)
    pd.testing.assert_frame_equal(
        fitted.predict(tmp_path / "few.csv"),
        fitted.predict(few),
    )


@pytest.mark.parametrize(
    "as_of",
    [date(1998, 7, 1), datetime(1998, 7, 1, tzinfo=UTC), pd.Timestamp("1998-07-01"),
     np.datetime64("1998-07-01")],
)  # fmt: skip
def test_a_time_is_a_text_a_date_or_a_timestamp(
    as_of: object, fitted: CustomerValue, scores: pd.DataFrame
) -> None:
    pd.testing.assert_frame_equal(fitted.predict(as_of=as_of), scores)


def test_economics_that_are_asked_for_change_nothing_else(
    fitted: CustomerValue, scores: pd.DataFrame
) -> None:
    halved = fitted.predict(economics={"margin": 0.5})
    assert np.allclose(halved["clv"], scores["clv"] / 2)
    with pytest.raises(ConfigError, match="margin must be"):
        fitted.predict(economics={"margin": -1})
    with pytest.raises(ConfigError, match="profit is an unknown key"):
        fitted.predict(economics={"profit": 1})


# ------------------------------------------------------------------------- scikit-learn's manners


def test_the_arguments_are_the_keys_of_a_configuration() -> None:
    data = set(PurchaseData.model_fields) - {"transactions", "columns"}
    problem = set(Problem.model_fields) - {"relationship"}
    tables = set(PurchaseConfig.model_fields) - {"data", "problem"}
    assert set(CustomerValue().get_params()) == data | problem | tables


def test_what_is_not_fitted_says_so() -> None:
    model = CustomerValue()
    for ask in (model.predict, model.evaluate, model.backtest, model.plot_deciles,
                model.log_to_mlflow):  # fmt: skip
        with pytest.raises(NotFittedError):
            ask()
    with pytest.raises(NotFittedError):
        model.explain("a")
    with pytest.raises(NotFittedError):
        model.save("nowhere")
    assert "held out" not in repr(model)
    assert "not fitted" in model._repr_html_()


def test_a_clone_is_not_fitted_and_fits_to_the_same(few: pd.DataFrame) -> None:
    model = CustomerValue(**SMALL, economics={"margin": 0.4})
    before = model.get_params()
    assert model.fit(few, timestamp="ts") is model
    assert model.get_params() == before
    again = clone(model)
    with pytest.raises(NotFittedError):
        again.predict()
    pd.testing.assert_frame_equal(again.fit(few, timestamp="ts").predict(), model.predict())
    assert again.set_params(horizon_days=30).horizon_days == 30


def test_what_is_fitted_is_shown(fitted: CustomerValue) -> None:
    shown = fitted._repr_mimebundle_()
    for each in ("2,349 customers", "1998-07-01", "60 days", "held out", "max_rounds"):
        assert each in shown["text/plain"]
        assert each in shown["text/html"]


# ------------------------------------------------------------------------- what is said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"horizon_days": -3}, "CustomerValue: horizon_days must be positive, got -3"),
        ({"horizon_days": np.int64(0)}, "horizon_days must be positive, got 0"),
        ({"currency": "eur"}, "currency must be three capital letters such as GBP, got 'eur'"),
        ({"economics": {"profit": 1}}, "economics.profit is an unknown key"),
        ({"preset": "shopfy"}, "CustomerValue: preset must be one of amazon"),
        ({"keep": {"a": "x"}, "drop": {"a": "x"}}, "must not both keep and drop a = 'x'"),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(
    arguments: dict[str, Any], sentence: str, few: pd.DataFrame
) -> None:
    with pytest.raises(ConfigError) as caught:
        CustomerValue(**arguments).fit(few, timestamp="ts")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({}, "the frame: no column 'timestamp', set timestamp; the columns are customer_id"),
        ({"timestamp": "ts", "amount": "total"}, "no column 'total', set amount"),
        ({"timestamp": "ts", "as_of": "2024-01-01"}, "lies after the log's end"),
        ({"X": None}, "there is nothing to read; give a frame of pandas"),
        ({"X": "nowhere.csv"}, "nowhere.csv: no such file"),
        ({"timestamp": "ts", "as_of": "soon"}, "as_of must be a date or an ISO timestamp"),
    ],
)
def test_a_frame_that_cannot_be_used_is_named(
    columns: dict[str, Any], sentence: str, few: pd.DataFrame
) -> None:
    with pytest.raises(DataError) as caught:
        CustomerValue(**SMALL).fit(**{"X": few, **columns})
    assert sentence in str(caught.value)


def test_what_looks_wrong_is_a_warning_of_one_class_at_the_callers_line(few: pd.DataFrame) -> None:
    doubtful = few.assign(status=np.where(few.index % 4 == 0, "failed", "paid"))
    with pytest.warns(HealthWarning) as caught:
        model = CustomerValue(**SMALL).fit(doubtful, timestamp="ts")
    [found] = [each for each in caught if "status" in str(each.message)]
    assert 'set drop={"status": ["failed"]}' in str(found.message)
    assert found.filename == __file__
    assert any("status" in each for each in model.findings_)
    with pytest.warns(HealthWarning) as caught:
        model.predict(doubtful)
    assert {each.filename for each in caught} == {__file__}
    answered = CustomerValue(**SMALL, drop={"status": ["failed"]}).fit(doubtful, timestamp="ts")
    assert answered.counts_["dropped: status = failed"] == (few.index % 4 == 0).sum()


# ------------------------------------------------------------------------- stored and shown


def test_what_is_stored_holds_no_customer_and_predicts_the_same(
    fitted: CustomerValue, scores: pd.DataFrame, purchases: pd.DataFrame, tmp_path: Path
) -> None:
    fitted.save(tmp_path / "bundle")
    files = sorted((tmp_path / "bundle").iterdir())
    assert {each.name for each in files} == {"card.json", "churn.ubj", "spend.ubj"}
    assert not [each for each in files if b"who-" in each.read_bytes()]
    found = CustomerValue.load(tmp_path / "bundle")
    assert found.get_params() == fitted.get_params()
    again = found.predict(purchases)
    assert again["model_version"].str.startswith("card-").all()
    pd.testing.assert_frame_equal(again.drop(columns="model_version"),
                                  scores.drop(columns="model_version"))  # fmt: skip
    pd.testing.assert_frame_equal(found.evaluate(), fitted.evaluate())
    for ask in (found.predict, found.backtest, found.plot_deciles, found.log_to_mlflow):
        with pytest.raises(DataError, match="this model was loaded or copied"):
            ask()


def test_what_is_not_a_bundle_is_never_written_over(fitted: CustomerValue, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="holds something else than a bundle; give a new folder"):
        fitted.save(tmp_path / "notes")
    assert (tmp_path / "notes" / "mine.txt").read_text() == "mine"
    for place in (tmp_path / "notes" / "mine.txt", tmp_path / "notes" / "mine.txt" / "below"):
        with pytest.raises(DataError, match=r"cannot be written: .*; give another folder"):
            fitted.save(place)
    for _ in range(2):
        fitted.save(tmp_path / "bundle")
    assert CustomerValue.load(tmp_path / "bundle").metrics_ == fitted.metrics_


def test_a_copy_holds_no_customers(fitted: CustomerValue, purchases: pd.DataFrame) -> None:
    copied = copy.deepcopy(fitted)
    with pytest.raises(DataError, match="this model was loaded or copied"):
        copied.predict()
    pd.testing.assert_frame_equal(copied.predict(purchases), fitted.predict())


def test_what_cannot_be_loaded_is_said(fitted: CustomerValue, tmp_path: Path) -> None:
    fitted.save(tmp_path / "bundle")
    with pytest.raises(DataError, match="is a model of purchases, not of contract"):
        SubscriptionValue.load(tmp_path / "bundle")
    with pytest.raises(DataError, match="no such folder"):
        CustomerValue.load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"card\.json"):
        CustomerValue.load(tmp_path)


def test_the_holdout_is_a_table_beside_the_prior(fitted: CustomerValue) -> None:
    table = fitted.evaluate().set_index(["part", "metric"])
    assert list(table) == ["label", "model", "prior"]
    for part, metric in table.index:
        assert table.loc[(part, metric), "model"] == fitted.metrics_[f"{part}_{metric}"]
    assert table.loc[("clv", "gini"), "prior"] == fitted.metrics_["clv_prior_gini"]


def test_a_backtest_is_a_table_of_models(few: pd.DataFrame) -> None:
    model = CustomerValue(**SMALL).fit(few, timestamp="ts")
    board = model.backtest(origins=1)
    assert {"perennial", "bg_nbd_gamma_gamma"} <= set(board["model"])
    assert board["gini"].is_monotonic_decreasing
    with pytest.raises(ConfigError, match="origins must be a number from 1 to 100, got 0"):
        model.backtest(origins=0)


def test_the_parts_of_a_prediction_add_up_to_it(
    fitted: CustomerValue, scores: pd.DataFrame
) -> None:
    known = scores[scores["basis"] == "model"].set_index("customer_id")
    ids = list(known.index[[3, 17]])
    parts = fitted.explain(ids)
    assert set(parts["part"]) == {"prior", "level", "trees", "driver", "others"}
    sums = parts.groupby("customer_id")[["log_odds", "log_money"]].sum().loc[ids]
    assert np.allclose(sums["log_odds"], logit(1 - known.loc[ids, "p_churn"]))
    assert np.allclose(sums["log_money"], np.log(known.loc[ids, "expected_spend"]))
    assert list(fitted.explain(ids[0], top=1)["part"]).count("driver") <= 2
    pd.testing.assert_frame_equal(fitted.explain(pd.Series(ids)), parts)
    with pytest.raises(DataError, match="there is no customer 'nobody' among the 2,349"):
        fitted.explain("nobody")


def test_pictures_are_shown_and_saved(
    fitted: CustomerValue, scores: pd.DataFrame, tmp_path: Path
) -> None:
    best = scores.nlargest(1, "clv")["customer_id"].iloc[0]
    pictures = [fitted.plot_deciles(), fitted.plot_calibration(), fitted.plot_value(best)]
    for place, picture in enumerate(pictures[1:]):
        shown = picture._repr_mimebundle_()
        assert shown["image/svg+xml"].startswith("<svg")
        assert shown["text/plain"] == repr(picture)
        picture.save(tmp_path / f"{place}.svg")
        # the drawing library numbers what it draws
        drawn = (tmp_path / f"{place}.svg").read_text()
        assert re.sub(r"\d", "", drawn) == re.sub(r"\d", "", shown["image/svg+xml"])
    assert best in repr(pictures[2])
    pictures[0].save(tmp_path / "chart.json")
    assert '"hconcat"' in (tmp_path / "chart.json").read_text()
    with pytest.raises(DataError, match=r"is saved as \.png, \.svg or \.json"):
        pictures[0].save(tmp_path / "chart.pdf")
    assert not (tmp_path / "chart.pdf").exists()


def test_the_months_of_a_customer_add_up_to_its_value(
    fitted: CustomerValue, scores: pd.DataFrame
) -> None:
    customer = scores.nlargest(1, "clv").iloc[0]
    months = fitted.plot_value(customer["customer_id"]).spec["data"]["values"]
    assert len(months) == 2
    assert sum(each["value"] for each in months) == pytest.approx(customer["clv"])
