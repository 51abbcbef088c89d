"""Traces of requests, only where an exporter is configured: they cost a third of a request."""

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

EXPORTER_VARIABLES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
)
# Attributes of a span that would hold a path, which may name a customer.
PATH_ATTRIBUTES = ("http.target", "http.url", "url.path")
PACKAGE = "opentelemetry-exporter-otlp-proto-http"

Label = Callable[[str], str]


def exporter_is_named() -> bool:
    """Whether OpenTelemetry's own variables name an exporter."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if os.environ.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    return any(os.environ.get(name) for name in EXPORTER_VARIABLES)


def is_enabled() -> bool:
    """Whether an exporter is configured, in OpenTelemetry's own variables or BentoML's."""
    from bentoml._internal.configuration.containers import BentoMLContainer

    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return exporter_is_named() or (not off and bool(BentoMLContainer.tracing.exporter_type.get()))


def exporter_class() -> Callable[[], SpanExporter]:
    """The class of exporters that follow OTEL_*. Raises ServeError where it is not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found]
            OTLPSpanExporter,
        )
    except ImportError:
        raise ServeError(
            f"environment: {' or '.join(EXPORTER_VARIABLES)} asks for traces: "
            f"install {PACKAGE}, or unset it"
        ) from None
    made: Callable[[], SpanExporter] = OTLPSpanExporter
    return made


def tracer_provider() -> TracerProvider:
    """BentoML's provider where it has an exporter, else one that follows OTEL_*."""
    from bentoml._internal.configuration.containers import BentoMLContainer

    if BentoMLContainer.tracing.exporter_type.get():
        found: TracerProvider = BentoMLContainer.tracer_provider.get()
        return found
    from opentelemetry.sdk.trace import TracerProvider as Provider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    made = Provider()
    made.add_span_processor(BatchSpanProcessor(exporter_class()()))
    return made


def with_tracing(app: ASGIApp, tracers: TracerProvider, label: Label) -> ASGIApp:
    """The application with a span for each request; `label` names a path as documented."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    def details(scope: Scope) -> tuple[str, dict[str, Any]]:
        path = label(scope["path"])
        attributes = {**dict.fromkeys(PATH_ATTRIBUTES, path), "url.query": ""}
        return f"{scope['method']} {path}", attributes

    made: ASGIApp = OpenTelemetryMiddleware(
        app,
        default_span_details=details,
        tracer_provider=tracers,
        exclude_spans=["receive", "send"],
    )
    return made
