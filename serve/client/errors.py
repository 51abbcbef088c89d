"""What a service refused, or why it could not be reached, as one exception."""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx


class ApiError(Exception):
    """The service refused, failed, or could not be reached; the text is a sentence.

    status      HTTP status; None where no response came
    code        the status as a word: invalid_request, unauthorized, ...; unreachable without one
    field       the place in the request that is at fault, as in customers[0].customer_id
    details     every violation, as {"field", "message"}
    request_id  this request in the service's log
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "unreachable",
        field: str | None = None,
        details: tuple[Mapping[str, str], ...] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code
        self.field, self.details, self.request_id = field, details, request_id


def error_of(response: httpx.Response) -> ApiError:
    """The error in a response, be it the service's or a proxy's."""
    try:
        error = json.loads(response.content)["error"]
        return ApiError(
            error["message"],
            status=response.status_code,
            code=error["code"],
            field=error["field"],
            details=tuple(error["details"]),
            request_id=error["request_id"],
        )
    except (ValueError, KeyError, TypeError):
        return ApiError(
            f"the response was {response.status_code} {response.reason_phrase}, not the service's "
            "own",
            status=response.status_code,
            code="foreign",
            request_id=response.headers.get("x-request-id"),
        )
