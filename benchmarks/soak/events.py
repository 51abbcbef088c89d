"""What happens to the service in a bad day, one thing after the other."""

from __future__ import annotations

import os
import signal
import time

from benchmarks.soak.accept_queue import AcceptQueue
from benchmarks.soak.scene import Scene, becomes, workers_of
from benchmarks.soak.versions import score

MOVES = 20
SWAP_SECONDS = 20.0
KILLED_SECONDS = 3.0
GROWTH = 1.1


def bad_day(scene: Scene, seconds: float) -> list[str]:
    """Everything in turn; what went wrong beside the replies."""
    problems: list[str] = []
    pause = seconds / (MOVES + 10)
    events = {
        6: _registry_away,
        9: _store_away,
        12: _new_batch,
        15: _kill_a_worker,
    }
    before: dict[int, int] = {}
    for number in range(1, MOVES + 1):
        problems += _move(scene, number)
        time.sleep(pause)
        if number in events:
            problems += events[number](scene, pause)
        if number == 3:
            before = workers_of(scene.service)
    after = workers_of(scene.service)
    sizes = ", ".join(f"{each / 1e6:.0f}" for each in [*before.values(), *after.values()])
    scene.say(f"workers' memory, MB, early and late: {sizes}")
    if max(after.values()) > GROWTH * max(before.values()):
        problems.append(f"the workers have grown: {sizes} MB")
    return problems


def _move(scene: Scene, number: int) -> list[str]:
    """Another champion; every worker must have it soon, and none go back."""
    from mlflow import MlflowClient

    versions, observed = scene.soaked.versions, scene.load.observed
    version = versions[number % len(versions)]
    client = MlflowClient(scene.soaked.tracking_uri, scene.soaked.tracking_uri)
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
            scene.say(f"{number}: version {version} after {max(others - moved, 0):.1f} seconds")
            return []
    return [f"the move to version {version} was not followed within {SWAP_SECONDS:g} seconds"]


def _registry_away(scene: Scene, pause: float) -> list[str]:
    scene.registry.close()
    problems = becomes(scene, "registry", "down")
    time.sleep(pause)
    scene.start_registry()
    return problems + becomes(scene, "registry", "up")


def _store_away(scene: Scene, pause: float) -> list[str]:
    scene.store.stop()
    problems = becomes(scene, "store", "down")
    time.sleep(pause)
    scene.store.start()
    return problems + becomes(scene, "store", "up")


def _new_batch(scene: Scene, pause: float) -> list[str]:
    version = scene.soaked.versions[1]
    score(scene.soaked, version, scene.store.address)
    scene.say(f"a batch of version {version}")
    return []


def _kill_a_worker(scene: Scene, pause: float) -> list[str]:
    workers = workers_of(scene.service)
    victim = min(workers)
    os.kill(victim, signal.SIGKILL)
    killed = time.monotonic()
    scene.say(f"killed worker {victim}")
    while victim in (now := workers_of(scene.service)) or len(now) < len(workers):
        if time.monotonic() > killed + 60:
            return ["no worker came in the place of the one that was killed"]
        time.sleep(0.2)
    observed = scene.load.observed
    with observed.lock:
        recovered = [
            each for each in observed.breaks if killed - 0.1 <= each[0] <= killed + KILLED_SECONDS
        ]
        observed.breaks = [each for each in observed.breaks if each not in recovered]
    scene.say(f"a new one is there; {len(recovered)} connections broke, and were sent again")
    return []


def the_end(scene: Scene) -> list[str]:
    """SIGTERM under load."""
    observed = scene.load.observed
    problems = (
        [f"{len(observed.breaks)} connections broke without a reason"] if observed.breaks else []
    )
    observed.breaks.clear()
    before = observed.counts.copy()
    queue = AcceptQueue(scene.service.port)
    queue.begin()
    time.sleep(0.5)
    scene.load.ending.set()
    scene.service.process.send_signal(signal.SIGTERM)
    scene.load.join()
    scene.service.process.wait(timeout=60)
    queue.end()
    waiting = [each for each in observed.breaks if queue.was_never_accepted(each[1])]
    observed.counts["at the end: connected, and accepted by no worker"] = len(waiting)
    last = sum((observed.counts - before).values())
    scene.say(f"{last} replies after SIGTERM, then nobody was there")
    if lost := len(observed.breaks) - len(waiting):
        problems.append(f"{lost} requests were lost at the end")
    return problems
