"""What serving costs, beside what else there is: `python -m benchmarks.bench_serve`.

Starts every server as a process of its own, and asks them in turn over 1, 16 and 64 connections,
three times round; prints one table and the aims. The figures of one run can be compared with each
other; those of different machines cannot. `--write` puts them into docs/serving.md.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.bench_serve.inputs import (
    BenchmarkInputs,
    benchmark_inputs,
)
from benchmarks.bench_serve.load import Load, measured
from benchmarks.bench_serve.processes import ROOT, running
from benchmarks.bench_serve.servers import servers as compared_servers
from benchmarks.bench_serve.table import Measured, aims, line, table

ROUNDS = 3
PAGE = ROOT / "docs" / "serving.md"
MARKED = re.compile(r"(<!-- measured -->\n).*(<!-- end -->)", re.DOTALL)


def main(argv: list[str]) -> int:
    """Measure and print."""
    arguments = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        work = Path(temporary)
        inputs = benchmark_inputs(work)
        sys.stderr.write(f"{_about(inputs)}\n")
        found = _measured(inputs, work, arguments.seconds)
    text = f"{_about(inputs)}\n\n{table(found)}\n{aims(found)}"
    sys.stdout.write(text)
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(MARKED.sub(lambda match: match[1] + text + match[2], page), "utf-8")
    return 0


def _measured(inputs: BenchmarkInputs, work: Path, seconds: float) -> Measured:
    """All servers run at once and are inputs in turn, so that a busy spell hits them all."""
    found: dict[tuple[str, int], Load] = {}
    compared = compared_servers(inputs, work)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                running(each.command, work / str(place), each.environment, each.ready)
            )
            for place, each in enumerate(compared)
        ]
        for number in range(ROUNDS):
            sys.stderr.write(f"round {number + 1} of {ROUNDS}\n")
            for one, server in zip(compared, servers, strict=True):
                for workload, connections in one.cases():
                    load = measured(server, workload.requests, connections, seconds / ROUNDS)
                    place = workload.name, connections
                    found[place] = found[place] + load if number else load
                    sys.stderr.write(f"{line(*place, load)}\n")
    return found


def _about(inputs: BenchmarkInputs) -> str:
    card = inputs.bundle.card
    return (
        f"{os.cpu_count()} cores, one worker; a model of {len(card.features)} features, "
        f"{card.churn.rounds} + {card.spend.rounds} trees."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_serve", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement")
    parser.add_argument("--write", action="store_true", help="also into docs/serving.md")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
