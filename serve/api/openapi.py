"""The description of the HTTP API in OpenAPI's words, from the wire types themselves.

BentoML's own description drops what may be null and knows another shape of error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from serve.api.endpoints import REFERENCE, Operation, content_of, operations, schema_of
from serve.api.openapi_parameters import REQUEST_ID
from serve.api.openapi_responses import HEADERS, ErrorReply, errors, good, references
from serve.api.requests import FeaturesRequest, LookupRequest, PredictRequest
from serve.api.responses import ModelReply, PredictReply
from serve.api.stored_responses import (
    CustomerReply,
    ListReply,
    LookupReply,
    OverviewReply,
    ReadyReply,
)
from serve.handlers import examples

TITLE = "Perennial: customer lifetime value"
ABOUT = """What each customer will be worth, from raw transactions, from rows of the feature table,
or as the last batch has left it in the score store. The same customer gets the same numbers at
every door. Unknown fields are refused; every error has one shape; asking twice changes nothing.
A path that is not here answers 404 in the same shape."""
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer KEY"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def describe_api(bundle: object = None, *, keys: bool = True) -> dict[str, Any]:
    """The OpenAPI document.

    bundle  what answers: the example of its features is real; None without one
    keys    whether the service asks for keys
    """
    _, schemas = models_json_schema(
        [
            *[(each, "validation") for each in (PredictRequest, FeaturesRequest, LookupRequest)],
            *[(each, "serialization") for each in (PredictReply, LookupReply, CustomerReply)],
            *[(each, "serialization") for each in (ListReply, OverviewReply)],
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
            "responses": errors(schema_of(ErrorReply)),
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        },
    }


def _described(each: Operation, shown: Mapping[str, Any], *, keys: bool) -> dict[str, Any]:
    content = each.reply if isinstance(each.reply, Mapping) else content_of(each.reply)
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
        body = schema_of(each.asked)
        media = {"schema": body, **({"examples": dict(shown)} if shown else {})}
        told["description"] = each.asked.__doc__
        told["requestBody"] = {"required": True, "content": {"application/json": media}}
    return told
