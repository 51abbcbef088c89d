"""The OpenAPI document, made from the list of endpoints and the types of requests and responses.

BentoML's own description drops what may be null and knows another shape of error.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from serve.api.budget import LINES_TYPE
from serve.api.endpoints import CSV, ENDPOINTS, Content, Endpoint
from serve.api.error_reply import ErrorReply
from serve.api.field_types import DAYS_SCHEMA, LONGEST_ID, MOST_HORIZONS
from serve.api.predictions import Basis
from serve.api.query import (
    BOUNDS,
    FLAGS,
    LIST_NAMES,
    MOST_CSV_ROWS,
    MOST_OFFSET,
    MOST_ROWS,
    SORTABLE,
    WHOLE,
    CustomerQuery,
    Format,
    ListQuery,
)
from serve.api.requests import Options, Terms

# Of the body of an endpoint, by their keys in OpenAPI: {"summary", "value"}.
Examples = Mapping[str, Mapping[str, Any]]

TITLE = "Perennial: customer lifetime value"
ABOUT = """What each customer will be worth, from raw transactions, from rows of the feature table,
or as the last batch has left it in the score store. The same customer gets the same numbers at
every endpoint. Unknown fields are refused; every error has one shape; asking twice changes nothing.
A path that is not here answers 404 in the same shape."""
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer KEY"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
REFERENCE = "#/components/schemas/{model}"

CUSTOMER_ID: dict[str, Any] = {
    "name": "customer_id",
    "in": "path",
    "required": True,
    "description": "percent-encoded where it holds more than letters and digits",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_ID},
    "example": "18102",
}
REQUEST_ID: dict[str, Any] = {
    "name": "X-Request-ID",
    "in": "header",
    "description": "the id of this request in the log; a token of up to 64 characters",
    "schema": {"type": "string"},
    "example": "checkout-4711",
}
FLAG_DESCRIPTIONS = {
    "curve": "also the value month by month, and when the next order may come",
    "explain": "also what the prediction is made of",
    "history": "also the numbers of the stored earlier batches",
    "features": "also the stored row of the feature table",
}
CHOICES = {
    "sort": ("the column to sort by", SORTABLE),
    "basis": ("only customers whose numbers have this basis", get_args(Basis)),
    "format": ("json: a page; csv: a file with all of them, or with limit", get_args(Format)),
}
LIST_DESCRIPTIONS = {
    "tier": "only customers of this tier",
    "segment": "only customers of this segment",
    "search": "only customers whose id has this somewhere in it; a and A are the same",
    "prefix": "only customers whose id begins like this",
    "descending": "largest first",
    "limit": f"customers on a page: up to {MOST_ROWS:,}, as csv up to {MOST_CSV_ROWS:,}",
    "offset": "customers before the page",
}
LINES_DESCRIPTION = (
    "With Accept: application/x-ndjson (or application/jsonl), JSON lines, sent as they are made: "
    "first the reply without its predictions, then each prediction, then "
    '{"end": true, "predictions": how many}; a last line {"error": {...}} in its place, or none, '
    "says that some are missing"
)
# What a form sends for a choice that was not made.
NOT_CHOSEN = {"type": "string", "maxLength": 0}
BOUND_WORDS = {"min": "least", "max": "most"}

ERRORS: Mapping[int, str] = MappingProxyType(
    {
        400: "The request is at fault; the message says where and what it must be.",
        401: "No key, or not one of the service's.",
        403: "The service has no keys, and answers the machine that it runs on only.",
        404: "There is no such customer in the last batch.",
        405: "The path is there, but not for this method; `Allow` names those it is for.",
        408: "The request did not arrive in time.",
        413: "The body is too large, or asks for too much in one reply: send fewer customers.",
        415: "The body is not declared as application/json, or is compressed.",
        431: "The head of the request is too long.",
        429: "Too many requests, of this key or of all; ask again as `Retry-After` says.",
        500: "A fault of the service; its log has the details, under the request id.",
        503: "No model, or no batch of scores; ask again as `Retry-After` says.",
        504: "The answer took too long: send fewer customers in one request.",
    }
)
HEADERS: dict[str, Any] = {
    "RequestId": {
        "description": "The request's own X-Request-ID where that is a plain token, else a new one",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "RetryAfter": {
        "description": "Seconds to wait",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "Allow": {
        "description": "Methods of the path",
        "required": True,
        "schema": {"type": "string"},
    },
    "WwwAuthenticate": {
        "description": "How to show a key",
        "required": True,
        "schema": {"type": "string"},
    },
}
ERROR_HEADERS = {
    401: {"WWW-Authenticate": "WwwAuthenticate"},
    405: {"Allow": "Allow"},
    429: {"Retry-After": "RetryAfter"},
    503: {"Retry-After": "RetryAfter"},
}


def describe_api(examples: Mapping[str, Examples], *, keys: bool = True) -> dict[str, Any]:
    """The OpenAPI document.

    examples  endpoint's name -> examples of its body
    keys      whether the service asks for keys
    """
    described = [each for each in ENDPOINTS if each.documented]
    paths: dict[str, Any] = {}
    for each in described:
        operation = _operation(each, examples.get(each.name, {}), keys=keys)
        paths.setdefault(each.path, {})[each.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": "1", "description": " ".join(ABOUT.split())},
        "paths": paths,
        "components": {
            "schemas": _schemas(described),
            "responses": {f"Error{status}": _error(status) for status in ERRORS},
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        },
    }


def customer_parameters() -> list[dict[str, Any]]:
    """What `CustomerQuery` reads."""
    terms = Terms.model_json_schema()["properties"]
    days = {
        "type": "array",
        "items": DAYS_SCHEMA,
        "minItems": 1,
        "maxItems": MOST_HORIZONS,
        "uniqueItems": True,
    }
    description = (
        f"{Options.model_fields['horizon_days'].description}; several with commas, or one by one"
    )
    return [
        {**_parameter("horizon_days", description, days), "example": [30, 90]},
        *[_parameter(name, each["description"], _number(each)) for name, each in terms.items()],
        *[_parameter(name, FLAG_DESCRIPTIONS[name], {"type": "boolean"}) for name in FLAGS],
    ]


def list_parameters() -> list[dict[str, Any]]:
    """What `ListQuery` reads."""
    return [_parameter(name, *_list_parameter(name)) for name in LIST_NAMES]


PARAMETERS = {CustomerQuery: customer_parameters, ListQuery: list_parameters}


def _list_parameter(name: str) -> tuple[str, dict[str, Any]]:
    """Description and schema."""
    if name in BOUNDS:
        end, _, column = name.partition("_")
        description = f"only customers whose {column} is at {BOUND_WORDS[end]} this"
        return description, {"anyOf": [{"type": "number"}, NOT_CHOSEN]}
    if name in CHOICES:
        description, choices = CHOICES[name]
        none = [] if name == "format" else [""]
        return description, {"type": "string", "enum": [*choices, *none]}
    if name in WHOLE:
        lowest, most = (1, MOST_CSV_ROWS) if name == "limit" else (0, MOST_OFFSET)
        return LIST_DESCRIPTIONS[name], {"type": "integer", "minimum": lowest, "maximum": most}
    return LIST_DESCRIPTIONS[name], {"type": "boolean" if name == "descending" else "string"}


def _number(term: dict[str, Any]) -> dict[str, Any]:
    """The schema of a term without its null: a query leaves out what is not given."""
    [number] = [each for each in term["anyOf"] if each["type"] != "null"]
    return dict(number)


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _operation(endpoint: Endpoint, examples: Examples, *, keys: bool) -> dict[str, Any]:
    keyed = keys and 401 in endpoint.errors
    content = {name: media for each in endpoint.responses for name, media in _media(each).items()}
    [first, *others] = endpoint.responses
    is_type = isinstance(first, type) and issubclass(first, BaseModel) and CSV not in others
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": [
            *([CUSTOMER_ID] if "{customer_id}" in endpoint.path else []),
            *(PARAMETERS[endpoint.query]() if endpoint.query else []),
            REQUEST_ID,
        ],
        "responses": {
            "200": _response(str(first.__doc__) if is_type else endpoint.summary, content),
            **{
                str(each): {"$ref": f"#/components/responses/Error{each}"}
                for each in sorted(endpoint.errors)
            },
            **{str(each): _response(text, content) for each, text in endpoint.also.items()},
        },
        "security": [{name: []} for name in SECURITY] if keyed else [],
    }
    if endpoint.request is not None:
        body = {"schema": _reference(endpoint.request)}
        media = {**body, "examples": dict(examples)} if examples else body
        operation["description"] = endpoint.request.__doc__
        operation["requestBody"] = {"required": True, "content": {"application/json": media}}
    return operation


def _schemas(endpoints: list[Endpoint]) -> dict[str, Any]:
    """Components: of requests as they are read, of responses as they are written."""
    modes: dict[type[BaseModel], JsonSchemaMode] = {ErrorReply: "serialization"}
    for each in endpoints:
        if each.request is not None:
            modes[each.request] = "validation"
        for content in each.responses:
            if isinstance(content, type) and issubclass(content, BaseModel):
                modes[content] = "serialization"
    _, schemas = models_json_schema(list(modes.items()), ref_template=REFERENCE)
    found: dict[str, Any] = schemas["$defs"]
    return found


def _media(content: Content) -> dict[str, Any]:
    if content == LINES_TYPE:
        return {content: {"schema": {"type": "string", "description": LINES_DESCRIPTION}}}
    if isinstance(content, str):
        return {content: {"schema": {"type": "string"}}}
    is_type = issubclass(content, BaseModel)
    return {"application/json": {"schema": _reference(content) if is_type else {"type": "object"}}}


def _reference(model: type) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _error(status: int) -> dict[str, Any]:
    return _response(ERRORS[status], _media(ErrorReply), ERROR_HEADERS.get(status, {}))


def _response(
    description: str, content: Mapping[str, Any], headers: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """With this content; `headers` are those beside the request's id, by their component."""
    names = {"X-Request-ID": "RequestId", **headers}
    return {
        "description": description,
        "headers": {
            name: {"$ref": f"#/components/headers/{component}"} for name, component in names.items()
        },
        "content": dict(content),
    }
