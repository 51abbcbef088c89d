"""A soak test with faults, every reply checked: `python -m benchmarks.soak`.

Two workers, a registry (`mlflow server`) and a store (PostgreSQL), each a process of its own, and
threads that call three endpoints all the time. Meanwhile the champion moves between versions with
different numbers and of different kinds, and each fault of `schedule.py` is injected; in the end
the service is stopped under load. Every reply must be what the version that it names predicts, to
1e-9; none may be lost. The figures come as a table (stderr) and as JSON (stdout); exit code 1
where something was not as it should be.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.bench_serve.processes import free_port
from benchmarks.soak.deployment import Deployment, Key, registry, service
from benchmarks.soak.figures import Figures, table
from benchmarks.soak.load_threads import LoadThreads
from benchmarks.soak.many_requests import ask_many
from benchmarks.soak.postgresql import Postgresql
from benchmarks.soak.process_faults import stop_under_load
from benchmarks.soak.schedule import FAULTS, run_faults
from benchmarks.soak.versions import register_all, score
from serve.http.api_keys import make_key

THREADS = 4


def main(argv: list[str]) -> int:
    """Run it and print what was seen; 1 where a reply was lost or wrong, or a bound was passed."""
    arguments = _parser().parse_args(argv)
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="soak-") as temporary, ExitStack() as stack:
        deployment = _deployed(Path(temporary), stack, arguments.workers)
        if arguments.requests:
            figures.problems += ask_many(deployment, figures, arguments.requests)
        else:
            deployment.load.start()
            run_faults(deployment, figures, arguments.seconds, arguments.only)
        stop_under_load(deployment, figures)
        if arguments.log:
            arguments.log.write_bytes(deployment.service.printed.read_bytes())
    result = figures.result(deployment.load.observed)
    sys.stderr.write(table(result))
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 1 if result["number_of_problems"] else 0


def _deployed(work: Path, stack: ExitStack, workers: int) -> Deployment:
    """Everything started; it ends with the stack."""
    soaked, store, port = register_all(work), Postgresql(), free_port()
    stack.callback(store.remove)
    made = make_key("soak")
    key = Key(made["key"], made["line"])
    score(soaked, soaked.versions[0], store.address)
    registering = stack.enter_context(ExitStack())
    registry_server = registering.enter_context(registry(work, soaked, port))
    served = stack.enter_context(service(work, port, store.address, key, workers))
    load = LoadThreads(served.port, [*soaked.cases, *soaked.lookups], key.secret, THREADS)
    load.live = frozenset({soaked.versions[0]})
    return Deployment(
        work,
        soaked,
        store,
        served,
        load,
        key,
        soaked.versions[0],
        port,
        registering,
        registry_server,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    names = [*FAULTS, *(each.__name__ for faults in FAULTS.values() for each in faults)]
    parser.add_argument("--seconds", type=float, default=150.0, help="how long beside the faults")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=names, default=[], metavar="FAULT")
    parser.add_argument(
        "--requests", type=int, default=0, help="no faults: so many requests, as fast as can be"
    )
    parser.add_argument("--log", type=Path, help="where to store what the service printed")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
