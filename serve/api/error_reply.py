"""The one shape of every error."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

ErrorCode = Literal[
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
    code: ErrorCode = Field(description="the status as a word to switch on")
    message: str = Field(description="what, where, got and how to repair")
    field: str | None = Field(description="the place in the request, as in rows[0].recency_days")
    details: list[ErrorDetail] = Field(
        description="violations, up to twenty; of a long list, those of the first entry at fault"
    )
    request_id: str = Field(description="the request's id in the service's log")


class ErrorReply(BaseModel):
    """The one shape of every error."""

    error: ErrorContent
