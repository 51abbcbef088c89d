from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from features.config.purchases import PurchaseConfig, PurchaseData
from features.ingest.transactions import TransactionLog, read_transactions
from features.simulate import Simulation, simulate
from train.__main__ import main
from train.purchases.backtest import OriginResult, evaluate_origin
from train.purchases.baselines import BASELINES, Predictions, bg_nbd
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
HORIZON_DAYS = 60
LATER = datetime(2030, 1, 1, tzinfo=UTC)
SAMPLE = Path(__file__).resolve().parent.parent.parent / "data" / "cdnow_sample.parquet"


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads that wait for each other make small fits ten times slower."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def settings() -> Callable[..., PurchaseConfig]:
    """A problem by its horizon, other settings of it, and the number of rounds; small and quick."""

    def make(horizon_days: int, *, rounds: int = 10, **problem: int) -> PurchaseConfig:
        columns = {each: each for each in ("customer_id", "timestamp", "amount")}
        trees = {"max_rounds": rounds, "min_child_weight": 5.0}
        return PurchaseConfig.model_validate(
            {
                "data": {"transactions": "log.parquet", "columns": columns},
                "problem": {"horizon_days": horizon_days, "snapshots": 3, **problem},
                "churn": trees,
                "spend": trees,
            }
        )

    return make


@pytest.fixture(scope="session")
def log_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[pd.DataFrame], TransactionLog]:
    """Transactions as the log that reading a file of them gives."""

    def make(transactions: pd.DataFrame) -> TransactionLog:
        path = tmp_path_factory.mktemp("log") / "log.parquet"
        transactions.to_parquet(path)
        columns = {each: each for each in transactions.columns}
        data = {"transactions": str(path), "columns": columns, "currency": "EUR"}
        log = read_transactions(PurchaseData.model_validate(data), now=LATER)
        # the same for the same rows in another order, which are another file
        return replace(log, sha256="0" * 64)

    return make


class Shop(NamedTuple):
    """A simulated log with the truth behind it, and all models evaluated in the middle of it."""

    simulation: Simulation
    task: PurchaseTask
    origin: OriginResult

    @property
    def table(self) -> pd.DataFrame:
        """The features of everybody who had bought by then."""
        return self.task.table


@pytest.fixture(scope="session")
def shop(
    settings: Callable[..., PurchaseConfig], log_of: Callable[[pd.DataFrame], TransactionLog]
) -> Shop:
    """Three thousand customers who behave as the probability model says.

    There are two more models: `truth` knows the customers' minds, and `distorted` is the
    classical model, less sure of who orders, and wrong about the money.
    """
    made = simulate(customers=3000, seed=1, as_of=AS_OF, horizon_days=HORIZON_DAYS)
    data = PurchaseSnapshots(log_of(made.transactions))
    task = PurchaseTask(settings(HORIZON_DAYS), data, AS_OF, HORIZON_DAYS)

    def truth(task: PurchaseTask) -> Predictions:
        known = made.truth.loc[task.table.index]
        return Predictions(known["p_order"].to_numpy(), known["expected_revenue"].to_numpy())

    def distorted(task: PurchaseTask) -> Predictions:
        predicted, rng = bg_nbd(task), np.random.default_rng(3)
        noise = rng.lognormal(0.3, 0.8, len(task.table))
        p_order = np.sqrt(predicted.p_order) * rng.uniform(0.5, 1.0, len(noise))
        return Predictions(p_order, predicted.expected_revenue * noise)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BASELINES, "truth", truth)
        patch.setitem(BASELINES, "distorted", distorted)
        patch.setattr("train.purchases.backtest.DRAWS", 60)
        origin = evaluate_origin(task, step=lambda _: None)
    return Shop(made, task, origin)


@pytest.fixture(scope="session")
def clockwork() -> pd.DataFrame:
    """Half a year of five hundred customers who buy at fixed gaps, ever more, until they stop.

    The probability model takes their gaps for random, so there is something for trees to learn.
    """
    rng = np.random.default_rng(5)
    gap = rng.uniform(8.0, 40.0, 500)
    orders = rng.geometric(0.1, 500)
    who = np.repeat(np.arange(500), orders)
    number = np.arange(len(who)) - np.repeat(np.cumsum(orders) - orders, orders)
    days = rng.uniform(0.0, 180.0, 500)[who] + number * gap[who] * rng.uniform(0.9, 1.1, len(who))
    amount = 20.0 * 1.08 ** (number * (who % 2)) * rng.gamma(8.0, 1 / 8.0, len(who))
    began = AS_OF - timedelta(days=240)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{each:03d}" for each in who],
            "timestamp": began + pd.to_timedelta(days, unit="D").round("s"),
            "amount": amount,
        }
    )
    return frame[frame["timestamp"] < AS_OF + timedelta(days=HORIZON_DAYS)].reset_index(drop=True)


class Ran(NamedTuple):
    """What came of a command: its exit code, its result, and what it wrote to stderr."""

    code: int
    result: dict[str, Any]
    stderr: str


@pytest.fixture(scope="session")
def run_command() -> Callable[..., Ran]:
    """`python -m train`, called in this process on a local store; logging is left as it was.

    var  the folder of the store, unless the environment names it already
    """

    def run(*argv: str, var: Path | None = None, **environment: str) -> Ran:
        root, out, err = logging.getLogger(), io.StringIO(), io.StringIO()
        handlers, level = list(root.handlers), root.level
        with pytest.MonkeyPatch.context() as patch:
            for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
                patch.delenv(name, raising=False)
            state = {"PERENNIAL_VAR": str(var)} if var else {}
            for name, value in {**state, **environment}.items():
                patch.setenv(name, value)
            try:
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    code = _exit_code(list(argv))
            finally:
                root.handlers[:], root.level = handlers, level
        lines = out.getvalue().splitlines()
        return Ran(code, json.loads(lines[-1]) if lines else {}, err.getvalue())

    return run


def _exit_code(argv: list[str]) -> int:
    try:
        return main(argv)
    except SystemExit as stopped:
        return int(stopped.code or 0)


@pytest.fixture(scope="session")
def var(
    tracking_database: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder for the local state of the commands, with an empty tracking store."""
    return tracking_database(tmp_path_factory.mktemp("state") / "var")


@pytest.fixture(scope="session")
def write_problem() -> Callable[..., Path]:
    """Writes a log in CDNOW's columns and the configuration of a quick training on it."""

    def write(folder: Path, log: pd.DataFrame, more: str) -> Path:
        log.to_parquet(folder / "log.parquet")
        path = folder / "problem.toml"
        path.write_text(
            f"""
            [data]
            transactions = "{folder / "log.parquet"}"
            currency = "USD"
            [data.columns]
            customer_id = "customer_id"
            timestamp = "ts"
            amount = "amount"
            [problem]
            horizon_days = 60
            snapshots = 2
            [churn]
            max_rounds = 5
            [spend]
            max_rounds = 5
            {more}
            """
        )
        return path

    return write


@pytest.fixture(scope="session")
def problem(write_problem: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a quick training on the CDNOW sample, its customers renamed."""
    log = pd.read_parquet(SAMPLE)
    log["customer_id"] = "who-" + log["customer_id"].astype(str)
    more = '[tracking]\nexperiment = "sample"'
    return write_problem(tmp_path_factory.mktemp("problem"), log, more)
