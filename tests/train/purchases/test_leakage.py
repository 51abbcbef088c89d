from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.errors import DataError
from features.ingest.transactions import TransactionLog
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from train.purchases.backtest import evaluate_origin, origins
from train.purchases.calibration import expected_calibration
from train.purchases.fit import fit
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask, truncate
from train.purchases.snapshots import matured_snapshots, stack
from train.purchases.train import TrainedPurchases, train

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
HORIZON_DAYS = 40
Change = Callable[[pd.DataFrame], pd.DataFrame]


def later(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(timestamp=frame["timestamp"] + timedelta(days=9))


def dearer(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(amount=frame["amount"] * 1000)


def refunded(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(amount=-frame["amount"])


def strangers(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(customer_id="new " + frame["customer_id"])


def deleted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0]


def at_once(frame: pd.DataFrame) -> pd.DataFrame:
    """All in the first instant that is no longer the past."""
    return frame.assign(timestamp=AS_OF)


def labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """With columns that the past did not have."""
    return frame.assign(category="new", channel="new")


CHANGES: list[Change] = [later, dearer, refunded, strangers, deleted, at_once, labelled]


def with_future(transactions: pd.DataFrame, change: Change) -> pd.DataFrame:
    """The log with its rows at or after `AS_OF` changed."""
    known = transactions["timestamp"] < AS_OF
    return pd.concat([transactions[known], change(transactions[~known])], ignore_index=True)


def contents(bundle: PurchaseBundle) -> tuple[dict[str, Any], bytes, bytes]:
    """All of a bundle but the account of where the rows came from."""
    card = bundle.card.model_dump(mode="json")
    del card["training"]["counts"], card["training"]["data_sha256"]
    return card, bytes(bundle.churn.save_raw("ubj")), bytes(bundle.spend.save_raw("ubj"))


def task_of(config: PurchaseConfig, log: TransactionLog) -> PurchaseTask:
    return PurchaseTask(config, PurchaseSnapshots(log), AS_OF, HORIZON_DAYS)


@pytest.fixture(scope="module")
def config(settings: Callable[..., PurchaseConfig]) -> PurchaseConfig:
    return settings(HORIZON_DAYS, snapshots=2, rounds=5)


@pytest.fixture(scope="module")
def log(
    clockwork: pd.DataFrame, log_of: Callable[[pd.DataFrame], TransactionLog]
) -> TransactionLog:
    return log_of(clockwork)


@pytest.fixture(scope="module")
def trained(config: PurchaseConfig, log: TransactionLog) -> TrainedPurchases:
    return train(
        task_of(config, truncate(log, AS_OF)),
        step=no_step,
    )


def no_step(_: str) -> None:
    return


@pytest.mark.parametrize("change", CHANGES)
def test_what_training_is_given_ends_at_as_of(
    change: Change,
    log: TransactionLog,
    clockwork: pd.DataFrame,
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> None:
    known = truncate(log, AS_OF)
    again = truncate(log_of(with_future(clockwork, change)), AS_OF)
    pd.testing.assert_frame_equal(again.lines, known.lines)
    assert (again.optional, again.first, again.end) == (known.optional, known.first, AS_OF)
    assert known.lines["us"].max() < AS_OF.timestamp() * 1e6


@pytest.mark.parametrize("change", [dearer, strangers, deleted])
def test_training_does_not_look_beyond_as_of_even_where_it_could(
    change: Change,
    config: PurchaseConfig,
    trained: TrainedPurchases,
    clockwork: pd.DataFrame,
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> None:
    uncut = task_of(config, log_of(with_future(clockwork, change)))
    again = train(uncut, step=no_step)
    assert trained.bundle.card.churn.rounds + trained.bundle.card.spend.rounds > 0
    assert contents(again.bundle) == contents(trained.bundle)
    table = uncut.table
    pd.testing.assert_frame_equal(
        PurchasePredictor(again.bundle).predict(table, as_of=AS_OF),
        PurchasePredictor(trained.bundle).predict(table, as_of=AS_OF),
    )


def test_one_line_of_the_past_changes_the_bundle(
    config: PurchaseConfig,
    trained: TrainedPurchases,
    clockwork: pd.DataFrame,
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> None:
    last = clockwork["timestamp"].where(clockwork["timestamp"] < AS_OF).idxmax()
    amount = clockwork["amount"].where(clockwork.index != last, clockwork["amount"] + 1.0)
    other = truncate(log_of(clockwork.assign(amount=amount)), AS_OF)
    bundle = fit(task_of(config, other), step=no_step).bundle
    assert contents(bundle)[0]["prior"] != contents(trained.bundle)[0]["prior"]


def test_an_origin_of_a_backtest_is_trained_as_if_the_log_ended_there(
    config: PurchaseConfig, trained: TrainedPurchases, log: TransactionLog
) -> None:
    origin = evaluate_origin(task_of(config, log), step=no_step)
    assert contents(origin.bundle) == contents(trained.bundle)


def test_a_season_is_learnt_from_the_past_only(
    clockwork: pd.DataFrame,
    log_of: Callable[[pd.DataFrame], TransactionLog],
    config: PurchaseConfig,
) -> None:
    year = clockwork.assign(
        customer_id="old " + clockwork["customer_id"],
        timestamp=clockwork["timestamp"] - timedelta(days=364),
    )
    long = pd.concat([year, clockwork], ignore_index=True)
    seasons = [
        expected_calibration(task_of(config, log_of(with_future(long, change))), [], fitted=40)
        for change in (deleted, strangers)
    ]
    assert len(seasons[0][0].days) > 2
    assert seasons[0] == seasons[1]


@pytest.mark.parametrize("days", [1, 40])
def test_labels_of_a_horizon_that_is_not_over_are_refused(log: TransactionLog, days: int) -> None:
    history, newest = PurchaseSnapshots(log), AS_OF - timedelta(days=days)
    assert len(history.outcome(newest, days, by=AS_OF)) == len(history.table(newest))
    late = newest + timedelta(microseconds=1)
    for ask in (history.outcome, history.error):
        with pytest.raises(DataError, match=f"the {days} days after .* are not over by"):
            ask(late, days, by=AS_OF)


def test_labels_that_were_asked_for_late_are_still_refused_early(log: TransactionLog) -> None:
    history = PurchaseSnapshots(log)
    history.error(AS_OF, 30, by=AS_OF + timedelta(days=30))
    for ask in (history.outcome, history.error):
        with pytest.raises(DataError, match="not mature"):
            ask(AS_OF, 30, by=AS_OF)


def test_rows_are_not_stacked_before_their_labels_are_mature(log: TransactionLog) -> None:
    with pytest.raises(DataError, match="not mature"):
        stack(
            PurchaseSnapshots(log),
            [AS_OF - timedelta(days=9)],
            10,
            by=AS_OF,
            features=["recency_days"],
            levels={},
            step=no_step,
        )


@pytest.mark.parametrize("seed", range(5))
def test_every_snapshot_has_matured(
    seed: int, log: TransactionLog, settings: Callable[..., PurchaseConfig]
) -> None:
    rng, history = np.random.default_rng(seed), PurchaseSnapshots(log)
    for _ in range(3):
        days, count, spacing = (int(rng.integers(1, most)) for most in (90, 6, 45))
        as_of = AS_OF - timedelta(days=float(rng.uniform(0, 200)))
        config = settings(days, snapshots=count, spacing_days=spacing)
        found = matured_snapshots(PurchaseTask(config, history, as_of, days), days)
        assert len(found) <= count
        assert found == sorted(set(found), reverse=True)
        assert all(each + timedelta(days=days) <= as_of for each in found)
        assert all(each - timedelta(days=days) >= log.first for each in found)


def test_a_backtest_refuses_an_origin_whose_labels_are_not_mature(
    log: TransactionLog, config: PurchaseConfig
) -> None:
    task = replace(task_of(config, log), as_of=log.end)
    last = log.end - timedelta(days=HORIZON_DAYS)
    assert [each.as_of for each in origins(task, 1)] == [last]
    with pytest.raises(DataError, match="its 40 days of labels are not mature, the log ends"):
        origins(replace(task, as_of=log.end + timedelta(microseconds=1)), 1)


def test_training_after_the_log_ends_is_refused(log: TransactionLog) -> None:
    assert len(truncate(log, log.end).lines) == len(log.lines)
    with pytest.raises(DataError, match=r"lies after the log's end .*; take that or an"):
        truncate(log, log.end + timedelta(microseconds=1))


def test_training_before_the_log_begins_is_refused(log: TransactionLog) -> None:
    assert len(truncate(log, log.first + timedelta(microseconds=1)).lines) == 1
    with pytest.raises(DataError, match=r"no transaction before .*, take a later as_of"):
        truncate(log, log.first)
