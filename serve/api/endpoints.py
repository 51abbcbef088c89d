"""The list of endpoints: the router, the OpenAPI document and the metrics' labels are made from it.

A handler is found by the endpoint's name (`serve.service`); what the types hold is in
`serve.api.requests`, `serve.api.query` and `serve.api.responses`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from serve.api.budget import LINES_TYPE
from serve.api.query import CustomerQuery, ListQuery
from serve.api.requests import FeaturesRequest, LookupRequest, PredictRequest
from serve.api.responses import (
    CustomerReply,
    ListReply,
    LookupReply,
    ModelReply,
    OverviewReply,
    PredictReply,
    ReadyReply,
)

Method = Literal["GET", "POST"]
# A type, "any JSON object", or the media type of a text.
Content = type[BaseModel] | type[dict[str, Any]] | str

TEXT, CSV, HTML = "text/plain", "text/csv", "text/html"
# Statuses of errors: of every endpoint, of those that need a key, of those that read a body.
ANY_ERRORS = (400, 403, 405, 408, 413, 431, 500, 503, 504)
KEY_ERRORS = (401, *ANY_ERRORS, 429)
BODY_ERRORS = (*KEY_ERRORS, 415)


@dataclass(frozen=True)
class Endpoint:
    """A path and method, what it reads, and what it responds with.

    path        as documented; `{customer_id}` at its end is one value, "/" at its end whatever
                lies below
    name        operationId of OpenAPI, and the key of its handler
    request     the type of the body; None without one
    query       the type that the query string is read as; None without one
    responses   what a 200 may hold
    errors      statuses that it may be refused with
    also        status -> meaning, where the same content comes with another status than 200
    open        answered without a key
    exempt_from_limit
                answered however many requests are in flight: probes and metrics
    upstream    answered by the application behind the middleware (BentoML, the page), not by a
                handler
    documented  described by OpenAPI
    """

    method: Method
    path: str
    name: str
    summary: str = ""
    request: type[BaseModel] | None = None
    query: type[CustomerQuery] | type[ListQuery] | None = None
    responses: tuple[Content, ...] = (dict,)
    errors: tuple[int, ...] = ANY_ERRORS
    also: Mapping[int, str] = field(default_factory=dict)
    tag: str = "service"
    open: bool = False
    exempt_from_limit: bool = False
    upstream: bool = False
    documented: bool = True

    @property
    def label(self) -> str:
        """What metrics, logs and traces call it: a path that holds nothing a caller chose."""
        return self.path.rstrip("/") or self.path


ENDPOINTS = (
    Endpoint(
        "POST",
        "/predict",
        "predict",
        "Raw transactions -> predictions",
        request=PredictRequest,
        responses=(PredictReply, LINES_TYPE),
        errors=BODY_ERRORS,
        tag="customers",
    ),
    Endpoint(
        "POST",
        "/predict_features",
        "predict_features",
        "Rows of the feature table -> predictions",
        request=FeaturesRequest,
        responses=(PredictReply, LINES_TYPE),
        errors=BODY_ERRORS,
        tag="customers",
    ),
    Endpoint(
        "POST",
        "/lookup",
        "lookup",
        "Customer ids -> the scores of the last batch",
        request=LookupRequest,
        responses=(LookupReply, LINES_TYPE),
        errors=BODY_ERRORS,
        tag="customers",
    ),
    Endpoint(
        "GET",
        "/customers/{customer_id}",
        "customer",
        "One stored customer",
        query=CustomerQuery,
        responses=(CustomerReply,),
        errors=(*KEY_ERRORS, 404),
        tag="customers",
    ),
    Endpoint(
        "GET",
        "/customers",
        "customers",
        "Customers of the last batch, sorted and filtered",
        query=ListQuery,
        responses=(ListReply, CSV),
        errors=KEY_ERRORS,
        tag="customers",
    ),
    Endpoint(
        "GET",
        "/overview",
        "overview",
        "The last batch by tier, segment and cohort",
        responses=(OverviewReply,),
        errors=KEY_ERRORS,
        tag="customers",
    ),
    Endpoint(
        "GET",
        "/model",
        "model",
        "The live model",
        responses=(ModelReply,),
        errors=KEY_ERRORS,
    ),
    Endpoint(
        "GET",
        "/readyz",
        "ready",
        "Whether requests are served, and the state of model, registry and store",
        responses=(ReadyReply,),
        also={503: "Not ready: no model yet, or shutting down"},
        open=True,
        exempt_from_limit=True,
    ),
    Endpoint(
        "GET",
        "/livez",
        "live",
        "The process runs",
        responses=(TEXT,),
        open=True,
        upstream=True,
    ),
    Endpoint(
        "GET",
        "/metrics",
        "metrics",
        "Metrics for Prometheus",
        responses=(TEXT,),
        errors=KEY_ERRORS,
        exempt_from_limit=True,
    ),
    Endpoint("GET", "/docs.json", "describe", "This document", open=True),
    Endpoint(
        "GET",
        "/",
        "page",
        "The page for people",
        responses=(HTML,),
        open=True,
        upstream=True,
    ),
    Endpoint("GET", "/static/", "static", open=True, upstream=True, documented=False),
    Endpoint("GET", "/healthz", "health", upstream=True, documented=False),
    Endpoint("GET", "/schema.json", "schema", upstream=True, documented=False),
)
