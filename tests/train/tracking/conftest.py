from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.ingest.transactions import read_transactions
from features.simulate import simulate
from models import bundle as bundles
from models.purchases.bundle import PurchaseBundle
from train.purchases.fit import fit
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.tracking.registry import register
from train.tracking.runs import Record, connect, start_run

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[PurchaseBundle, pd.DataFrame, Path]:
    """A small bundle, its feature table, and the folder that holds it."""
    folder = tmp_path_factory.mktemp("bundle")
    log = folder / "log.parquet"
    simulate(customers=150, seed=1, as_of=AS_OF, horizon_days=1).transactions.to_parquet(log)
    columns = {each: each for each in ("customer_id", "timestamp", "amount")}
    config = PurchaseConfig.model_validate(
        {
            "data": {"transactions": str(log), "columns": columns},
            "problem": {"horizon_days": 30, "snapshots": 1},
            "churn": {"max_rounds": 0},
            "spend": {"max_rounds": 0},
        }
    )
    history = PurchaseSnapshots(read_transactions(config.data))
    made = fit(PurchaseTask(config, history, AS_OF, 30), step=lambda _: None).bundle
    bundles.save(made, folder / "bundle")
    return made, history.table(AS_OF), folder / "bundle"


@pytest.fixture(scope="module")
def registered(
    tracking_database: Callable[[Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
    trained: tuple[PurchaseBundle, pd.DataFrame, Path],
) -> Iterator[Path]:
    """A tracking store in which the bundle is version 1."""
    folder = tracking_database(tmp_path_factory.mktemp("var"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_VAR", str(folder))
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
            patch.delenv(name, raising=False)
        connect("shop")
        before = list(sys.path)
        with start_run("clv", Record()):
            register(trained[2], metrics={}, tags={})
        assert sys.path == before
        yield folder
