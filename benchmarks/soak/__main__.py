"""A bad day for the service, with every answer checked: `python -m benchmarks.soak`.

Two workers, a registry (`mlflow server`) and a store (PostgreSQL), each a process of its own, and
threads that ask at three doors all the time. Meanwhile the champion moves twenty times between
versions with different numbers, the registry and the store are stopped and started, a new batch is
published, a worker is killed, and in the end the service is told to stop under load. Every answer
must be what the version that it names says, to 1e-9; none may be lost. Exit code 1 where one was.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from benchmarks.bench_serve.processes import Server, free_port, running
from benchmarks.soak.askers import Askers
from benchmarks.soak.doorstep import Doorstep
from benchmarks.soak.postgresql import Postgresql
from benchmarks.soak.versions import Soaked, register_all, score

MOVES = 20
THREADS = 4
POLL_SECONDS = 0.5
SWAP_SECONDS = 20.0
KILLED_SECONDS = 3.0
GROWTH = 1.1
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
class Scene:
    """Everything that runs."""

    work: Path
    soaked: Soaked
    store: Postgresql
    service: Server
    askers: Askers
    registry_port: int
    registry: ExitStack

    def say(self, what: str) -> None:
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")

    def start_registry(self) -> None:
        self.registry.enter_context(_registry(self.work, self.soaked, self.registry_port))

    def ready(self) -> dict[str, object]:
        with urlopen(f"http://127.0.0.1:{self.service.port}/readyz", timeout=30) as reply:
            found: dict[str, object] = json.load(reply)
        return found


def main(argv: list[str]) -> int:
    """Run it and print what was seen; 1 where an answer was lost or wrong."""
    arguments = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="soak-") as temporary, ExitStack() as stack:
        work = Path(temporary)
        soaked = register_all(work)
        store = Postgresql()
        stack.callback(store.remove)
        score(soaked, soaked.versions[0], store.address)
        registry, port = ExitStack(), free_port()
        stack.enter_context(registry)
        registry.enter_context(_registry(work, soaked, port))
        service = stack.enter_context(_service(work, port, store, arguments.workers))
        askers = Askers(service.port, [*soaked.cases, *soaked.lookups], THREADS)
        scene = Scene(work, soaked, store, service, askers, port, registry)
        askers.start()
        problems = _bad_day(scene, arguments.seconds)
        problems += _the_end(scene)
        if arguments.log:
            arguments.log.write_bytes(service.printed.read_bytes())
    return _summary(askers, problems)


def _bad_day(scene: Scene, seconds: float) -> list[str]:
    """Everything in turn; what went wrong beside the answers."""
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
            before = _workers(scene.service)
    after = _workers(scene.service)
    told = ", ".join(f"{each / 1e6:.0f}" for each in [*before.values(), *after.values()])
    scene.say(f"workers' memory, MB, early and late: {told}")
    if max(after.values()) > GROWTH * max(before.values()):
        problems.append(f"the workers have grown: {told} MB")
    return problems


def _move(scene: Scene, number: int) -> list[str]:
    """Another champion; every worker must have it soon, and none go back."""
    from mlflow import MlflowClient

    versions, told = scene.soaked.versions, scene.askers.told
    version = versions[number % len(versions)]
    client = MlflowClient(scene.soaked.tracking_uri, scene.soaked.tracking_uri)
    client.set_registered_model_alias("clv", "champion", version)
    moved = time.monotonic()
    while time.monotonic() < moved + SWAP_SECONDS:
        time.sleep(0.2)
        others = max((told.seen[each] for each in [*told.seen] if each != version), default=0.0)
        now = time.monotonic()
        # nobody has named another for a second, and somebody has named this one
        if told.seen.get(version, 0.0) > moved and others < now - 1.0:
            scene.say(f"{number}: version {version} after {max(others - moved, 0):.1f} seconds")
            return []
    return [f"the move to version {version} was not followed within {SWAP_SECONDS:g} seconds"]


def _registry_away(scene: Scene, pause: float) -> list[str]:
    scene.registry.close()
    problems = _becomes(scene, "registry", "down")
    time.sleep(pause)
    scene.start_registry()
    return problems + _becomes(scene, "registry", "up")


def _store_away(scene: Scene, pause: float) -> list[str]:
    scene.store.stop()
    problems = _becomes(scene, "store", "down")
    time.sleep(pause)
    scene.store.start()
    return problems + _becomes(scene, "store", "up")


def _new_batch(scene: Scene, pause: float) -> list[str]:
    version = scene.soaked.versions[1]
    score(scene.soaked, version, scene.store.address)
    scene.say(f"a batch of version {version}")
    return []


def _kill_a_worker(scene: Scene, pause: float) -> list[str]:
    workers = _workers(scene.service)
    victim = min(workers)
    os.kill(victim, signal.SIGKILL)
    killed = time.monotonic()
    scene.say(f"killed worker {victim}")
    while victim in (now := _workers(scene.service)) or len(now) < len(workers):
        if time.monotonic() > killed + 60:
            return ["no worker came in the place of the one that was killed"]
        time.sleep(0.2)
    told = scene.askers.told
    with told.lock:
        recovered = [
            each for each in told.breaks if killed - 0.1 <= each[0] <= killed + KILLED_SECONDS
        ]
        told.breaks = [each for each in told.breaks if each not in recovered]
    scene.say(f"a new one is there; {len(recovered)} connections broke, and were asked again")
    return []


def _the_end(scene: Scene) -> list[str]:
    """SIGTERM while everybody asks."""
    told = scene.askers.told
    problems = [f"{len(told.breaks)} connections broke without a reason"] if told.breaks else []
    told.breaks.clear()
    before = told.counts.copy()
    doorstep = Doorstep(scene.service.port)
    doorstep.begin()
    time.sleep(0.5)
    scene.askers.ending.set()
    scene.service.process.send_signal(signal.SIGTERM)
    scene.askers.join()
    scene.service.process.wait(timeout=60)
    doorstep.end()
    outside = [each for each in told.breaks if doorstep.waited_outside(each[1])]
    told.counts["at the end: connected, and accepted by no worker"] = len(outside)
    last = sum((told.counts - before).values())
    scene.say(f"{last} answers after SIGTERM, then nobody was there")
    if lost := len(told.breaks) - len(outside):
        problems.append(f"{lost} requests were lost at the end")
    return problems


def _becomes(scene: Scene, what: str, state: str) -> list[str]:
    """Wait until /readyz says so."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError):
            if scene.ready()[what] == state:
                scene.say(f"{what} is {state}, as /readyz says")
                return []
        time.sleep(0.2)
    return [f"/readyz did not say that the {what} is {state}"]


def _workers(service: Server) -> dict[int, int]:
    """Memory of each worker, bytes, by process."""
    found = {}
    for number, size in service.memory_bytes().items():
        with suppress(OSError):
            if WORKER in Path(f"/proc/{number}/cmdline").read_bytes():
                found[number] = size
    return found


def _summary(askers: Askers, problems: list[str]) -> int:
    told = askers.told
    problems += told.problems
    seconds = sorted(told.seconds)
    result = {
        "answers": len(seconds),
        "p50_ms": round(1e3 * seconds[len(seconds) // 2], 1),
        "p99_ms": round(1e3 * seconds[int(0.99 * len(seconds))], 1),
        "counts": dict(sorted(told.counts.items())),
        "problems": problems[:20],
        "number_of_problems": len(problems),
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 1 if problems else 0


def _registry(work: Path, soaked: Soaked, port: int) -> AbstractContextManager[Server]:
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


def _service(
    work: Path, registry_port: int, store: Postgresql, workers: int
) -> AbstractContextManager[Server]:
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=150.0, help="about how long")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--log", type=Path, help="where to keep what the service printed")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
