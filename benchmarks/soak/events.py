"""The faults that the service is put through, one after the other."""

from __future__ import annotations

import os
import signal
import time

from benchmarks.soak.accept_queue import AcceptQueue
from benchmarks.soak.deployment import (
    Deployment,
    wait_for_state,
    workers_of,
)
from benchmarks.soak.versions import score

MOVES = 20
SWAP_SECONDS = 20.0
KILLED_SECONDS = 3.0
GROWTH = 1.1


def run_faults(deployment: Deployment, seconds: float) -> list[str]:
    """Move the champion and inject each fault in turn; problems other than wrong replies."""
    problems: list[str] = []
    pause = seconds / (MOVES + 10)
    faults = {
        6: _stop_registry,
        9: _stop_store,
        12: _publish_batch,
        15: _kill_a_worker,
    }
    before: dict[int, int] = {}
    for number in range(1, MOVES + 1):
        problems += _move_champion(deployment, number)
        time.sleep(pause)
        if number in faults:
            problems += faults[number](deployment, pause)
        if number == 3:
            before = workers_of(deployment.service)
    after = workers_of(deployment.service)
    sizes = ", ".join(f"{each / 1e6:.0f}" for each in [*before.values(), *after.values()])
    deployment.report(f"workers' memory, MB, early and late: {sizes}")
    if max(after.values()) > GROWTH * max(before.values()):
        problems.append(f"the workers have grown: {sizes} MB")
    return problems


def _move_champion(deployment: Deployment, number: int) -> list[str]:
    """Another champion; every worker must have it soon, and none go back."""
    from mlflow import MlflowClient

    versions, observed = deployment.soaked.versions, deployment.load.observed
    version = versions[number % len(versions)]
    client = MlflowClient(deployment.soaked.tracking_uri, deployment.soaked.tracking_uri)
    client.set_registered_model_alias("clv", "champion", version)
    moved = time.monotonic()
    while time.monotonic() < moved + SWAP_SECONDS:
        time.sleep(0.2)
        others = max(
            (observed.seen[each] for each in [*observed.seen] if each != version), default=0.0
        )
        now = time.monotonic()
        # nobody has named another for a second, and somebody has named this one
        if observed.seen.get(version, 0.0) > moved and others < now - 1.0:
            deployment.report(
                f"{number}: version {version} after {max(others - moved, 0):.1f} seconds"
            )
            return []
    return [f"the move to version {version} was not followed within {SWAP_SECONDS:g} seconds"]


def _stop_registry(deployment: Deployment, pause: float) -> list[str]:
    deployment.registry.close()
    problems = wait_for_state(deployment, "registry", "down")
    time.sleep(pause)
    deployment.start_registry()
    return problems + wait_for_state(deployment, "registry", "up")


def _stop_store(deployment: Deployment, pause: float) -> list[str]:
    deployment.store.stop()
    problems = wait_for_state(deployment, "store", "down")
    time.sleep(pause)
    deployment.store.start()
    return problems + wait_for_state(deployment, "store", "up")


def _publish_batch(deployment: Deployment, pause: float) -> list[str]:
    version = deployment.soaked.versions[1]
    score(deployment.soaked, version, deployment.store.address)
    deployment.report(f"a batch of version {version}")
    return []


def _kill_a_worker(deployment: Deployment, pause: float) -> list[str]:
    workers = workers_of(deployment.service)
    victim = min(workers)
    os.kill(victim, signal.SIGKILL)
    killed = time.monotonic()
    deployment.report(f"killed worker {victim}")
    while victim in (now := workers_of(deployment.service)) or len(now) < len(workers):
        if time.monotonic() > killed + 60:
            return ["no worker came in the place of the one that was killed"]
        time.sleep(0.2)
    observed = deployment.load.observed
    with observed.lock:
        recovered = [
            each for each in observed.breaks if killed - 0.1 <= each[0] <= killed + KILLED_SECONDS
        ]
        observed.breaks = [each for each in observed.breaks if each not in recovered]
    deployment.report(
        f"a new one is there; {len(recovered)} connections broke, and were sent again"
    )
    return []


def stop_under_load(deployment: Deployment) -> list[str]:
    """SIGTERM under load: every request that was accepted must get its reply."""
    observed = deployment.load.observed
    problems = (
        [f"{len(observed.breaks)} connections broke without a reason"] if observed.breaks else []
    )
    observed.breaks.clear()
    before = observed.counts.copy()
    queue = AcceptQueue(deployment.service.port)
    queue.begin()
    time.sleep(0.5)
    deployment.load.ending.set()
    deployment.service.process.send_signal(signal.SIGTERM)
    deployment.load.join()
    deployment.service.process.wait(timeout=60)
    queue.end()
    waiting = [each for each in observed.breaks if queue.was_never_accepted(each[1])]
    observed.counts["at the end: connected, and accepted by no worker"] = len(waiting)
    last = sum((observed.counts - before).values())
    deployment.report(f"{last} replies after SIGTERM, then nobody was there")
    if lost := len(observed.breaks) - len(waiting):
        problems.append(f"{lost} requests were lost at the end")
    return problems
