"""Every door as it is described: what it reads, answers and refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from serve.api.openapi_parameters import customer_parameters, list_parameters
from serve.api.openapi_responses import good
from serve.api.requests import FeaturesRequest, LookupRequest, PredictRequest
from serve.api.responses import ModelReply, PredictReply
from serve.api.stored_responses import (
    CustomerReply,
    ListReply,
    LookupReply,
    OverviewReply,
    ReadyReply,
)

REFERENCE = "#/components/schemas/{model}"
TEXT = {"text/plain": {"schema": {"type": "string"}}}
ANYTHING = {"application/json": {"schema": {"type": "object"}}}
CSV = {"text/csv": {"schema": {"type": "string"}}}
PAGE = {"text/html": {"schema": {"type": "string"}}}
OPEN = (403, 405, 408, 431, 500, 504)
KEYED = (401, *OPEN, 429)
ASKED = (400, *KEYED, 413, 415, 503)


@dataclass(frozen=True)
class Operation:
    """A door, as it is described.

    name      operationId: what generated clients call it
    asked     the body of a request; None without one
    reply     the body of a good answer: a type, or what OpenAPI says of it
    statuses  of the errors that it may answer with
    also      answers that are neither
    """

    path: str
    name: str
    summary: str
    reply: type[BaseModel] | Mapping[str, Any]
    asked: type[BaseModel] | None = None
    statuses: tuple[int, ...] = OPEN
    parameters: tuple[dict[str, Any], ...] = ()
    also: Mapping[str, Any] = field(default_factory=dict)
    tag: str = "service"

    @property
    def method(self) -> str:
        """Lower case, as OpenAPI has it."""
        return "post" if self.asked else "get"


def operations() -> list[Operation]:
    """Every door that is described."""
    return [*_asked(), *_stored(), *_about()]


def _asked() -> list[Operation]:
    return [
        Operation(
            "/predict",
            "predict",
            "Raw transactions -> predictions",
            PredictReply,
            asked=PredictRequest,
            statuses=ASKED,
            tag="customers",
        ),
        Operation(
            "/predict_features",
            "predict_features",
            "Rows of the feature table -> predictions",
            PredictReply,
            asked=FeaturesRequest,
            statuses=ASKED,
            tag="customers",
        ),
        Operation(
            "/lookup",
            "lookup",
            "Customer ids -> the scores of the last batch",
            LookupReply,
            asked=LookupRequest,
            statuses=ASKED,
            tag="customers",
        ),
    ]


def _stored() -> list[Operation]:
    return [
        Operation(
            "/customers/{customer_id}",
            "customer",
            "One stored customer",
            CustomerReply,
            statuses=(400, *KEYED, 404, 503),
            parameters=tuple(customer_parameters()),
            tag="customers",
        ),
        Operation(
            "/customers",
            "customers",
            "Customers of the last batch, sorted and filtered",
            {**content_of(ListReply), **CSV},
            statuses=(400, *KEYED, 503),
            parameters=tuple(list_parameters()),
            tag="customers",
        ),
        Operation(
            "/overview",
            "overview",
            "The last batch by tier, segment and cohort",
            OverviewReply,
            statuses=(*KEYED, 503),
            tag="customers",
        ),
    ]


def _about() -> list[Operation]:
    return [
        Operation("/model", "model", "The model that answers", ModelReply, statuses=(*KEYED, 503)),
        Operation(
            "/readyz",
            "ready",
            "Whether requests are answered, and what the service stands on",
            ReadyReply,
            also={"503": good("Not ready: no model yet, or about to end", content_of(ReadyReply))},
        ),
        Operation("/livez", "live", "The process runs", TEXT),
        Operation("/metrics", "metrics", "Metrics for Prometheus", TEXT, statuses=KEYED),
        Operation("/docs.json", "describe", "This document", ANYTHING),
        Operation("/", "page", "The page for people", PAGE),
    ]


def content_of(model: type[BaseModel]) -> dict[str, Any]:
    """A JSON body of this type."""
    return {"application/json": {"schema": schema_of(model)}}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """A reference to the type among the components."""
    return {"$ref": REFERENCE.format(model=model.__name__)}
