"""The deployment under test: service, registry, store and load, each running."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from benchmarks.bench_serve.processes import Server, running
from benchmarks.soak.load_threads import LoadThreads
from benchmarks.soak.postgresql import Postgresql
from benchmarks.soak.versions import Soaked

POLL_SECONDS = 0.5
DRAIN_SECONDS = 1.0
TIMES = 6
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
    """All that runs, and how to reach it.

    champion   the version that the alias was last moved to, by `champion.move`
    """

    work: Path
    soaked: Soaked
    store: Postgresql
    service: Server
    load: LoadThreads
    key: Key
    champion: str
    registry_port: int
    registry: ExitStack
    registry_server: Server

    def report(self, what: str) -> None:
        """Write to stderr what has just happened."""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")

    def start_registry(self) -> None:
        """The registry again, at its port."""
        begun = registry(self.work, self.soaked, self.registry_port)
        self.registry_server = self.registry.enter_context(begun)

    def ready(self) -> dict[str, object]:
        """The reply of /readyz, of any worker."""
        with urlopen(f"http://127.0.0.1:{self.service.port}/readyz", timeout=30) as reply:
            found: dict[str, object] = json.load(reply)
        return found


@dataclass(frozen=True)
class Key:
    """An API key of the service: what callers send, and the line with its hash."""

    secret: str
    line: str


def wait_for_state(deployment: Deployment, what: str, state: str) -> list[str]:
    """Wait until /readyz reports this state of a part; the problem, if it does not."""
    return wait_until(
        deployment, lambda ready: ready[what] == state, f"the {what} is {state}", seconds=60
    )


def wait_until(
    deployment: Deployment,
    holds: Callable[[dict[str, object]], bool],
    what: str,
    *,
    seconds: float = 30.0,
) -> list[str]:
    """Wait until /readyz says so, several times one after the other: there are several workers."""
    deadline, times = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        with suppress(OSError):
            times = times + 1 if holds(deployment.ready()) else 0
        if times == TIMES:
            deployment.report(f"{what}, as /readyz reports")
            return []
        time.sleep(0.1)
    return [f"/readyz did not report within {seconds:g} seconds that {what}"]


def workers_of(service: Server) -> dict[int, int]:
    """Memory of each worker, bytes, by process."""
    found = {}
    for number, size in service.memory_bytes().items():
        with suppress(OSError):
            if WORKER in Path(f"/proc/{number}/cmdline").read_bytes():
                found[number] = size
    return found


@contextmanager
def stopped(processes: Iterable[int]) -> Iterator[None]:
    """Processes that neither answer nor refuse: they are there, and do not run."""
    halted = list(processes)
    for each in halted:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in halted:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)


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
    work: Path, registry_port: int, store: str, key: Key, workers: int
) -> AbstractContextManager[Server]:
    """The service that is soaked, its registry and store those of the deployment.

    store   an address; "": the file in its folder of state
    """
    return running(
        lambda port: [
            *("bentoml", "serve", "serve.service:ClvService"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
        work / "service",
        {
            **QUIET,
            "PERENNIAL_VAR": str(work / "var"),
            "PERENNIAL_STORE": store,
            "PERENNIAL_POLL_SECONDS": str(POLL_SECONDS),
            "PERENNIAL_DRAIN_SECONDS": str(DRAIN_SECONDS),
            "PERENNIAL_RATE_PER_SECOND": "0",
            "PERENNIAL_API_KEYS": key.line,
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{registry_port}",
            "BENTOML_HOME": str(work / "bentoml"),
            "BENTOML_CONFIG_OPTIONS": f"services.clv.workers={workers}",
        },
    )
