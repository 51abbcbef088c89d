"""The Prometheus metrics themselves; import it through `serve.metrics.record`, which chooses the
storage first."""

from __future__ import annotations

import os
import time
from collections import Counter as Count
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from serve.metrics.shared_folder import SHARED_FOLDER_VARIABLE

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
CUSTOMERS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
PROBABILITIES = tuple(each / 10 for each in range(1, 11))
MONEY = (0, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 1_000_000)
FEW_VALUES = 8


class Metrics:
    """The metrics of one process; where several share a folder, gauges say how they are joined."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        self._trained: float | None = None
        self._model: tuple[str, str, str] | None = None
        self._candidate: tuple[str, str] | None = None
        self._of_request: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._counters(registry)
        self._gauges(registry)
        # cached, as to look them up costs more than to count
        self._customers_of, self._of_basis = (
            cache(self.customers.labels),
            cache(self.basis.labels),
        )
        if SHARED_FOLDER_VARIABLE not in os.environ:
            ProcessCollector(registry=registry)

    def _counters(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "perennial_requests_total",
            "Requests that were answered",
            ["door", "method", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "perennial_request_seconds",
            "From the head of a request to the end of its answer",
            ["door"],
            buckets=SECONDS,
            registry=registry,
        )
        self.refused = Counter(
            "perennial_refused_total", "Requests that were refused", ["reason"], registry=registry
        )
        self.customers = Histogram(
            "perennial_batch_customers",
            "Customers in a request",
            ["door"],
            buckets=CUSTOMERS,
            registry=registry,
        )
        self.p_churn = Histogram(
            "perennial_p_churn", "Predicted p_churn", buckets=PROBABILITIES, registry=registry
        )
        self.clv = Histogram(
            "perennial_clv",
            "Predicted clv, money of the model",
            buckets=MONEY,
            registry=registry,
        )
        self.basis = Counter(
            "perennial_basis_total", "What predictions rest on", ["basis"], registry=registry
        )

    def _gauges(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, meaning: str, mode: str, *labels: str) -> Gauge:
            full = f"perennial_{name}"
            return Gauge(full, meaning, labels, registry=registry, multiprocess_mode=mode)  # type: ignore[arg-type]

        self.in_flight = gauge("in_flight", "Requests in flight", "livesum")
        self.model = gauge(
            "model_info", "1: this model answers", "livemax", "name", "version", "source"
        )
        self.age = gauge("model_age_seconds", "Since the model's trained_as_of", "livemostrecent")
        self.candidate = gauge(
            "model_candidate_info",
            "1: what became of a newer version",
            "livemax",
            "version",
            "state",
        )
        self.registry_up = gauge("registry_up", "1: the registry answers", "livemostrecent")
        self.store_up = gauge("store_up", "1: the score store answers", "livemostrecent")
        self.last_refresh = gauge(
            "last_refresh_timestamp", "Last look into the registry, seconds since 1970", "max"
        )

    def of_request(self, endpoint: str, method: str, status: int) -> tuple[Counter, Histogram]:
        """The metrics of one kind of request; cached: to look them up costs more than to count."""
        key = (endpoint, method, status)
        found = self._of_request.get(key)
        if found is None:
            found = (
                self.requests.labels(endpoint, method, str(status)),
                self.seconds.labels(endpoint),
            )
            self._of_request[key] = found
        return found

    def observe_predictions(
        self, endpoint: str, p_churn: Sequence[float], clv: Sequence[float], basis: Sequence[str]
    ) -> None:
        """Count the predictions of one reply."""
        self._customers_of(endpoint).observe(len(basis))
        for name, times in Count(basis).items():
            self._of_basis(name).inc(times)
        _observe(self.p_churn, p_churn, PROBABILITIES)
        _observe(self.clv, clv, MONEY)

    def set_model(self, name: str, version: str, source: str, trained: float) -> None:
        """The model that answers; of the one before it remains a 0."""
        before, self._model = self._model, (name, version, source)
        if before is not None and before != self._model:
            self.model.labels(*before).set(0)
        self.model.labels(*self._model).set(1)
        self._trained = trained

    def set_candidate(self, version: str, state: str) -> None:
        """The newer version; of the one before it remains a 0."""
        before, self._candidate = self._candidate, (version, state) if version else None
        if before is not None and before != self._candidate:
            self.candidate.labels(*before).set(0)
        if self._candidate is not None:
            self.candidate.labels(*self._candidate).set(1)

    def exposition(self) -> bytes:
        """The text of all metrics."""
        if self._trained is not None:
            self.age.set(time.time() - self._trained)
        folder = os.environ.get(SHARED_FOLDER_VARIABLE)
        if folder is None:
            return generate_latest(self._registry)
        joined = CollectorRegistry()
        MultiProcessCollector(joined, folder)  # type: ignore[no-untyped-call]
        return generate_latest(joined)


def _observe(histogram: Histogram, values: Sequence[float], edges: Iterable[float]) -> None:
    """Many values at once; those that are unknown are left out."""
    if len(values) <= FEW_VALUES:
        for value in values:
            if value is not None and value == value:
                histogram.observe(float(value))
        return
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    edges = [*edges, float("inf")]
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges))
    # subtle: the library counts one value at a time, a microsecond each; these are its own cells
    for cell, times in zip(histogram._buckets, counts.tolist(), strict=True):
        cell.inc(times)
    histogram._sum.inc(float(known.sum()))
