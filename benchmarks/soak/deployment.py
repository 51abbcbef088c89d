"""The deployment under test: service, registry, store and load, each running."""

from __future__ import annotations

import json
import sys
import time
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from benchmarks.bench_serve.processes import Server, running
from benchmarks.soak.load_threads import LoadThreads
from benchmarks.soak.postgresql import Postgresql
from benchmarks.soak.versions import Soaked

POLL_SECONDS = 0.5
QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OTEL_SDK_DISABLED": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
}
WORKER = b"_bentoml_impl.worker.service"


@dataclass
class Deployment:
    """All that runs, and how to reach it."""

    work: Path
    soaked: Soaked
    store: Postgresql
    service: Server
    load: LoadThreads
    registry_port: int
    registry: ExitStack

    def report(self, what: str) -> None:
        """Write to stderr what has just happened."""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")

    def start_registry(self) -> None:
        """The registry again, at its port."""
        self.registry.enter_context(registry(self.work, self.soaked, self.registry_port))

    def ready(self) -> dict[str, object]:
        """The reply of /readyz."""
        with urlopen(f"http://127.0.0.1:{self.service.port}/readyz", timeout=30) as reply:
            found: dict[str, object] = json.load(reply)
        return found


def wait_for_state(deployment: Deployment, what: str, state: str) -> list[str]:
    """Wait until /readyz reports this state of a part; the problem, if it does not."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError):
            if deployment.ready()[what] == state:
                deployment.report(f"{what} is {state}, as /readyz reports")
                return []
        time.sleep(0.2)
    return [f"/readyz did not report that the {what} is {state}"]


def workers_of(service: Server) -> dict[int, int]:
    """Memory of each worker, bytes, by process."""
    found = {}
    for number, size in service.memory_bytes().items():
        with suppress(OSError):
            if WORKER in Path(f"/proc/{number}/cmdline").read_bytes():
                found[number] = size
    return found


def registry(work: Path, soaked: Soaked, port: int) -> AbstractContextManager[Server]:
    """`mlflow server` at a port that stays the same."""
    return running(
        lambda _: [
            *("mlflow", "server", "--backend-store-uri", soaked.tracking_uri, "--workers", "1"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
        work / "registry",
        QUIET,
        ready="/health",
        port=port,
    )


def service(
    work: Path, registry_port: int, store: Postgresql, workers: int
) -> AbstractContextManager[Server]:
    """The service that is soaked, its registry and store those of the deployment."""
    return running(
        lambda port: [
            *("bentoml", "serve", "serve.service:ClvService"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
        work / "service",
        {
            **QUIET,
            "PERENNIAL_VAR": str(work / "var"),
            "PERENNIAL_STORE": store.address,
            "PERENNIAL_POLL_SECONDS": str(POLL_SECONDS),
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{registry_port}",
            "BENTOML_HOME": str(work / "bentoml"),
            "BENTOML_CONFIG_OPTIONS": f"services.clv.workers={workers}",
        },
    )
