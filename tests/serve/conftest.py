from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from mlflow import MlflowClient

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
def config_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The problem of this room's tests: the CDNOW sample, with a category made up by the amount."""
    folder = tmp_path_factory.mktemp("config")
    sample = pd.read_parquet(ROOT / "data" / "cdnow_sample.parquet")
    shelf = pd.cut(sample["amount"], [-1, 15, 40, 1e6], labels=["low", "middle", "high"])
    sample.assign(shelf=shelf.astype("str")).to_parquet(folder / "log.parquet")
    path = folder / "sample.toml"
    path.write_text(CONFIG.format(transactions=folder / "log.parquet"))
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
def store(
    config: PurchaseConfig, log: TransactionLog, tmp_path_factory: pytest.TempPathFactory
) -> Store:
    var = tmp_path_factory.mktemp("var")
    as_of = pd.Timestamp("1998-01-01", tz=log.timezone).to_pydatetime()
    fitted = fit(
        PurchaseTask(config, PurchaseSnapshots(log), as_of, 60), step=lambda done: None
    ).bundle
    bundles.save(fitted, var / "bundle")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_VAR", str(var))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        tracking.connect("serve")
        with tracking.parent("clv", tracking.Record()) as run_id:
            register(var / "bundle", metrics={}, tags={})
    uri = f"sqlite:///{var / 'mlflow.db'}"
    registry = MlflowClient(uri, uri)
    registry.create_model_version("clv", registry.get_model_version_download_uri("clv", "1"))
    return Store(var, uri, fitted, var / "bundle", run_id)


@pytest.fixture(scope="session")
def scored(store: Store, config_path: Path) -> dict[str, Any]:
    """What the first version has scored into the default store, as batch scoring tells it."""
    from serve.__main__ import main

    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(told):
        patch.setenv("PERENNIAL_VAR", str(store.var))
        patch.setenv("PERENNIAL_MODEL", "models:/clv/1")
        address = f"sqlite:///{store.var / 'scores.db'}"
        assert main(["score", "--config", str(config_path), "--store", address]) == 0
    result: dict[str, Any] = json.loads(told.getvalue().splitlines()[-1])
    return result


@dataclass(frozen=True)
class Server:
    """A server process of its own, and the file that it prints to."""

    address: str
    printed: Path
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def launched(store: Store) -> Iterator[Server]:
    """`bentoml serve` as a process of its own, on a free port of 127.0.0.1; it may not be ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "bentoml", "serve", "serve.service:ClvService"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]
    printed = store.var / "server.log"
    with printed.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | store.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Server(f"http://127.0.0.1:{port}", printed, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def server(launched: Server) -> Server:
    """The server process, ready to answer."""
    _wait_until_ready(launched)
    return launched


@pytest.fixture(scope="session")
def client(store: Store, launched: Server) -> Iterator[Any]:
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


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            if httpx.get(f"{server.address}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start: {server.printed.read_text()}")
