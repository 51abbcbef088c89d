"""The estimator of subscribers, where it is not that of purchases."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.config.sections import Problem
from features.config.subscriptions import SubscriptionConfig, SubscriptionData
from features.errors import ConfigError, DataError
from train.estimator import CustomerValue, SubscriptionValue

COLUMNS = {"tenure": "tenure_months", "amount": "monthly_amount", "cancelled": "churned"}


@pytest.fixture(scope="module")
def model(subscribers: pd.DataFrame) -> SubscriptionValue:
    made = SubscriptionValue(
        known_until="2018-01-01", attributes=["contract"], churn={"max_rounds": 3}
    )
    return made.fit(subscribers, **COLUMNS)


def test_the_arguments_are_the_keys_of_a_configuration() -> None:
    data = set(SubscriptionData.model_fields) - {"customers", "columns"}
    problem = set(Problem.model_fields) - {"relationship"}
    tables = set(SubscriptionConfig.model_fields) - {"data", "problem"}
    assert set(SubscriptionValue().get_params()) == data | problem | tables


def test_those_who_are_there_are_scored_over_their_life(
    model: SubscriptionValue, subscribers: pd.DataFrame
) -> None:
    scores = model.predict()
    assert len(scores) == (subscribers["churned"] == 0).sum()
    assert (scores["clv"] > 0).all()
    assert (
        "whole remaining life"
        in model.plot_value(scores["customer_id"][0]).spec["title"]["subtitle"]
    )
    assert set(model.explain(scores["customer_id"][0])["part"]) >= {"prior", "driver"}


def test_the_holdout_of_tenures_is_one_of_months(model: SubscriptionValue) -> None:
    table = model.evaluate()
    assert set(table["part"]) == {"churn_month"}
    assert model.plot_calibration()
    with pytest.raises(DataError, match="there is nothing to show"):
        model.plot_deciles()


def test_a_stored_model_scores_others(
    model: SubscriptionValue, subscribers: pd.DataFrame, tmp_path: Path
) -> None:
    model.save(tmp_path / "bundle")
    found = SubscriptionValue.load(tmp_path / "bundle")
    assert found.get_params() == model.get_params()
    some = subscribers.iloc[:300]
    ours, theirs = found.predict(some), model.predict(some)
    pd.testing.assert_frame_equal(
        ours.drop(columns="model_version"), theirs.drop(columns="model_version")
    )
    with pytest.raises(DataError, match="is a model of contract, not of purchases"):
        CustomerValue.load(tmp_path / "bundle")
    with pytest.raises(DataError, match="the frame: no column 'contract', correct attributes"):
        found.predict(some.drop(columns="contract"))


def test_columns_that_do_not_go_together_are_named(subscribers: pd.DataFrame) -> None:
    with pytest.raises(ConfigError) as caught:
        SubscriptionValue().fit(subscribers, amount="monthly_amount", cancelled="churned")
    assert "the columns of fit must name either start" in str(caught.value)
    with pytest.raises(ConfigError, match="must name known_until, the date that the tenures"):
        SubscriptionValue().fit(subscribers, **COLUMNS)
