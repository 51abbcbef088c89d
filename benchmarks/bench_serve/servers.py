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
    from benchmarks.bench_serve.subject import Subject

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
class Question:
    """A line of the table: what is asked, over how many connections."""

    name: str
    requests: list[bytes]
    connections: tuple[int, ...] = CONNECTIONS


@dataclass(frozen=True)
class Compared:
    """A server and the requests that are sent to it."""

    command: Callable[[int], Sequence[str]]
    environment: dict[str, str]
    questions: tuple[Question, ...]
    ready: str = "/readyz"

    def cases(self) -> list[tuple[Question, int]]:
        """Each question with each number of connections."""
        return [(each, number) for each in self.questions for number in each.connections]


FEATURES = "/predict_features, 1 customer"
RAW = "/predict, 1 customer of 20 orders"
MANY = "/predict_features, 10,000 customers"
LEAN_EMPTY = "empty BentoML endpoint, lean"
EMPTY = "empty BentoML endpoint, defaults"
BARE = "bare Starlette, both boosters"
MLFLOW = "`mlflow models serve`, one booster"


def servers(subject: Subject, work: Path) -> list[Compared]:
    """Perennial first, then what it is compared with."""
    return [
        _perennial(subject, work),
        _empty("Lean", LEAN_EMPTY, LEAN, work),
        _empty("ByDefault", EMPTY, DEFAULTS, work),
        _bare(subject),
        _mlflow(subject, work),
    ]


def _perennial(subject: Subject, work: Path) -> Compared:
    environment = {
        **LEAN,
        "PERENNIAL_VAR": str(work / "served"),
        "PERENNIAL_MODEL": subject.settings.model,
        "MLFLOW_TRACKING_URI": subject.settings.tracking_uri,
        "BENTOML_HOME": str(work / "bentoml"),
    }
    questions = (
        Question(FEATURES, subject.rows),
        Question(RAW, subject.raw),
        Question(MANY, subject.many, (1,)),
    )
    return Compared(_bentoml("serve.service:ClvService"), environment, questions)


def _empty(service: str, name: str, environment: dict[str, str], work: Path) -> Compared:
    """BentoML before any work."""
    return Compared(
        _bentoml(f"benchmarks.bench_serve.empty:{service}"),
        {**environment, "BENTOML_HOME": str(work / "bentoml")},
        (Question(name, [request("/nothing", b"{}")]),),
    )


def _bare(subject: Subject) -> Compared:
    return Compared(
        lambda port: [
            *("uvicorn", "--factory", "benchmarks.bench_serve.bare:application"),
            *("--no-access-log", "--log-level", "warning", *LOOPBACK, str(port)),
        ],
        {**LEAN, "BENCH_BUNDLE": str(subject.folder)},
        (Question(BARE, subject.rows),),
    )


def _mlflow(subject: Subject, work: Path) -> Compared:
    return Compared(
        lambda port: [
            *("mlflow", "models", "serve", "--model-uri", str(_flavour(subject, work))),
            *("--env-manager", "local", "--workers", "1", *LOOPBACK, str(port)),
        ],
        QUIET,
        (Question(MLFLOW, subject.matrices),),
        ready="/ping",
    )


def _bentoml(service: str) -> Callable[[int], Sequence[str]]:
    return lambda port: ["bentoml", "serve", service, *LOOPBACK, str(port)]


def _flavour(subject: Subject, work: Path) -> Path:
    """The churn booster as MLflow serves one."""
    import mlflow
    import numpy as np
    import pandas as pd

    folder = work / "flavour"
    if not folder.exists():
        names = list(subject.bundle.names)
        example = pd.DataFrame(np.zeros((2, len(names))), columns=names)
        mlflow.xgboost.save_model(
            subject.bundle.churn,
            folder,
            model_format="ubj",
            signature=mlflow.models.infer_signature(example),
            pip_requirements=["xgboost-cpu"],
        )
    return folder
