"""The description of the HTTP API in OpenAPI's words, from the wire types themselves.

BentoML's own description drops what may be null and knows another shape of error.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from serve.replies import ModelReply, PredictReply
from serve.wire import FeaturesRequest, PredictRequest

REFERENCE = "#/components/schemas/{model}"
TITLE = "Perennial: customer lifetime value"


class ErrorDetail(BaseModel):
    """One violation: where, and what it must be."""

    field: str
    message: str


class ErrorContent(BaseModel):
    """What went wrong, in a sentence."""

    status: int
    message: str
    details: list[ErrorDetail]


class ErrorReply(BaseModel):
    """The one shape of every error."""

    model_config = ConfigDict(title="ErrorReply")

    error: ErrorContent


@cache
def describe_api() -> dict[str, Any]:
    """The OpenAPI document."""
    _, schemas = models_json_schema(
        [
            (PredictRequest, "validation"),
            (FeaturesRequest, "validation"),
            (PredictReply, "serialization"),
            (ModelReply, "serialization"),
            (ErrorReply, "serialization"),
        ],
        ref_template=REFERENCE,
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": "1"},
        "paths": {
            "/predict": _post(PredictRequest),
            "/predict_features": _post(FeaturesRequest),
            "/model": _get("The model that answers now.", ModelReply),
            "/livez": _get("The process runs."),
            "/readyz": _get("A model is loaded."),
            "/metrics": _get("Prometheus metrics."),
        },
        "components": {"schemas": schemas["$defs"]},
    }


def _post(request: type[BaseModel]) -> dict[str, Any]:
    return {
        "post": {
            "summary": request.__doc__,
            "requestBody": {"required": True, "content": _json(request)},
            "responses": {
                "200": {"description": PredictReply.__doc__, "content": _json(PredictReply)},
                **_errors("400", "413", "415", "429", "500", "503", "504"),
            },
        }
    }


def _get(summary: str, reply: type[BaseModel] | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": summary}
    if reply is not None:
        answer["content"] = _json(reply)
    return {"get": {"summary": summary, "responses": {"200": answer, **_errors("500", "503")}}}


def _errors(*statuses: str) -> dict[str, Any]:
    return {
        status: {"description": ErrorReply.__doc__, "content": _json(ErrorReply)}
        for status in statuses
    }


def _json(model: type[BaseModel]) -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(model=model.__name__)}
    return {"application/json": {"schema": schema}}
