"""Traces: only where they are wanted, and without the names of customers."""

from __future__ import annotations

import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from serve.api.endpoints import ENDPOINTS, Endpoint
from serve.errors import ServeError
from serve.http import tracing
from serve.http.routes import Request, Router


async def nobody(request: Request) -> bytes:
    return b""


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_span_names_an_endpoint_and_no_customer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_SDK_DISABLED", raising=False)
    exported = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    upstream = [each for each in ENDPOINTS if each.upstream]
    customer = Endpoint("GET", "/customers/{customer_id}", "customer")
    router = Router([customer, *upstream], {"customer": nobody})
    client = TestClient(
        tracing.with_tracing(empty, provider, lambda path: router.find(path)[0].label)
    )
    client.get("/customers/anna-4711?who=anna-4711")
    client.get("/static/anna-4711")
    names = [span.name for span in exported.get_finished_spans()]
    assert names == ["GET /customers/{customer_id}", "GET /static"]
    assert not any("anna" in span.to_json() for span in exported.get_finished_spans())


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_traces_are_wanted_where_an_exporter_is_named(
    environment: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*tracing.EXPORTER_VARIABLES, "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert tracing.is_enabled() is wanted


def test_an_exporter_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ServeError, match=f"install {tracing.PACKAGE}, or unset it"):
        tracing.tracer_provider()
