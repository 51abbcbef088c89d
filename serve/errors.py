"""One shape for every error, whatever went wrong, and wherever."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType

Details = Sequence[dict[str, str]]
CODES = MappingProxyType(
    {
        401: "unauthorized",
        403: "forbidden",
        404: "not_found",
        405: "method_not_allowed",
        408: "timeout",
        413: "too_large",
        415: "unsupported_media_type",
        429: "too_many_requests",
        503: "unavailable",
        504: "timeout",
    }
)
MESSAGES = MappingProxyType(
    {
        401: "a valid key is needed: send the header Authorization: Bearer KEY, or X-API-Key: KEY",
        404: "no such path: {method} {path}; the paths are listed in /docs.json",
        405: "{method} is not allowed on {path}, use {allow}",
        408: "the request did not arrive in time: send it faster, or in smaller parts",
        415: "{path} reads JSON: send the header content-type: application/json",
        429: "too many requests at once; try again in a second",
        500: "something failed inside the service; its log says what",
        503: "no model is loaded yet; GET /model says why",
        504: "the answer took too long; send fewer customers in one request",
    }
)


class ServeError(ValueError):
    """A request that cannot be served; the message has what, where, got and how to repair.

    status    HTTP status of the response
    details   every violation, as {"field", "message"}
    field     the place in the request that is at fault; default: that of the first detail
    headers   headers of the response, such as retry-after
    reason    the label under which metrics count it; default: the code
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        details: Details = (),
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.details = list(details)
        self.field = field or (self.details[0]["field"] if self.details else "") or None
        self.headers = {**_headers(status), **(headers or {})}
        self.reason = reason or self.code

    @property
    def code(self) -> str:
        """The status as a word that a program can switch on."""
        return CODES.get(self.status) or ("invalid_request" if self.status < 500 else "internal")


def error_for_status(status: int, *, method: str, path: str, allow: str = "") -> ServeError:
    """An error of which only the status is known, such as that of an upstream response."""
    template = MESSAGES.get(status, HTTPStatus(status).phrase)
    message = template.format(method=method, path=path, allow=allow or "POST")
    return ServeError(message, status=status, headers={"allow": allow} if allow else None)


def error_body(error: ServeError, request_id: str) -> bytes:
    """The error as JSON in the one shape."""
    content = {
        "status": error.status,
        "code": error.code,
        "message": str(error),
        "field": error.field,
        "details": error.details,
        "request_id": request_id,
    }
    return json.dumps({"error": content}).encode()


def _headers(status: int) -> dict[str, str]:
    match status:
        case 401:
            return {"www-authenticate": "Bearer"}
        case 429 | 503:
            return {"retry-after": "1"}
        case _:
            return {}
