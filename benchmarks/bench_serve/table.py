"""What was measured, as Markdown: one table, and the aims beside what they came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.bench_serve import servers
from benchmarks.bench_serve.load import Load

Measured = Mapping[tuple[str, int], Load]
CUSTOMERS = 10_000


def table(measured: Measured) -> str:
    """A line for each workload and number of connections."""
    lines = [
        "| what | connections | requests/s | p50 ms | p99 ms | server CPU us a request |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [line(name, connections, load) for (name, connections), load in measured.items()]
    return "\n".join(lines) + "\n"


def line(name: str, connections: int, load: Load) -> str:
    """One measurement."""
    p50, p99 = (_figure(load.quantile_ms(share)) for share in (0.5, 0.99))
    rate = _figure(load.per_second)
    return f"| {name} | {connections} | {rate} | {p50} | {p99} | {load.cpu_us:,.0f} |"


def aims(measured: Measured) -> str:
    """What was wished for, and what it is."""
    lines = ["| aim | measured | met |", "| --- | ---: | --- |"]
    for aim, value, met in _aims(measured):
        lines.append(f"| {aim} | {value} | {'yes' if met else 'no'} |")
    return "\n".join(lines) + "\n"


def _aims(measured: Measured) -> Iterator[tuple[str, str, bool]]:
    def cpu(name: str, connections: int = 16) -> float:
        return measured[name, connections].cpu_us

    def rate(name: str, connections: int = 16) -> float:
        return measured[name, connections].per_second

    times = cpu(servers.FEATURES) / cpu(servers.LEAN_EMPTY)
    yield "features: CPU at most 1.5 times the lean empty endpoint's", f"{times:.2f}", times <= 1.5
    times = rate(servers.FEATURES) / rate(servers.BARE)
    yield "features: more requests/s than bare Starlette", f"{times:.2f} times", times > 1
    times = rate(servers.FEATURES) / rate(servers.MLFLOW)
    text = "features: at least 15 times the requests/s of `mlflow models serve`"
    yield text, f"{times:.1f} times", times >= 15
    p99 = measured[servers.FEATURES, 1].quantile_ms(0.99)
    yield "features: p99 under 2 ms at 1 connection", f"{p99:.2f} ms", p99 < 2
    p50 = measured[servers.RAW, 1].quantile_ms(0.5)
    yield "raw: p50 under 12 ms at 1 connection", f"{p50:.2f} ms", p50 < 12
    times = cpu(servers.RAW) / cpu(servers.FEATURES)
    yield "raw: at most 3 times the CPU of features", f"{times:.2f}", times <= 3
    each = CUSTOMERS * 1e6 / cpu(servers.MANY, 1)
    text = "10,000 customers: over 50,000 a second of server time"
    yield text, f"{each:,.0f}", each > 50_000


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
