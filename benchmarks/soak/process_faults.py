"""What can become of the service's own processes, and who else shares its folder of state."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from http.client import HTTPConnection

from benchmarks.bench_serve.processes import Server
from benchmarks.soak.accept_queue import AcceptQueue
from benchmarks.soak.deployment import (
    DRAIN_SECONDS,
    POLL_SECONDS,
    Deployment,
    service,
    stopped,
    workers_of,
)
from benchmarks.soak.figures import Figures
from benchmarks.soak.hostile_callers import unread_replies
from benchmarks.soak.store_faults import WRITING_SECONDS, begin_scoring
from benchmarks.soak.versions import score

KILLED_SECONDS = 3.0
RESTART_SECONDS = 60.0
LOCKED_SECONDS = 20.0
# After the seconds of draining: sockets are closed, requests in flight get their reply or are
# given up, threads and the supervisor end.
SHUTDOWN_SECONDS = 8.0
LONGEST_SHUTDOWN_SECONDS = 60.0


def kill_a_worker(deployment: Deployment, pause: float) -> list[str]:
    """A worker is killed; another takes its place, and callers send again what has broken."""
    workers = workers_of(deployment.service)
    victim = min(workers)
    os.kill(victim, signal.SIGKILL)
    killed = time.monotonic()
    while victim in (now := workers_of(deployment.service)) or len(now) < len(workers):
        if time.monotonic() > killed + RESTART_SECONDS:
            return ["no worker came in the place of the one that was killed"]
        time.sleep(0.2)
    observed = deployment.load.observed
    with observed.lock:
        recovered = [
            each for each in observed.breaks if killed - 0.1 <= each[0] <= killed + KILLED_SECONDS
        ]
        observed.breaks = [each for each in observed.breaks if each not in recovered]
    deployment.report(
        f"worker {victim} was killed, a new one is there; {len(recovered)} connections broke, "
        "and were sent again"
    )
    return []


def share_the_state(deployment: Deployment, pause: float) -> list[str]:
    """A second service and scorings in the same folder of state, whose store is then locked."""
    path = deployment.work / "var" / "scores.db"
    address, versions = f"sqlite:///{path}", deployment.soaked.versions
    score(deployment.soaked, versions[0], address)
    begun = service(deployment.work, deployment.registry_port, "", deployment.key, 2)
    with begun as second, closing(sqlite3.connect(path, isolation_level=None)) as other:
        problems = _look_all_up(deployment, second, time.monotonic() + pause)
        other.execute("BEGIN IMMEDIATE")
        scoring = begin_scoring(deployment, versions[1], address)
        for case in deployment.soaked.lookups:
            case.expected.setdefault(versions[1], None)
        problems += _look_all_up(deployment, second, time.monotonic() + LOCKED_SECONDS)
        if scoring.poll() is not None:
            problems.append("a scoring did not wait for the lock of another")
        other.execute("ROLLBACK")
        problems += _ends_well(scoring)
        problems += _look_all_up(deployment, second, time.monotonic() + pause)
    deployment.report("a second service and two scorings shared the folder of state")
    return problems


def stop_under_load(deployment: Deployment, figures: Figures) -> None:
    """SIGTERM, replies unread, the registry silent: what was accepted is answered, and in time."""
    observed = deployment.load.observed
    if observed.breaks:
        figures.lost += len(observed.breaks)
        figures.problems.append(f"{len(observed.breaks)} connections broke without a reason")
    observed.breaks.clear()
    before = observed.counts.copy()
    queue = AcceptQueue(deployment.service.port)
    queue.begin()
    with unread_replies(deployment), stopped(deployment.registry_server.family()):
        time.sleep(2 * POLL_SECONDS)  # so that every worker is asking
        deployment.load.ending.set()
        process, begun = deployment.service.process, time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=LONGEST_SHUTDOWN_SECONDS)
        except subprocess.TimeoutExpired:
            figures.problems.append("the service did not end while replies were not read")
    process.wait()
    figures.shutdown_seconds = round(time.monotonic() - begun, 1)
    deployment.load.join()
    queue.end()
    waiting = [each for each in observed.breaks if queue.was_never_accepted(each[1])]
    observed.counts["at the end: connected, and accepted by no worker"] = len(waiting)
    last = sum((observed.counts - before).values())
    deployment.report(f"{last} replies after SIGTERM, then nobody was there")
    if lost := len(observed.breaks) - len(waiting):
        figures.lost += lost
        figures.problems.append(f"{lost} requests were lost at the end")
    if figures.shutdown_seconds > DRAIN_SECONDS + SHUTDOWN_SECONDS:
        figures.problems.append(f"the shutdown took {figures.shutdown_seconds} seconds")


def _look_all_up(deployment: Deployment, server: Server, until: float) -> list[str]:
    """Look customers up at another service; what is not as it was scored."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"content-type": "application/json", "x-api-key": deployment.key.secret}
    problems = []
    while time.monotonic() < until:
        for case in deployment.soaked.lookups:
            connection.request("POST", case.path, case.body, headers)
            response = connection.getresponse()
            content = response.read()
            reply = json.loads(content)
            if response.status != 200 or not case.fits(reply["model"]["version"], reply):
                problems.append(f"a second service on the same folder: {content[:300]!r}")
    connection.close()
    return problems


def _ends_well(scoring: subprocess.Popen[bytes]) -> list[str]:
    _, printed = scoring.communicate(timeout=WRITING_SECONDS)
    if scoring.returncode:
        return [f"a scoring that had waited for a lock said: {printed[-500:]!r}"]
    return []
