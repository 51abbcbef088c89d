"""The responses of endpoints, as OpenAPI describes them: replies, errors and their headers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from serve.api.budget import LINES_TYPE
from serve.api.endpoints import CSV, Content, Endpoint
from serve.api.error_reply import ErrorReply
from serve.api.openapi_schemas import reference

LINES_DESCRIPTION = (
    "With Accept: application/x-ndjson (or application/jsonl), JSON lines, sent as they are made: "
    "first the reply without its predictions, then each prediction, then "
    '{"end": true, "predictions": how many}; a last line {"error": {...}} in its place, or none, '
    "says that some are missing"
)

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


def responses_of(endpoint: Endpoint) -> dict[str, Any]:
    """Status -> response; those of errors refer to `error_responses`."""
    content = {name: media for each in endpoint.responses for name, media in _media(each).items()}
    [first, *others] = endpoint.responses
    is_type = isinstance(first, type) and issubclass(first, BaseModel) and CSV not in others
    return {
        "200": _response(str(first.__doc__) if is_type else endpoint.summary, content),
        **{
            str(each): {"$ref": f"#/components/responses/Error{each}"}
            for each in sorted(endpoint.errors)
        },
        **{str(each): _response(text, content) for each, text in endpoint.also.items()},
    }


def error_responses() -> dict[str, Any]:
    """The components of all errors."""
    return {f"Error{status}": _error(status) for status in ERRORS}


def _media(content: Content) -> dict[str, Any]:
    if content == LINES_TYPE:
        return {content: {"schema": {"type": "string", "description": LINES_DESCRIPTION}}}
    if isinstance(content, str):
        return {content: {"schema": {"type": "string"}}}
    is_type = issubclass(content, BaseModel)
    return {"application/json": {"schema": reference(content) if is_type else {"type": "object"}}}


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
