"""The description of the HTTP API in OpenAPI's words, from the wire types themselves.

BentoML's own description drops what may be null and knows another shape of error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serve.openapi_query import REQUEST_ID, customer_parameters
from serve.openapi_replies import HEADERS, ErrorReply, errors, good, references
from serve.replies import ModelReply, PredictReply
from serve.stored_replies import CustomerReply, LookupReply, ReadyReply
from serve.wire import FeaturesRequest, LookupRequest, PredictRequest

REFERENCE = "#/components/schemas/{model}"
TITLE = "Perennial: customer lifetime value"
ABOUT = """What each customer will be worth, from raw transactions, from rows of the feature table,
or as the last batch has left it in the score store. The same customer gets the same numbers at
every door. Unknown fields are refused; every error has one shape; asking twice changes nothing.
A path that is not here answers 404 in the same shape."""
TEXT = {"text/plain": {"schema": {"type": "string"}}}
ANYTHING = {"application/json": {"schema": {"type": "object"}}}
PAGE = {"text/html": {"schema": {"type": "string"}}}
OPEN = (403, 405, 500, 504)
KEYED = (401, *OPEN, 429)
ASKED = (400, *KEYED, 408, 413, 415, 503)
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer KEY"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


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
        Operation(
            "/customers/{customer_id}",
            "customer",
            "One stored customer",
            CustomerReply,
            statuses=(400, *KEYED, 404, 503),
            parameters=tuple(customer_parameters()),
            tag="customers",
        ),
        Operation("/model", "model", "The model that answers", ModelReply, statuses=(*KEYED, 503)),
        Operation(
            "/readyz",
            "ready",
            "Whether requests are answered, and what the service stands on",
            ReadyReply,
            also={"503": good("Not ready: no model yet, or about to end", _content(ReadyReply))},
        ),
        Operation("/livez", "live", "The process runs", TEXT),
        Operation("/metrics", "metrics", "Metrics for Prometheus", TEXT, statuses=KEYED),
        Operation("/docs.json", "describe", "This document", ANYTHING),
        Operation("/", "page", "The page for people", PAGE),
    ]


def describe_api(bundle: object = None, *, keys: bool = True) -> dict[str, Any]:
    """The OpenAPI document.

    bundle  what answers: the example of its features is real; None without one
    keys    whether the service asks for keys
    """
    # imported here: it reads pandas, which the process that supervises the workers need not
    from serve import examples

    _, schemas = models_json_schema(
        [
            *[(each, "validation") for each in (PredictRequest, FeaturesRequest, LookupRequest)],
            *[(each, "serialization") for each in (PredictReply, LookupReply, CustomerReply)],
            *[(each, "serialization") for each in (ModelReply, ReadyReply, ErrorReply)],
        ],
        ref_template=REFERENCE,
    )
    shown = {
        "predict": examples.PREDICT,
        "predict_features": examples.rows(bundle),
        "lookup": examples.LOOKUP,
    }
    paths: dict[str, Any] = {}
    for each in operations():
        path = paths.setdefault(each.path, {})
        path[each.method] = _described(each, shown.get(each.name, {}), keys=keys)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": "1", "description": " ".join(ABOUT.split())},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "responses": errors(_schema(ErrorReply)),
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        },
    }


def _described(each: Operation, shown: Mapping[str, Any], *, keys: bool) -> dict[str, Any]:
    content = each.reply if isinstance(each.reply, Mapping) else _content(each.reply)
    said = "" if isinstance(each.reply, Mapping) else str(each.reply.__doc__)
    told: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.summary,
        "tags": [each.tag],
        "parameters": [*each.parameters, REQUEST_ID],
        "responses": {
            "200": good(said or each.summary, content),
            **references(tuple(sorted(each.statuses))),
            **each.also,
        },
        "security": [{name: []} for name in SECURITY] if keys and 401 in each.statuses else [],
    }
    if each.asked is not None:
        body = _schema(each.asked)
        media = {"schema": body, **({"examples": dict(shown)} if shown else {})}
        told["description"] = each.asked.__doc__
        told["requestBody"] = {"required": True, "content": {"application/json": media}}
    return told


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": _schema(model)}}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": REFERENCE.format(model=model.__name__)}
