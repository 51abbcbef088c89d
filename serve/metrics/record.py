"""What is counted for Prometheus: requests, predictions, the model, registry and store.

No label holds anything that a caller chose: `door` is an endpoint's path as documented, such as
/customers/{customer_id}, never as sent.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from serve.metrics.shared_folder import SHARED_FOLDER_VARIABLE, open_folder

if TYPE_CHECKING:
    from serve.metrics.collectors import Metrics

logger = logging.getLogger(__name__)

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


def choose_storage(var: Path, workers: int) -> None:
    """Choose where metrics are stored; before the first of them.

    One worker has them in memory. Several share a folder of files, named after the process
    that supervises them; what dead ones left behind is removed. Where that folder cannot be
    written to, each has its own in memory.
    """
    os.environ.pop(SHARED_FOLDER_VARIABLE, None)
    if workers == 1:
        return
    folder = var / "metrics"
    try:
        os.environ[SHARED_FOLDER_VARIABLE] = str(open_folder(folder))
    except OSError as error:
        logger.warning("%s: %s; /metrics counts for one worker each", folder, error.strerror)


@cache
def process_metrics() -> Metrics:
    """The metrics of this process, made at first use."""
    # imported here: prometheus_client reads the environment when it is imported
    from serve.metrics.collectors import Metrics

    return Metrics()


def observe_request(endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    requests, times = process_metrics().of_request(endpoint, method, status)
    requests.inc()
    times.observe(seconds)


def observe_refusal(reason: str) -> None:
    """Count a request that was refused."""
    process_metrics().refused.labels(reason).inc()


def observe_predictions(
    endpoint: str, p_churn: Sequence[float], clv: Sequence[float], basis: Sequence[str]
) -> None:
    """Count the predictions of one reply; numbers that are unknown are NaN or None."""
    process_metrics().observe_predictions(endpoint, p_churn, clv, basis)


def set_in_flight(requests: int) -> None:
    """Set how many requests are in flight."""
    process_metrics().in_flight.set(requests)


def set_model(name: str, version: str, source: str, trained_as_of: datetime) -> None:
    """Set which model is live from now on."""
    process_metrics().set_model(name, version, source, trained_as_of.timestamp())


def set_candidate(version: str, state: str) -> None:
    """Set what became of a newer version, such as refused; "" as the version: there is none."""
    process_metrics().set_candidate(version, state)


def set_health(*, registry: bool | None = None, store: bool | None = None) -> None:
    """Set what can be reached; None leaves it as it was."""
    for gauge, up in (
        (process_metrics().registry_up, registry),
        (process_metrics().store_up, store),
    ):
        if up is not None:
            gauge.set(int(up))


def set_refreshed() -> None:
    """Set that the registry was looked at just now."""
    process_metrics().last_refresh.set(time.time())


def exposition() -> bytes:
    """All numbers of all workers, as Prometheus reads them."""
    return process_metrics().exposition()
