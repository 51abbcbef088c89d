"""Everything that is measured side by side, each as a server that is started for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench_serve.load import request

if TYPE_CHECKING:
    from benchmarks.bench_serve.inputs import BenchmarkInputs

LOOPBACK = ("--host", "127.0.0.1", "--port")
CONNECTIONS = (1, 16, 64)
QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PYTHONWARNINGS": "ignore",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    # MLflow starts its server by its name
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
}
LEAN = {**QUIET, "OTEL_SDK_DISABLED": "true"}
DEFAULTS = {**QUIET, "OTEL_SDK_DISABLED": "false"}


@dataclass(frozen=True)
class Workload:
    """A line of the table: requests of one sort, over how many connections."""

    name: str
    requests: list[bytes]
    connections: tuple[int, ...] = CONNECTIONS


@dataclass(frozen=True)
class ServerUnderTest:
    """A server and the requests that are sent to it."""

    command: Callable[[int], Sequence[str]]
    environment: dict[str, str]
    workloads: tuple[Workload, ...]
    ready: str = "/readyz"

    def cases(self) -> list[tuple[Workload, int]]:
        """Each workload with each number of connections."""
        return [(each, number) for each in self.workloads for number in each.connections]


FEATURES = "/predict_features, 1 customer"
RAW = "/predict, 1 customer of 20 orders"
MANY = "/predict_features, 10,000 customers"
LEAN_EMPTY = "empty BentoML endpoint, lean"
EMPTY = "empty BentoML endpoint, defaults"
BARE = "bare Starlette, both boosters"
MLFLOW = "`mlflow models serve`, one booster"


def servers(inputs: BenchmarkInputs, work: Path) -> list[ServerUnderTest]:
    """Perennial first, then what it is compared with."""
    return [
        _perennial(inputs, work),
        _empty("Lean", LEAN_EMPTY, LEAN, work),
        _empty("ByDefault", EMPTY, DEFAULTS, work),
        _bare(inputs),
        _mlflow(inputs, work),
    ]


def _perennial(inputs: BenchmarkInputs, work: Path) -> ServerUnderTest:
    environment = {
        **LEAN,
        "PERENNIAL_VAR": str(work / "served"),
        "PERENNIAL_MODEL": inputs.settings.model,
        "MLFLOW_TRACKING_URI": inputs.settings.tracking_uri,
        "BENTOML_HOME": str(work / "bentoml"),
    }
    workloads = (
        Workload(FEATURES, inputs.rows),
        Workload(RAW, inputs.raw),
        Workload(MANY, inputs.many, (1,)),
    )
    return ServerUnderTest(_bentoml("serve.service:ClvService"), environment, workloads)


def _empty(service: str, name: str, environment: dict[str, str], work: Path) -> ServerUnderTest:
    """BentoML before any work."""
    return ServerUnderTest(
        _bentoml(f"benchmarks.bench_serve.empty_service:{service}"),
        {**environment, "BENTOML_HOME": str(work / "bentoml")},
        (Workload(name, [request("/nothing", b"{}")]),),
    )


def _bare(inputs: BenchmarkInputs) -> ServerUnderTest:
    return ServerUnderTest(
        lambda port: [
            *("uvicorn", "--factory", "benchmarks.bench_serve.starlette_server:application"),
            *("--no-access-log", "--log-level", "warning", *LOOPBACK, str(port)),
        ],
        {**LEAN, "BENCH_BUNDLE": str(inputs.folder)},
        (Workload(BARE, inputs.rows),),
    )


def _mlflow(inputs: BenchmarkInputs, work: Path) -> ServerUnderTest:
    return ServerUnderTest(
        lambda port: [
            *("mlflow", "models", "serve", "--model-uri", str(_flavour(inputs, work))),
            *("--env-manager", "local", "--workers", "1", *LOOPBACK, str(port)),
        ],
        QUIET,
        (Workload(MLFLOW, inputs.matrices),),
        ready="/ping",
    )


def _bentoml(service: str) -> Callable[[int], Sequence[str]]:
    return lambda port: ["bentoml", "serve", service, *LOOPBACK, str(port)]


def _flavour(inputs: BenchmarkInputs, work: Path) -> Path:
    """The churn booster as MLflow serves one."""
    import mlflow
    import numpy as np
    import pandas as pd

    folder = work / "flavour"
    if not folder.exists():
        names = list(inputs.bundle.names)
        example = pd.DataFrame(np.zeros((2, len(names))), columns=names)
        mlflow.xgboost.save_model(
            inputs.bundle.churn,
            folder,
            model_format="ubj",
            signature=mlflow.models.infer_signature(example),
            pip_requirements=["xgboost-cpu"],
        )
    return folder
