"""An estimator gives what the commands give on the same data, and what it records is the same."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import ConfigError
from models.bundle import Bundle
from serve.__main__ import main as serve
from train.estimator import CustomerValue, HealthWarning, SubscriptionValue
from train.read_task import read_task
from train.subscriptions.recipe import SUBSCRIPTIONS as SUBSCRIPTION_RECIPE
from train.tracking.registry import fetch

EXACT = 1e-9
# What no other training can share: where the data are, when it was, what it is called.
BESIDE = {"model_version"}
SUBSCRIPTIONS = """
data.customers = "{path}"
data.known_until = "2018-01-01"
data.attributes = ["contract", "internet_service"]
data.columns.customer_id = "customer_id"
data.columns.tenure = "tenure_months"
data.columns.amount = "monthly_amount"
data.columns.cancelled = "churned"
problem.relationship = "contract"
problem.horizon_days = 365
churn.max_rounds = 5
"""


def scored(config: Path, model: str, folder: Path, *more: str) -> pd.DataFrame:
    out = folder / "scores.parquet"
    assert (
        serve(["score", "--config", str(config), "--model", model, "--out", str(out), *more]) == 0
    )
    return pd.read_parquet(out)


def assert_equal(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    assert list(ours) == list(theirs)
    columns = [name for name in ours if name not in BESIDE]
    pd.testing.assert_frame_equal(
        ours[columns], theirs[columns], check_exact=False, rtol=EXACT, atol=EXACT
    )


def facts(bundle: Bundle) -> dict[str, Any]:
    """What a bundle's card says, but for where its data were."""
    card = bundle.card.model_dump(mode="json")
    del card["training"]["data_sha256"]
    for name in ("transactions", "customers"):
        card["training"]["settings"]["data"].pop(name, None)
    for name in bundle.boosters:
        del card[name]["sha256"]
    return card


@pytest.fixture(scope="module")
def commanded(
    problem: Path,
    run_command: Callable[..., Any],
    tracking_database: Callable[[Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The folder of a store in which `python -m train` has registered a model of the problem."""
    var = tracking_database(tmp_path_factory.mktemp("state") / "var")
    assert run_command("--config", str(problem), var=var).code == 0
    return var


@pytest.fixture
def store(commanded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PERENNIAL_VAR", str(commanded))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return commanded


def test_a_fitted_model_is_the_one_that_the_command_registers(
    store: Path, fitted: CustomerValue
) -> None:
    registered = fetch("models:/clv/1", document="card.json").bundle
    assert facts(fitted.bundle_) == facts(registered)
    for name, booster in fitted.bundle_.boosters.items():
        assert booster.save_raw("ubj") == registered.boosters[name].save_raw("ubj")


@pytest.mark.parametrize(
    ("flags", "asked"),
    [
        ((), {}),
        (("--as-of", "1998-04-01"), {"as_of": "1998-04-01"}),
        (("--horizon-days", "120"), {"horizon_days": 120}),
    ],
)
def test_predictions_are_the_scores_of_the_command(
    flags: tuple[str, ...],
    asked: dict[str, Any],
    store: Path,
    problem: Path,
    fitted: CustomerValue,
    tmp_path: Path,
) -> None:
    theirs = scored(problem, "models:/clv/1", tmp_path, *flags)
    if "as_of" in asked:
        with pytest.warns(HealthWarning, match="lies before the model's own"):
            ours = fitted.predict(**asked)
    else:
        ours = fitted.predict(**asked)
    assert len(ours) > 2000
    assert_equal(ours, theirs)


def test_other_customers_are_scored_as_the_command_scores_them(
    store: Path, fitted: CustomerValue, problem: Path, purchases: pd.DataFrame, tmp_path: Path
) -> None:
    some = purchases[purchases["customer_id"] < "who-01"]
    some.to_parquet(tmp_path / "some.parquet")
    config = tmp_path / "some.toml"
    text = problem.read_text()
    config.write_text(
        text.replace(str(problem.parent / "log.parquet"), str(tmp_path / "some.parquet"))
    )
    theirs = scored(config, "models:/clv/1", tmp_path)
    assert 0 < len(theirs) < 2000
    with pytest.warns(HealthWarning, match="lies before the model's own"):
        assert_equal(fitted.predict(some), theirs)


@pytest.fixture
def empty_store(
    tracking_database: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_VAR", str(tracking_database(tmp_path / "var")))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.mark.usefixtures("empty_store")
def test_subscribers_are_scored_as_by_the_commands_and_recorded_as_by_them(
    subscribers: pd.DataFrame, tmp_path: Path
) -> None:
    subscribers.to_parquet(tmp_path / "rows.parquet")
    config = tmp_path / "problem.toml"
    config.write_text(SUBSCRIPTIONS.format(path=tmp_path / "rows.parquet"))
    model = SubscriptionValue(
        known_until="2018-01-01",
        attributes=["contract", "internet_service"],
        churn={"max_rounds": 5},
    ).fit(subscribers, tenure="tenure_months", amount="monthly_amount", cancelled="churned")
    arguments = Namespace(config=config, as_of=None, horizon_days=None, strict=False)
    task = read_task(arguments)
    trained = SUBSCRIPTION_RECIPE.train(task, ("churn",), lambda _: None)
    assert facts(model.bundle_) == facts(trained.bundle)

    assert len(model.log_to_mlflow(experiment="notebook")) == 32
    assert model.registered_ == "models:/clv/1"
    assert set(model.predict()["model_version"]) == {"1"}
    assert_equal(model.predict(), scored(config, "models:/clv/1", tmp_path))
    found = SubscriptionValue.load("models:/clv/1")
    assert facts(found.bundle_) == facts(model.bundle_)
    assert_equal(found.predict(subscribers), model.predict())
    with pytest.raises(ConfigError, match="register must be 'clv'"):
        model.log_to_mlflow(register="another")
