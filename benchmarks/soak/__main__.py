"""A soak test with faults, every reply checked: `python -m benchmarks.soak`.

Two workers, a registry (`mlflow server`) and a store (PostgreSQL), each a process of its own, and
threads that call three endpoints all the time. Meanwhile the champion moves twenty times between
versions with different numbers, the registry and the store are stopped and started, a new batch is
published, a worker is killed, and in the end the service is stopped under load. Every reply must be
what the version that it names predicts, to 1e-9; none may be lost. Exit code 1 where one was.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.bench_serve.processes import free_port
from benchmarks.soak.deployment import (
    Deployment,
    registry,
    service,
)
from benchmarks.soak.events import run_faults, stop_under_load
from benchmarks.soak.load_threads import LoadThreads
from benchmarks.soak.postgresql import Postgresql
from benchmarks.soak.versions import register_all, score

THREADS = 4


def main(argv: list[str]) -> int:
    """Run it and print what was seen; 1 where a reply was lost or wrong."""
    arguments = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="soak-") as temporary, ExitStack() as stack:
        work = Path(temporary)
        soaked = register_all(work)
        store = Postgresql()
        stack.callback(store.remove)
        score(soaked, soaked.versions[0], store.address)
        registering, port = ExitStack(), free_port()
        stack.enter_context(registering)
        registering.enter_context(registry(work, soaked, port))
        soaked_service = stack.enter_context(service(work, port, store, arguments.workers))
        load = LoadThreads(soaked_service.port, [*soaked.cases, *soaked.lookups], THREADS)
        deployment = Deployment(work, soaked, store, soaked_service, load, port, registering)
        load.start()
        problems = run_faults(deployment, arguments.seconds)
        problems += stop_under_load(deployment)
        if arguments.log:
            arguments.log.write_bytes(soaked_service.printed.read_bytes())
    return _summary(load, problems)


def _summary(load: LoadThreads, problems: list[str]) -> int:
    observed = load.observed
    problems += observed.problems
    seconds = sorted(observed.seconds)
    result = {
        "answers": len(seconds),
        "p50_ms": round(1e3 * seconds[len(seconds) // 2], 1),
        "p99_ms": round(1e3 * seconds[int(0.99 * len(seconds))], 1),
        "counts": dict(sorted(observed.counts.items())),
        "problems": problems[:20],
        "number_of_problems": len(problems),
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=150.0, help="about how long")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--log", type=Path, help="where to store what the service printed")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
