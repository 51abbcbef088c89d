"""Which answers there are beside a good one, in OpenAPI's words: when, with which headers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, Field

REQUEST_ID = {"$ref": "#/components/headers/RequestId"}
WHEN: Mapping[int, str] = MappingProxyType(
    {
        400: "The request is at fault; the message says where and what it must be.",
        401: "No key, or not one of the service's.",
        403: "The service has no keys, and answers the machine that it runs on only.",
        404: "There is no such customer in the last batch.",
        405: "The path is there, but not for this method; `Allow` names those it is for.",
        408: "The request did not arrive in time.",
        413: "The body is too large: send fewer customers in one request.",
        415: "The body is not declared as application/json, or is compressed.",
        431: "The head of the request is too long.",
        429: "Too many requests, of this key or of all; ask again as `Retry-After` says.",
        500: "A fault of the service; its log says what, under the request id.",
        503: "No model, or no batch of scores; ask again as `Retry-After` says.",
        504: "The answer took too long: send fewer customers in one request.",
    }
)
Code = Literal[
    "invalid_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "timeout",
    "too_large",
    "unsupported_media_type",
    "too_many_requests",
    "internal",
    "unavailable",
]


class ErrorDetail(BaseModel):
    """One violation: where, and what it must be."""

    field: str
    message: str


class ErrorContent(BaseModel):
    """What went wrong, in a sentence."""

    status: int = Field(description="the HTTP status")
    code: Code = Field(description="the status as a word to switch on")
    message: str = Field(description="what, where, got and how to repair")
    field: str | None = Field(description="the place in the request, as in rows[0].recency_days")
    details: list[ErrorDetail] = Field(description="every violation, up to twenty")
    request_id: str = Field(description="what the service's log calls this request")


class ErrorReply(BaseModel):
    """The one shape of every error."""

    error: ErrorContent


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
MORE_HEADERS = {
    401: {"WWW-Authenticate": "WwwAuthenticate"},
    405: {"Allow": "Allow"},
    429: {"Retry-After": "RetryAfter"},
    503: {"Retry-After": "RetryAfter"},
}


def good(description: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """A 200 with this content."""
    return {
        "description": description,
        "headers": {"X-Request-ID": REQUEST_ID},
        "content": dict(content),
    }


def references(statuses: tuple[int, ...]) -> dict[str, Any]:
    """The errors of an operation, by reference to `errors`."""
    return {str(each): {"$ref": f"#/components/responses/Error{each}"} for each in statuses}


def errors(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Every error that any door may answer with."""
    return {f"Error{status}": _error(status, schema) for status in WHEN}


def _error(status: int, schema: Mapping[str, Any]) -> dict[str, Any]:
    more = {
        name: {"$ref": f"#/components/headers/{key}"}
        for name, key in MORE_HEADERS.get(status, {}).items()
    }
    return {
        "description": WHEN[status],
        "headers": {"X-Request-ID": REQUEST_ID, **more},
        "content": {"application/json": {"schema": dict(schema)}},
    }
