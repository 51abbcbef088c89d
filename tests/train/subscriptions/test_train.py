from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from features.config.sections import Economics
from features.config.subscriptions import SubscriptionConfig
from features.errors import DataError
from features.ingest.subscribers import SubscriberTable, read_subscribers
from features.subscriptions.table import build_features
from features.timestamps import MONTH_DAYS
from models.metrics import log_loss
from models.subscriptions.predictor import SubscriptionPredictor
from train.customer_codes import customer_codes
from train.subscriptions.backtest import MODELS
from train.subscriptions.fit import fit
from train.subscriptions.holdout import evaluate_horizon, evaluate_months
from train.subscriptions.person_months import (
    history_as_of,
    last_hazard,
    last_observed_month,
    month_rows,
)
from train.subscriptions.snapshot_cache import SubscriptionSnapshots, SubscriptionTask
from train.subscriptions.train import train

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
HORIZON_DAYS = 182
TREES = {"max_rounds": 30, "learning_rate": 0.2}


def config(path: Path, **changes: Any) -> SubscriptionConfig:
    columns = {"customer_id": "who", "start": "since", "amount": "fee", "cancelled": "until"}
    return SubscriptionConfig.model_validate(
        {
            "data": {
                "customers": str(path),
                "attributes": ["plan", "seats"],
                "known_until": "2025-07-03",
                "columns": columns,
            },
            "problem": {"relationship": "contract", "horizon_days": HORIZON_DAYS},
            "churn": TREES,
            "economics": Economics(margin=0.5),
        }
        | changes
    )


def task_of(config: SubscriptionConfig) -> SubscriptionTask:
    data = SubscriptionSnapshots(read_subscribers(config.data))
    return SubscriptionTask(config, data, AS_OF, HORIZON_DAYS)


class Log(NamedTuple):
    """A simulated table of subscribers with the truth behind it."""

    config: SubscriptionConfig
    subscriptions: SubscriberTable
    hazard: pd.Series

    def task(self, as_of: datetime = AS_OF) -> SubscriptionTask:
        return SubscriptionTask(
            self.config, SubscriptionSnapshots(self.subscriptions), as_of, HORIZON_DAYS
        )


def simulated(customers: int, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Subscribers who leave at the end of each month with a chance of their own, kept for life:
    drawn by plan from a beta law. Index of the second: the customer; its value: that chance."""
    rng = np.random.default_rng(seed)
    plan = rng.choice(["basic", "plus"], customers)
    chance = np.where(plan == "plus", rng.beta(1.0, 40, customers), rng.beta(1.0, 9, customers))
    lived = rng.geometric(chance)
    start = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 1500, customers), "D")
    end = [
        day + pd.DateOffset(months=int(min(n, 200))) for day, n in zip(start, lived, strict=True)
    ]
    frame = pd.DataFrame(
        {
            "who": [f"c{each:05}" for each in range(customers)],
            "since": start,
            "fee": rng.choice([10.0, 20.0, 30.0], customers),
            "until": pd.Series(end).where(pd.Series(end) < pd.Timestamp("2025-07-03")),
            "plan": plan,
            "seats": rng.integers(1, 9, customers).astype(float),
        }
    )
    return frame, pd.Series(chance, index=frame["who"])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    frame, hazard = simulated(4000, 3)
    path = tmp_path_factory.mktemp("contracts") / "customers.parquet"
    frame.to_parquet(path)
    settings = config(path)
    return Log(settings, read_subscribers(settings.data), hazard)


def test_the_truth_beats_the_model_and_the_model_beats_its_prior(log: Log) -> None:
    task = log.task()
    holdouts = {name: evaluate_horizon(model(task), task).rows for name, model in MODELS.items()}
    ours = holdouts["perennial"]
    truth = 1.0 - (1.0 - log.hazard[ours.index].to_numpy()) ** (HORIZON_DAYS // MONTH_DAYS)
    happened = ours["churned"].to_numpy()
    loss = {name: log_loss(happened, rows["p_churn"].to_numpy()) for name, rows in holdouts.items()}
    best = log_loss(happened, truth)
    assert best < loss["perennial"] < loss["shifted_beta_geometric"]
    assert loss["perennial"] < loss["plain_xgboost"] + 0.003
    assert ours["p_churn"].sum() == pytest.approx(happened.sum(), rel=0.15)
    assert ours["expected_revenue"].sum() == pytest.approx(ours["revenue"].sum(), rel=0.03)


def test_the_prior_is_that_of_the_population(log: Log) -> None:
    """Retention rises with tenure because those who leave easily have left."""
    prior = fit(log.task()).bundle.card.prior.model
    history = history_as_of(log.subscriptions, AS_OF)
    months, _ = month_rows(history, log.task().data.names, {"plan": ("basic", "plus")})
    for month in (1, 6, 12):
        at = months.left[months.month == month]
        error = 4 * np.sqrt(at.mean() / len(at))
        assert 1 - prior.retention(np.array(month)) == pytest.approx(at.mean(), abs=error)
    retention = prior.retention(np.arange(1.0, 40.0))
    assert (np.diff(retention) > 0).all()


def test_the_value_of_a_life_is_that_of_the_truth_as_far_as_it_was_watched(log: Log) -> None:
    bundle = fit(log.task()).bundle
    table = build_features(log.subscriptions, AS_OF)
    predicted = SubscriptionPredictor(bundle).forecast(bundle.feature_matrix(table))
    stays = predicted.survival_curve.survival_at(np.array([24.0]))[:, 0]
    truth = (1.0 - log.hazard[table.index].to_numpy()) ** 24
    plus = (table["plan"] == "plus").to_numpy()
    for group in (plus, ~plus):
        assert stays[group].mean() == pytest.approx(truth[group].mean(), abs=0.06)
    assert stays[plus].mean() > stays[~plus].mean() + 0.1


def test_the_contracts_of_who_came_back_teach_as_those_of_two_customers(tmp_path: Path) -> None:
    frame, _ = simulated(400, 5)
    left = frame[frame["until"] < "2024-01-01"].head(100)
    again = left.assign(since=left["until"] + pd.Timedelta(days=40), until=pd.NaT)
    found = {}
    for name, ids in {"one": again["who"], "two": again["who"] + "-2"}.items():
        path = tmp_path / f"{name}.parquet"
        pd.concat([frame, again.assign(who=ids)]).to_parquet(path)
        task = task_of(config(path))
        history = history_as_of(task.data.source, AS_OF)
        found[name] = (fit(task).bundle.card, customer_codes(history.table.index))
    (one, codes), (two, _) = found["one"], found["two"]
    assert one.prior == two.prior
    began = int((frame["since"] < "2025-01-01").sum())
    assert (one.training.customers, two.training.customers) == (began, began + len(again))
    assert len(codes) == began + len(again)
    assert len(set(codes)) == began  # both contracts of one are in one fold


def test_no_row_at_or_after_the_moment_moves_the_model(log: Log, tmp_path: Path) -> None:
    frame, _ = simulated(4000, 3)
    now = pd.Timestamp("2025-01-01")
    later = frame["until"] >= now
    frame.loc[later, "until"] = pd.NaT
    begun = frame["since"] >= now
    frame.loc[begun, ["fee", "plan"]] = [99.0, "unheard of"]
    frame.loc[frame["until"].isna() & ~begun & (np.arange(len(frame)) % 2 == 0), "until"] = now
    frame.to_parquet(tmp_path / "other.parquet")
    settings = config(tmp_path / "other.parquet")
    other = task_of(settings)
    one, two = (fit(task).bundle for task in (log.task(), other))
    ignored = {"training"}
    assert one.card.model_dump(exclude=ignored) == two.card.model_dump(exclude=ignored)
    assert one.churn.save_raw("json") == two.churn.save_raw("json")


def test_the_metrics_are_of_what_followed_and_the_training_repeats_itself(log: Log) -> None:
    task = replace(log.task(), as_of=AS_OF + timedelta(days=HORIZON_DAYS))
    first, second = (train(task, step=lambda _: None) for _ in range(2))
    assert first.holdout is not None
    assert first.holdout.of == "horizon"
    assert f"{AS_OF:%Y-%m-%d}" in first.holdout.about
    metrics = first.bundle.card.metrics
    assert metrics == second.bundle.card.metrics
    assert metrics["churn_log_loss"] < metrics["churn_prior_log_loss"]
    assert metrics["clv_mae"] < metrics["clv_prior_mae"]
    cuts = first.bundle.card.bounds
    assert cuts is not None
    assert cuts.tiers is not None
    assert cuts.rfm is None


def test_months_are_evaluated_on_customers_that_were_not_learnt_from(log: Log) -> None:
    task = log.task()
    history = history_as_of(task.data.source, task.as_of)
    some = history.of(np.arange(len(history.table)) < 800)
    rows = evaluate_months(task, some, 20).rows
    assert len(rows) == some.lifetimes.periods.sum()
    happened = rows["churned"].to_numpy()
    ours, prior = (
        log_loss(happened, rows[name].to_numpy()) for name in ("p_churn", "prior_p_churn")
    )
    assert ours < prior


def test_few_departures_leave_the_prior_alone(tmp_path: Path) -> None:
    frame, _ = simulated(60, 5)
    frame.to_parquet(tmp_path / "few.parquet")
    settings = config(tmp_path / "few.parquet")
    task = task_of(settings)
    trained = train(task, step=lambda _: None)
    assert trained.bundle.card.churn.rounds == 0
    predicted = SubscriptionPredictor(trained.bundle).predict(task.table)
    assert set(predicted["basis"]) == {"prior"}
    assert np.isfinite(predicted["clv"]).all()


def test_where_nobody_leaves_nothing_breaks(tmp_path: Path) -> None:
    frame, _ = simulated(400, 5)
    frame.assign(until=pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")).to_parquet(
        tmp_path / "loyal.parquet"
    )
    settings = config(tmp_path / "loyal.parquet")
    task = task_of(settings)
    trained = train(task, step=lambda _: None)
    months, _ = month_rows(
        history_as_of(task.data.source, AS_OF), task.data.names, {"plan": ("basic",)}
    )
    assert 0 < last_hazard(months, last_observed_month(months)) < 0.01
    predicted = SubscriptionPredictor(trained.bundle).predict(task.table)
    assert (predicted["p_churn"] < 0.01).all()
    # and a value without an end is refused
    free = settings.model_copy(update={"economics": Economics(discount_rate_annual=0.0)})
    with pytest.raises(DataError, match="more than a century: give a higher rate"):
        train(replace(task, config=free), step=lambda _: None)


@pytest.fixture
def written(log: Log, tmp_path: Path) -> Path:
    """The simulated table's configuration as a file."""
    path = tmp_path / "mine.toml"
    path.write_text(
        f"""
data.customers = "{log.config.data.customers}"
data.attributes = ["plan", "seats"]
data.known_until = "2025-07-03"
data.columns = {{ customer_id = "who", start = "since", amount = "fee", cancelled = "until" }}
problem = {{ relationship = "contract", horizon_days = {HORIZON_DAYS} }}
churn = {{ max_rounds = 5 }}
"""
    )
    return path


def test_a_backtest_goes_back_horizon_by_horizon(
    written: Path, run_command: Callable[..., Any], var: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.json"
    ran = run_command(
        "backtest", "--config", str(written), "--origins", "2", "--out", str(out), var=var
    )
    assert ran.code == 0, ran.stderr
    report = json.loads(out.read_text())
    assert [each["as_of"][:10] for each in report["origins"]] == ["2025-01-02", "2024-07-04"]
    board = {each["model"]: each for each in report["leaderboard"]}
    assert set(board) == set(MODELS)
    assert board["perennial"]["auc"] > board["shifted_beta_geometric"]["auc"]
    assert out.with_suffix(".csv").is_file()


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["spend"], "a contract says what is paid each month, so there is no spend model"),
        (["tune", "--out", "x.toml"], "settings are searched for models of purchases only"),
        (["--as-of", "2026-01-01"], "lies after the end of knowledge 2025-07-03"),
        (["--as-of", "2020-01-01"], "no month of any subscription has been observed to its end"),
        (["backtest", "--out", "x.csv"], "let --out end in .json"),
        (
            ["backtest", "--horizon-days", "3000", "--out", "x.json"],
            "too few subscriptions had started",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    written: Path, run_command: Callable[..., Any], var: Path, command: list[str], sentence: str
) -> None:
    ran = run_command(*command, "--config", str(written), var=var)
    assert ran.code == 2
    assert sentence in ran.stderr.splitlines()[-1]
