"""Very many requests over connections that stay open: what a worker holds after them."""

from __future__ import annotations

from benchmarks.bench_serve.load import Load, measured, request
from benchmarks.soak.deployment import Deployment
from benchmarks.soak.figures import Figures, Resources

CONNECTIONS = 16
ROUND_SECONDS = 20.0


def ask_many(deployment: Deployment, figures: Figures, count: int) -> list[str]:
    """Ask until so many replies have come; memory and descriptors before the last nine tenths.

    Replies are not looked at but for their status: `run_faults` does that.
    """
    load = deployment.load
    key = f"x-api-key: {deployment.key.secret}\r\n"
    asked = [request(each.path, each.body, key) for each in load.cases]
    done = Load([], 0.0, 0.0)
    while len(done.seconds) < count:
        done += measured(deployment.service, asked, CONNECTIONS, ROUND_SECONDS)
        if figures.early is None and len(done.seconds) >= count / 10:
            figures.early = Resources.of(deployment.service)
        deployment.report(f"{len(done.seconds):,} replies, {done.per_second:,.0f} a second")
    figures.late = Resources.of(deployment.service)
    load.observed.seconds += done.seconds
    load.start()
    return figures.growth()
