"""What a soak has shown, as JSON and as a table that a person reads."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bench_serve.processes import Server
from benchmarks.soak.deployment import workers_of
from benchmarks.soak.load_threads import Observed

GROWTH = 1.1
# What a worker holds of replies that nobody reads: Python keeps some of it for what comes next.
UNREAD_MB = 256.0
MORE_DESCRIPTORS = 30
SHOWN_PROBLEMS = 20


@dataclass(frozen=True)
class Resources:
    """What each worker holds.

    memory_mb     by process, MB
    descriptors   open files and connections, by process
    """

    memory_mb: dict[int, float]
    descriptors: dict[int, int]

    @classmethod
    def of(cls, service: Server) -> Resources:
        """As it is now."""
        workers, open_files = workers_of(service), {}
        for each in workers:
            with suppress(OSError):
                open_files[each] = len([*Path(f"/proc/{each}/fd").iterdir()])
        return cls({each: round(size / 1e6, 1) for each, size in workers.items()}, open_files)


@dataclass
class Figures:
    """All that is reported in the end.

    injected      faults by kind
    lost          requests that were accepted, and whose connection broke before the reply
    left_unread   whether callers who read nothing were among the faults
    """

    injected: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    lost: int = 0
    early: Resources | None = None
    late: Resources | None = None
    shutdown_seconds: float | None = None
    left_unread: bool = False

    def growth(self) -> list[str]:
        """What the workers hold at the end that they did not hold before."""
        early, late, found = self.early, self.late, []
        if early is None or late is None or not early.memory_mb or not late.memory_mb:
            return []
        most = GROWTH * max(early.memory_mb.values()) + (UNREAD_MB if self.left_unread else 0.0)
        if max(late.memory_mb.values()) > most:
            found.append(f"the workers have grown: {early.memory_mb} to {late.memory_mb} MB")
        if max(late.descriptors.values()) > max(early.descriptors.values()) + MORE_DESCRIPTORS:
            found.append(f"descriptors: {early.descriptors} to {late.descriptors}")
        return found

    def result(self, observed: Observed) -> dict[str, Any]:
        """Values of JSON."""
        problems, seconds = [*self.problems, *observed.problems], sorted(observed.seconds)
        wrong, unanswered = (
            sum(each for name, each in observed.counts.items() if name.endswith(fate))
            for fate in (": wrong", ": no reply")
        )
        early, late = self.early or Resources({}, {}), self.late or Resources({}, {})
        return {
            "checked": len(seconds),
            "faults": dict(sorted(self.injected.items())),
            "lost": self.lost + unanswered,
            "wrong": wrong,
            "memory_mb": {"early": [*early.memory_mb.values()], "late": [*late.memory_mb.values()]},
            "descriptors": {
                "early": [*early.descriptors.values()],
                "late": [*late.descriptors.values()],
            },
            "shutdown_seconds": self.shutdown_seconds,
            "p50_ms": _quantile_ms(seconds, 0.5),
            "p99_ms": _quantile_ms(seconds, 0.99),
            "counts": dict(sorted(observed.counts.items())),
            "problems": problems[:SHOWN_PROBLEMS],
            "number_of_problems": len(problems),
        }


def table(result: dict[str, Any]) -> str:
    """The figures for a person, one a line."""
    memory, descriptors = result["memory_mb"], result["descriptors"]
    faults = [(f"  of the {kind}", each) for kind, each in result["faults"].items()]
    rows: list[tuple[str, Any]] = [
        ("replies checked", f"{result['checked']:,}"),
        ("faults injected", sum(result["faults"].values())),
        *faults,
        ("requests lost", result["lost"]),
        ("replies wrong", result["wrong"]),
        ("memory of each worker, MB, early", _listed(memory["early"])),
        ("memory of each worker, MB, late", _listed(memory["late"])),
        ("descriptors of each worker, early", _listed(descriptors["early"])),
        ("descriptors of each worker, late", _listed(descriptors["late"])),
        ("shutdown under load, seconds", result["shutdown_seconds"]),
        ("p50, p99, ms", f"{result['p50_ms']}, {result['p99_ms']}"),
        ("problems", result["number_of_problems"]),
        *(("", each) for each in result["problems"]),
    ]
    return "".join(f"{name:<36}{value}\n" for name, value in rows)


def _listed(values: list[float]) -> str:
    return ", ".join(f"{each:,.0f}" for each in values)


def _quantile_ms(ordered: list[float], share: float) -> float | None:
    return round(1e3 * ordered[int(share * (len(ordered) - 1))], 1) if ordered else None
