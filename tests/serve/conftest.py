from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.config.read import read_purchase_config
from features.ingest.transactions import TransactionLog, read_transactions
from features.purchases.table import build_features
from models import bundle as bundles
from models.purchases.bundle import PurchaseBundle
from train.purchases.fit import fit
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.tracking import runs as tracking
from train.tracking.registry import register

ROOT = Path(__file__).resolve().parent.parent.parent
CONFIG = """
[data]
transactions = "{transactions}"
timezone = "America/New_York"
columns = {{ customer_id = "customer_id", timestamp = "ts", amount = "amount", category = "shelf" }}
[problem]
horizon_days = 60
snapshots = 3
[churn]
max_rounds = 5
[spend]
max_rounds = 5
"""
MOST_BYTES = 200_000
POLL_SECONDS = 0.2
BODY_SECONDS = 3.0


@dataclass(frozen=True)
class Store:
    """A tracking store with two versions of `clv`, of one bundle: 1 is champion."""

    var: Path
    uri: str
    bundle: PurchaseBundle
    folder: Path
    champion_run: str

    def environment(self) -> dict[str, str]:
        """What a service on this store is started with."""
        return {
            "PERENNIAL_VAR": str(self.var),
            "PERENNIAL_MAX_BODY_BYTES": str(MOST_BYTES),
            "PERENNIAL_POLL_SECONDS": str(POLL_SECONDS),
            "PERENNIAL_BODY_SECONDS": str(BODY_SECONDS),
            "BENTOML_HOME": str(self.var / "bentoml"),
            "BENTOML_DO_NOT_TRACK": "True",
            "OTEL_SDK_DISABLED": "true",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }


@pytest.fixture(scope="session")
def config_path(shared: Any) -> Path:
    """The problem of these tests: the CDNOW sample, with a category made up by the amount."""

    def make(folder: Path) -> None:
        sample = pd.read_parquet(ROOT / "data" / "cdnow_sample.parquet")
        shelf = pd.cut(sample["amount"], [-1, 15, 40, 1e6], labels=["low", "middle", "high"])
        sample.assign(shelf=shelf.astype("str")).to_parquet(folder / "log.parquet")
        text = CONFIG.format(transactions=folder / "log.parquet")
        (folder / "sample.toml").write_text(text)

    path: Path = shared.once("config", make) / "sample.toml"
    return path


@pytest.fixture(scope="session")
def config(config_path: Path) -> PurchaseConfig:
    return read_purchase_config(config_path)


@pytest.fixture(scope="session")
def log(config: PurchaseConfig) -> TransactionLog:
    return read_transactions(config.data)


@pytest.fixture(scope="session")
def table(log: TransactionLog) -> pd.DataFrame:
    return build_features(log.lines, log.end, optional=log.optional)


@pytest.fixture(scope="session")
def trained(
    config: PurchaseConfig, log: TransactionLog, shared: Any, tracking_database: Any
) -> Store:
    """The store of the whole run, with its artefacts: to be read only."""

    def make(var: Path) -> None:
        from mlflow import MlflowClient

        as_of = pd.Timestamp("1998-01-01", tz=log.timezone).to_pydatetime()
        task = PurchaseTask(config, PurchaseSnapshots(log), as_of, 60)
        fitted = fit(task, step=lambda done: None).bundle
        bundles.save(fitted, var / "bundle")
        tracking_database(var)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PERENNIAL_VAR", str(var))
            patch.delenv("MLFLOW_TRACKING_URI", raising=False)
            tracking.connect("serve")
            with tracking.start_run("clv", tracking.Record()) as run_id:
                register(var / "bundle", metrics={}, tags={})
        uri = f"sqlite:///{var / 'mlflow.db'}"
        registry = MlflowClient(uri, uri)
        source = registry.get_model_version_download_uri("clv", "1")
        registry.create_model_version("clv", source)
        (var / "champion_run").write_text(run_id)

    return _store(shared.once("trained", make))


def _store(var: Path) -> Store:
    bundle = bundles.load(var / "bundle")
    assert isinstance(bundle, PurchaseBundle)
    run_id = (var / "champion_run").read_text()
    return Store(var, f"sqlite:///{var / 'mlflow.db'}", bundle, var / "bundle", run_id)


@pytest.fixture(scope="session")
def store(trained: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A copy of the store, whose aliases may be moved."""
    var = tmp_path_factory.mktemp("var")
    for name in ("mlflow.db", "champion_run"):
        shutil.copy(trained.var / name, var)
    shutil.copytree(trained.folder, var / "bundle")
    return _store(var)


@pytest.fixture(scope="session")
def batch(trained: Store, config_path: Path, shared: Any) -> Path:
    """What the first version has scored into a store, in the whole run's folder."""

    def make(folder: Path) -> None:
        from serve.__main__ import main

        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
            patch.setenv("PERENNIAL_VAR", str(trained.var))
            patch.setenv("PERENNIAL_MODEL", "models:/clv/1")
            address = f"sqlite:///{folder / 'scores.db'}"
            assert main(["score", "--config", str(config_path), "--store", address]) == 0
        (folder / "score.json").write_text(printed.getvalue().splitlines()[-1])

    folder: Path = shared.once("scores", make)
    return folder


@pytest.fixture(scope="session")
def scored(batch: Path, store: Store) -> dict[str, Any]:
    """The first version's scores in the default store, and what batch scoring printed of them."""
    shutil.copy(batch / "scores.db", store.var)
    result: dict[str, Any] = json.loads((batch / "score.json").read_text())
    return result


@pytest.fixture(scope="session")
def launched(
    trained: Store,
    batch: Path,
    start_service: Callable[..., Any],
    shared_service: Callable[..., Any],
) -> Any:
    """The server process of the whole run, with scores; it may not be ready yet."""

    def start() -> Any:
        shutil.copy(batch / "scores.db", trained.var)
        return start_service("serve.service:ClvService", trained.var, trained.environment())

    return shared_service("server", start)


@pytest.fixture(scope="session")
def server(launched: Any) -> Any:
    """The server process, ready to answer."""
    launched.wait_until_ready()
    return launched


@pytest.fixture(scope="session")
def client(store: Store, launched: Any) -> Iterator[Any]:
    """The application in this process; the environment is read when it starts, and only then.

    The server process starts at the same time, so that nobody waits for it later.
    """
    from starlette.testclient import TestClient

    with pytest.MonkeyPatch.context() as patch:
        for name, value in store.environment().items():
            patch.setenv(name, value)
        from serve.service import ClvService

        application = TestClient(ClvService.to_asgi(is_main=True), base_url="http://127.0.0.1:3000")
        application.__enter__()
    yield application
    application.__exit__(None, None, None)
