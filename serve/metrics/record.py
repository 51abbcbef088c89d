"""What Prometheus is told: requests, answers, the model, and what it stands on.

No label holds anything that a caller chose: a door is a path as documented, never as sent.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from serve.metrics.collectors import Meters

SHARED = "PROMETHEUS_MULTIPROC_DIR"
KIND = b"text/plain; version=0.0.4; charset=utf-8"


def begin(var: Path, workers: int) -> None:
    """Choose where numbers are kept; before the first of them.

    One worker keeps them in memory. Several share a folder of files, named after the process
    that supervises them; what dead ones left behind is removed.
    """
    if workers == 1:
        os.environ.pop(SHARED, None)
        return
    from serve.metrics.worker_folder import open_folder

    os.environ[SHARED] = str(open_folder(var / "metrics"))


@cache
def meters() -> Meters:
    """The meters of this process, made at first use."""
    # imported here: prometheus_client reads the environment when it is imported
    from serve.metrics.collectors import Meters

    return Meters()


def observe_request(door: str, method: str, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    requests, times = meters().of_request(door, method, status)
    requests.inc()
    times.observe(seconds)


def observe_refusal(reason: str) -> None:
    """Count a request that was refused."""
    meters().refused.labels(reason).inc()


def observe_answer(
    door: str, p_churn: Sequence[float], clv: Sequence[float], basis: Sequence[str]
) -> None:
    """Count the customers of one answer; numbers that are unknown are NaN or None."""
    meters().observe_answer(door, p_churn, clv, basis)


def set_in_flight(requests: int) -> None:
    """Say how many requests are in hand."""
    meters().in_flight.set(requests)


def set_model(name: str, version: str, source: str, trained_as_of: datetime) -> None:
    """Say which model answers from now on."""
    meters().set_model(name, version, source, trained_as_of.timestamp())


def set_candidate(version: str, state: str) -> None:
    """Say what became of a newer version, such as refused; "" as the version: there is none."""
    meters().set_candidate(version, state)


def set_health(*, registry: bool | None = None, store: bool | None = None) -> None:
    """Say what can be reached; None leaves it as it was."""
    for gauge, up in ((meters().registry_up, registry), (meters().store_up, store)):
        if up is not None:
            gauge.set(int(up))


def refreshed() -> None:
    """Say that the registry was looked at just now."""
    meters().last_refresh.set(time.time())


def exposition() -> bytes:
    """All numbers of all workers, as Prometheus reads them."""
    return meters().exposition()
