"""Traces of requests, where somebody reads them: they cost a third of a request else."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Scope

from serve.errors import ServeError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import TracerProvider

logger = logging.getLogger(__name__)

NAMED = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
)
# Places of a span where a path would stand, which may name a customer.
PATHS = ("http.target", "http.url", "url.path")
PACKAGE = "opentelemetry-exporter-otlp-proto-http"

Name = Callable[[str], str]


def named() -> bool:
    """Whether OpenTelemetry's own variables name an exporter."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if os.environ.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    return any(os.environ.get(name) for name in NAMED)


def wanted() -> bool:
    """Whether an exporter is configured, in OpenTelemetry's own variables or BentoML's."""
    from bentoml._internal.configuration.containers import BentoMLContainer

    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return named() or (not off and bool(BentoMLContainer.tracing.exporter_type.get()))


def exporter() -> Callable[[], SpanExporter]:
    """What makes an exporter that follows OTEL_*. Raises ServeError where it is not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found]
            OTLPSpanExporter,
        )
    except ImportError:
        raise ServeError(
            f"environment: {' or '.join(NAMED)} asks for traces: install {PACKAGE}, or unset it"
        ) from None
    made: Callable[[], SpanExporter] = OTLPSpanExporter
    return made


def provider() -> TracerProvider:
    """BentoML's provider where it was told of an exporter, else one that follows OTEL_*."""
    from bentoml._internal.configuration.containers import BentoMLContainer

    if BentoMLContainer.tracing.exporter_type.get():
        found: TracerProvider = BentoMLContainer.tracer_provider.get()
        return found
    from opentelemetry.sdk.trace import TracerProvider as Provider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    made = Provider()
    made.add_span_processor(BatchSpanProcessor(exporter()()))
    return made


def traced(app: ASGIApp, tracers: TracerProvider, name: Name) -> ASGIApp:
    """The application with a span for each request; `name` makes a documented path of a path."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    def details(scope: Scope) -> tuple[str, dict[str, Any]]:
        door = name(scope["path"])
        return f"{scope['method']} {door}", {**dict.fromkeys(PATHS, door), "url.query": ""}

    made: ASGIApp = OpenTelemetryMiddleware(
        app,
        default_span_details=details,
        tracer_provider=tracers,
        exclude_spans=["receive", "send"],
    )
    return made
