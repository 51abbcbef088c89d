"""MLflow's own commands on the registered model, started as a user starts them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
Trained = tuple[PurchaseBundle, pd.DataFrame, Path]
START_SECONDS = 180.0
URI = "models:/clv/1"


@pytest.fixture
def rows(trained: Trained) -> pd.DataFrame:
    """Five rows of the feature table, with customer_id as a column."""
    return trained[1].head(5).reset_index()


@pytest.fixture
def expected(trained: Trained) -> list[float]:
    """The clv of those rows."""
    return PurchasePredictor(trained[0]).predict(trained[1].head(5))["clv"].tolist()


def environment(var: Path) -> dict[str, str]:
    kept = {name: each for name, each in os.environ.items() if name != "PYTHONPATH"}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "MLFLOW_TRACKING_URI": f"sqlite:///{var}/mlflow.db",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def mlflow(var: Path, cwd: Path, *arguments: str) -> str:
    """What the command prints; it must end well."""
    ran = subprocess.run(
        [sys.executable, "-m", "mlflow", *arguments],
        cwd=cwd,
        env=environment(var),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@contextmanager
def serving(var: Path, cwd: Path) -> Iterator[str]:
    """`mlflow models serve`; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    named = ["-m", URI, "--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    with (cwd / "server.log").open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "models", "serve", *named],
            cwd=cwd,
            env=environment(var),
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/ping", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail("mlflow models serve did not start")


def split(rows: pd.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(rows.to_json(orient="split", index=False))
    return found


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_models_predict_answers_from_a_file(
    registered: Path, rows: pd.DataFrame, expected: list[float], tmp_path: Path, kind: str
) -> None:
    if kind == "json":
        (tmp_path / "in").write_text(json.dumps({"dataframe_split": split(rows)}))
    else:
        rows.convert_dtypes().to_csv(tmp_path / "in", index=False)
    asked = ["-m", URI, "-i", "in", "-o", "out", "-t", kind, "--env-manager", "local"]
    mlflow(registered, tmp_path, "models", "predict", *asked)
    found = pd.DataFrame(json.loads((tmp_path / "out").read_text())["predictions"])
    assert found["customer_id"].tolist() == rows["customer_id"].tolist()
    assert found["clv"].tolist() == pytest.approx(expected, rel=1e-9)


def test_models_serve_answers_and_refuses_with_a_sentence(
    registered: Path, rows: pd.DataFrame, expected: list[float], tmp_path: Path
) -> None:
    with serving(registered, tmp_path) as address:
        asked = {"dataframe_split": split(rows), "params": {"horizon_days": 30}}
        answered = httpx.post(f"{address}/invocations", json=asked, timeout=60)
        assert answered.status_code == 200, answered.text
        found = pd.DataFrame(answered.json()["predictions"])
        assert found["clv"].tolist() == pytest.approx(expected, rel=1e-9)
        transactions = [{"customer_id": "a", "timestamp": "2025-01-01", "amount": 1.0}]
        refused = httpx.post(
            f"{address}/invocations", json={"dataframe_records": transactions}, timeout=60
        )
    assert refused.status_code == 400
    assert "holds none of the features" in refused.json()["message"]
    assert "Traceback" not in refused.text


def test_generate_dockerfile_writes_what_an_image_is_built_from(
    registered: Path, tmp_path: Path
) -> None:
    """As far as building goes without Docker."""
    mlflow(registered, tmp_path, "models", "generate-dockerfile", "-m", URI, "-d", "image")
    image = tmp_path / "image"
    assert "FROM " in (image / "Dockerfile").read_text()
    assert (image / "model_dir" / "bundle" / "card.json").is_file()
    assert (image / "model_dir" / "code" / "models" / "bundle.py").is_file()


def test_a_project_runs_without_parameters(tmp_path: Path) -> None:
    """All but the making of an environment, which takes minutes."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for each in ("MLproject", "python_env.yaml", "configs", "data", "requirements"):
        copy = shutil.copytree if (ROOT / each).is_dir() else shutil.copy
        copy(ROOT / each, checkout / each)
    for each in ("features", "models", "train", "serve"):
        (checkout / each).symlink_to(ROOT / each)
    asked = ["run", ".", "--env-manager", "local", "-e", "features"]
    mlflow(tmp_path, checkout, *asked)
    assert len(pd.read_parquet(checkout / "var" / "features.parquet")) > 5000
