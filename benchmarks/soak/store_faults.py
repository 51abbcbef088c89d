"""What can become of the score store, and of a scoring that writes to it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack, suppress

import psycopg

from benchmarks.bench_serve.processes import ROOT
from benchmarks.soak.deployment import Deployment, stopped, wait_for_state
from benchmarks.soak.versions import score

# a silent connection, then a silent server: what a look-up waits for at most
SILENT_SECONDS = 11.0
HELD_UP_SECONDS = 5.0
WRITING_SECONDS = 240.0
END_THE_SERVICES = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'perennial'"
)


def stop_store(deployment: Deployment, pause: float) -> list[str]:
    """The server ends, and is started again."""
    deployment.store.stop("fast")
    return _down_and_up(deployment, pause)


def crash_store(deployment: Deployment, pause: float) -> list[str]:
    """The server ends without a goodbye to anybody, and recovers."""
    deployment.store.stop("immediate")
    return _down_and_up(deployment, pause)


def kill_store(deployment: Deployment, pause: float) -> list[str]:
    """The server's first process is killed."""
    deployment.store.kill()
    return _down_and_up(deployment, pause)


def take_every_connection(deployment: Deployment, pause: float) -> list[str]:
    """Somebody else has all the connections that the server gives."""
    with ExitStack() as held:
        first = held.enter_context(psycopg.connect(deployment.store.address, autocommit=True))
        deadline, problems = time.monotonic() + 2 * pause, []
        while time.monotonic() < deadline:
            first.execute(END_THE_SERVICES)
            # the service takes them again, too: who is quicker wins, and we go on
            with suppress(psycopg.OperationalError):
                while True:
                    held.enter_context(psycopg.connect(deployment.store.address))
        problems += wait_for_state(deployment, "store", "down")
    return problems + wait_for_state(deployment, "store", "up")


def hang_store(deployment: Deployment, pause: float) -> list[str]:
    """The server keeps its connections, takes new ones, and says nothing."""
    observed = deployment.load.observed
    observed.slowest.clear()
    with stopped(deployment.store.processes()):
        problems = wait_for_state(deployment, "store", "down")
        time.sleep(max(pause, SILENT_SECONDS))
    problems += wait_for_state(deployment, "store", "up")
    slowest = dict(observed.slowest)
    shown = ", ".join(f"{path} {each:.1f}" for path, each in sorted(slowest.items()))
    deployment.report(f"the slowest replies meanwhile, seconds: {shown}")
    bounds = {"/lookup": SILENT_SECONDS}
    return problems + [
        f"{path} waited {each:.1f} seconds for a store that says nothing"
        for path, each in slowest.items()
        if each > bounds.get(path, HELD_UP_SECONDS)
    ]


def publish_batch(deployment: Deployment, pause: float) -> list[str]:
    """A new batch while everybody looks customers up."""
    version = deployment.soaked.versions[1]
    score(deployment.soaked, version, deployment.store.address)
    deployment.report(f"a batch of version {version}")
    return []


def kill_a_scoring(deployment: Deployment, pause: float) -> list[str]:
    """A scoring is killed while it copies its rows: nothing of them is ever seen."""
    version = deployment.soaked.versions[2]
    with psycopg.connect(deployment.store.address) as other:
        # readers go on; the copying of rows waits for us
        other.execute("LOCK TABLE scores IN SHARE MODE")
        scoring = begin_scoring(deployment, version, deployment.store.address)
        problems = [] if _is_copying(deployment, scoring) else ["no scoring came to write its rows"]
        scoring.kill()
        scoring.wait()
    deployment.report("a scoring was killed while it copied its rows")
    return problems


def kill_store_under_a_scoring(deployment: Deployment, pause: float) -> list[str]:
    """The server is killed while a scoring copies its rows: that ends with one sentence."""
    version = deployment.soaked.versions[2]
    other = psycopg.connect(deployment.store.address)
    other.execute("LOCK TABLE scores IN SHARE MODE")
    scoring = begin_scoring(deployment, version, deployment.store.address)
    problems = [] if _is_copying(deployment, scoring) else ["no scoring came to write its rows"]
    deployment.store.kill()
    _, printed = scoring.communicate(timeout=WRITING_SECONDS)
    other.close()
    last = printed.decode().strip().splitlines()[-1]
    deployment.report(f"the scoring ended with {scoring.returncode}: {last}")
    if scoring.returncode != 2 or "the score store cannot be used" not in last:
        problems.append(f"a scoring whose store was killed said: {printed[-500:]!r}")
    return problems + _down_and_up(deployment, pause)


def begin_scoring(deployment: Deployment, version: str, store: str) -> subprocess.Popen[bytes]:
    """`python -m serve score` as a process of its own."""
    unset = {"MLFLOW_TRACKING_URI", "PERENNIAL_STORE"}
    environment = {name: each for name, each in os.environ.items() if name not in unset}
    config = str(deployment.soaked.config)
    return subprocess.Popen(
        [sys.executable, "-m", "serve", "score", "--config", config, "--store", store],
        cwd=ROOT,
        env=environment | {"PERENNIAL_MODEL": f"models:/clv/{version}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _is_copying(deployment: Deployment, scoring: subprocess.Popen[bytes]) -> bool:
    """Wait until a scoring is held up while it copies; whether it came so far."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE query ILIKE 'copy%' AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + WRITING_SECONDS
    with psycopg.connect(deployment.store.address, autocommit=True) as connection:
        while time.monotonic() < deadline and scoring.poll() is None:
            if connection.execute(query).fetchone() != (0,):
                return True
            time.sleep(0.05)
    return False


def _down_and_up(deployment: Deployment, pause: float) -> list[str]:
    problems = wait_for_state(deployment, "store", "down")
    time.sleep(pause)
    deployment.store.start()
    return problems + wait_for_state(deployment, "store", "up")
