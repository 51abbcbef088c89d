"""The wheel in clean environments of each Python, outside of the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.simulate import simulate
from features.timestamps import parse_as_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("features", "models", "train", "serve")
PYTHONS = ("3.11", "3.12", "3.13")
UV = Path(sys.executable).with_name("uv")
CONFIG = """
[data]
transactions = "log.parquet"
currency = "EUR"
[data.columns]
customer_id = "customer_id"
timestamp = "timestamp"
amount = "amount"
[problem]
horizon_days = 60
snapshots = 2
[churn]
max_rounds = 5
[spend]
max_rounds = 5
"""
# In an environment from which the product is gone again.
REGISTERED = """
import json, mlflow, pandas as pd
mlflow.set_tracking_uri("sqlite:///var/mlflow.db")
model = mlflow.pyfunc.load_model("models:/clv@champion")
found = model.predict(pd.read_parquet("features.parquet"))
print(json.dumps(dict(zip(found["customer_id"], found["clv"]))))
"""
FIVE_LINES = """
import sys, time
began = time.monotonic()
from train.estimator import CustomerValue
print(f"import train.estimator: {time.monotonic() - began:.1f} s", file=sys.stderr)
assert not {"mlflow", "bentoml"} & set(sys.modules)
import pandas as pd
model = CustomerValue(horizon_days=60, currency="EUR").fit(
    pd.read_parquet("log.parquet"),
    customer_id="customer_id", timestamp="timestamp", amount="amount",
)
print(len(model.predict()))
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command prints; it must end well."""
    kept = {name: each for name, each in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def interpreter(version: str) -> Path:
    """A Python of this version, on the path or one of pyenv's; skips where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    on_path = shutil.which(f"python{version}")
    for each in [*([on_path] if on_path else []), *pyenv.glob(f"versions/{version}.*/bin/python")]:
        asked = [each, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return Path(each)
    pytest.skip(f"no Python {version} on the path or in {pyenv}")


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and a folder with a log and a configuration."""

    python: Path
    folder: Path

    def uv(self, *arguments: str | Path) -> str:
        return run(UV, "pip", *arguments, "--python", self.python, cwd=self.folder)

    def __call__(self, *arguments: str) -> str:
        return run(self.python, *arguments, cwd=self.folder, MLFLOW_DISABLE_TELEMETRY="true")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the sources, which stay as they are."""
    folder = tmp_path_factory.mktemp("wheel")
    for each in PACKAGES:
        shutil.copytree(ROOT / each, folder / each, ignore=shutil.ignore_patterns("__pycache__"))
    for each in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / each, folder)
    run(UV, "build", "--quiet", "--system-certs", "--wheel", "--out-dir", "dist", cwd=folder)
    [made] = (folder / "dist").glob("*.whl")
    return made


@pytest.fixture(scope="module", params=PYTHONS)
def installed(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    folder = tmp_path_factory.mktemp(f"python{request.param}")
    run(UV, "venv", "--quiet", "--python", interpreter(request.param), "env", cwd=folder)
    made = Installed(folder / "env" / "bin" / "python", folder)
    made.uv("install", "--quiet", "--system-certs", "--only-binary", ":all:", f"{wheel}[train]")
    as_of = parse_as_of("2025-01-01", "UTC")
    log = simulate(customers=400, seed=1, as_of=as_of, horizon_days=1).transactions
    log.to_parquet(folder / "log.parquet")
    (folder / "mine.toml").write_text(CONFIG)
    return made


def test_the_wheel_is_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_it_trains_and_scores_outside_of_the_checkout(installed: Installed) -> None:
    trained: Any = json.loads(installed("-m", "train", "--config", "mine.toml").splitlines()[-1])
    assert trained["alias"] == "champion"
    asked = ["-m", "serve", "score", "--config", "mine.toml", "--out", "scores.parquet"]
    installed(*asked, "--features-out", "features.parquet")
    scores = pd.read_parquet(installed.folder / "scores.parquet")
    assert len(scores) == trained["customers"] > 300
    installed("-c", "import serve.service, serve.client")


def test_the_five_lines_of_a_notebook_run(installed: Installed) -> None:
    found = installed(
        "-c", "from importlib.util import find_spec as f; print(f('train.estimator'))"
    )
    if found.strip() == "None":
        pytest.skip("this version has no train.estimator")
    assert int(installed("-c", FIVE_LINES)) > 300


def test_the_registered_model_predicts_where_the_product_is_not_installed(
    installed: Installed,
) -> None:
    """After the training above, in the same environment without the wheel."""
    installed.uv("uninstall", "--quiet", "perennial-clv")
    found = json.loads(installed("-B", "-c", REGISTERED).splitlines()[-1])
    scores = pd.read_parquet(installed.folder / "scores.parquet").set_index("customer_id")["clv"]
    assert len(found) == len(scores)
    assert pd.Series(found)[scores.index].tolist() == pytest.approx(scores.tolist(), rel=1e-9)
