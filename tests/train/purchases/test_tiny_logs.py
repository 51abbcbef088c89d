from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.errors import DataError
from features.ingest.transactions import TransactionLog
from features.simulate import simulate
from models.purchases.predictor import PurchasePredictor
from train.purchases import run_charts as pictures
from train.purchases.backtest import OriginResult, evaluate_origin, origins
from train.purchases.recipe import PURCHASES, holdout_table
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.purchases.train import TrainedPurchases, train
from train.run_records import bundle_record, model_record
from train.tracking.serialization import to_json

END = datetime(2025, 1, 1, tzinfo=UTC)
Train = Callable[[pd.DataFrame], tuple[TrainedPurchases, pd.DataFrame]]


@pytest.fixture(scope="module")
def trained(
    settings: Callable[..., PurchaseConfig], log_of: Callable[[pd.DataFrame], TransactionLog]
) -> Train:
    """Trained as of the log's end, and what it answers of everybody."""

    def make(transactions: pd.DataFrame) -> tuple[TrainedPurchases, pd.DataFrame]:
        log = log_of(transactions)
        task = PurchaseTask(settings(90, rounds=5), PurchaseSnapshots(log), log.end, 90)
        found = train(task, step=lambda _: None)
        return found, PurchasePredictor(found.bundle).predict(task.table, as_of=task.as_of)

    return make


def rows(*buyers: tuple[str, list[float]], amount: float = 10.0) -> pd.DataFrame:
    """Transactions of (customer, days before the end)."""
    found = [(who, END - timedelta(days=back), amount) for who, days in buyers for back in days]
    return pd.DataFrame(found, columns=["customer_id", "timestamp", "amount"])


def simulated(customers: int, days: int) -> pd.DataFrame:
    start = END - timedelta(days=days)
    made = simulate(customers=customers, seed=2, as_of=END, horizon_days=1, start=start)
    return made.transactions[made.transactions["timestamp"] < END]


def assert_sound(answers: pd.DataFrame, customers: int) -> None:
    numbers = answers[["p_churn", "expected_spend", "expected_revenue", "clv", "clv_high"]]
    assert len(answers) == customers
    assert np.isfinite(numbers.to_numpy()).all()
    assert (numbers.drop(columns="clv_high") > 0).all(axis=None)
    assert (answers["p_churn"] < 1).all()
    assert (answers["clv_low"] <= answers["clv_high"]).all()


SMALL = {
    "thirty customers": (simulated(30, 200), 30),
    "ten customers": (simulated(10, 200), 10),
    "ten customers in four months": (simulated(10, 120), 10),
    "one customer who came back": (rows(("ann", [90.0, 60.0, 31.0])), 1),
    "one customer, one purchase": (rows(("ann", [40.5])), 1),
    "one day": (rows(*((f"c{each}", [each / 40]) for each in range(1, 31))), 30),
    "one instant": (rows(*((f"c{each}", [0.5]) for each in range(5))), 5),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_tiny_log_is_answered_by_the_probability_model(name: str, trained: Train) -> None:
    transactions, customers = SMALL[name]
    found, answers = trained(transactions)
    assert_sound(answers, customers)
    assert set(answers["basis"]) == {"prior"}
    assert {each.chosen for each in found.curves.values()} == {0}
    assert holdout_table(found).render().startswith("held out: ")


@pytest.mark.parametrize(("days", "fitted"), [(122, 40), (548, 90), (3652, 90)])
def test_a_log_of_any_span_is_trained(days: int, fitted: int, trained: Train) -> None:
    """Four months, a year and a half, ten years."""
    found, answers = trained(simulated(60, days))
    assert_sound(answers, 60)
    assert found.bundle.card.fitted_horizon_days == fitted
    assert len(found.bundle.card.training.snapshots) >= 2
    assert found.holdout is not None


def daily(customers: int) -> pd.DataFrame:
    """Dates without a time of day, as many shops export them."""
    made = simulated(customers, 300)
    return made.assign(timestamp=made["timestamp"].dt.normalize())


def never_again(customers: int) -> pd.DataFrame:
    return rows(*((f"c{each:03d}", [1 + 299 * each / customers]) for each in range(customers)))


def all_return(customers: int) -> pd.DataFrame:
    weekly = [7.0 * week + 1 for week in range(40)]
    return rows(*((f"c{each:03d}", weekly) for each in range(customers)))


def gone(customers: int) -> pd.DataFrame:
    """Everybody bought twice, long ago; a single late purchase makes the log go on."""
    old = ((f"c{each:03d}", [299.0 - each / 5, 290.0 - each / 5]) for each in range(customers))
    return rows(*old, ("last", [0.5]))


def returned_goods(customers: int) -> pd.DataFrame:
    """Whoever comes back brings back all he had: an order again, but no money."""
    first = rows(*((f"c{each:03d}", [200.0, 100.0, 20.0]) for each in range(customers)))
    back = rows(*((f"c{each:03d}", [99.0, 19.0]) for each in range(customers)), amount=-10.0)
    return pd.concat([first, back], ignore_index=True)


ODD = {
    "daily dates": (daily(80), 80),
    "nobody bought twice": (never_again(60), 60),
    "everybody returns in every horizon": (all_return(60), 60),
    "nobody returns in any horizon": (gone(60), 61),
    "all money goes back": (returned_goods(60), 60),
}


class Odd(NamedTuple):
    """An odd log, trained on as of its end, and the models evaluated 40 days earlier."""

    name: str
    customers: int
    task: PurchaseTask
    trained: TrainedPurchases
    origin: OriginResult


@pytest.fixture(scope="module", params=ODD)
def odd(
    request: pytest.FixtureRequest,
    settings: Callable[..., PurchaseConfig],
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> Odd:
    transactions, customers = ODD[request.param]
    history, config = PurchaseSnapshots(log_of(transactions)), settings(40, snapshots=2, rounds=5)
    end = history.source.end
    task = PurchaseTask(config, history, end, 40)
    (earlier,) = origins(task, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("train.purchases.backtest.DRAWS", 20)
        origin = evaluate_origin(earlier, step=lambda _: None)
    trained = train(task, step=lambda _: None)
    return Odd(request.param, customers, task, trained, origin)


def test_an_odd_log_is_answered_in_full(odd: Odd) -> None:
    assert_sound(
        PurchasePredictor(odd.trained.bundle).predict(odd.task.data.table(END), as_of=END),
        odd.customers,
    )
    assert np.isfinite(list(odd.trained.bundle.card.metrics.values())).all()


def test_an_odd_log_is_recorded_with_its_pictures(odd: Odd) -> None:
    holdout = odd.trained.holdout
    assert holdout is not None
    assert (
        holdout_table(odd.trained)
        .render()
        .startswith(f"held out: {len(holdout.customers)} customers")
    )
    for model in ("churn", "spend"):
        assert "learning_curve" in model_record(PURCHASES, model, odd.task, odd.trained).figures
    assert "deciles" in bundle_record(PURCHASES, odd.trained).figures
    drawn = pictures.of_origin(odd.origin, odd.task.data)
    assert {"deciles", "gain", "reliability", "tracking"} <= drawn.keys()


def test_every_model_predicts_an_odd_log(odd: Odd) -> None:
    for name, predicted in odd.origin.predictions.items():
        assert np.isfinite(predicted.expected_revenue).all(), name
        assert len(predicted.p_order) == len(odd.origin.actual), name
    json.loads(to_json(odd.origin.report))


def test_who_cannot_be_told_apart_is_told_the_same(trained: Train) -> None:
    _, answers = trained(all_return(25))
    assert (answers["p_churn"] < 0.1).all()
    assert answers["expected_revenue"].std() == pytest.approx(0.0, abs=1e-6)


def test_a_log_of_refunds_only_is_refused_in_one_sentence(trained: Train) -> None:
    with pytest.raises(DataError, match=r"nobody has bought before as_of .*, take a later"):
        trained(rows(("ann", [9.0, 8.0]), amount=-5.0))


@pytest.mark.parametrize("days", [1, 40])
def test_a_backtest_of_a_log_too_short_for_its_horizon_is_refused(
    days: int,
    settings: Callable[..., PurchaseConfig],
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> None:
    history = PurchaseSnapshots(log_of(simulated(50, days)))
    task = PurchaseTask(settings(90), history, history.source.end, 90)
    with pytest.raises(DataError, match=r"fewer than 20 .*; take a shorter horizon"):
        origins(task, 3)
