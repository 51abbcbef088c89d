"""The types of requests and responses, as OpenAPI's components."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from serve.api.endpoints import Endpoint
from serve.api.error_reply import ErrorReply

REFERENCE = "#/components/schemas/{model}"


def schemas_of(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The components: of requests as they are read, of responses as they are written."""
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


def reference(model: type) -> dict[str, str]:
    """Where a type is described."""
    return {"$ref": REFERENCE.format(model=model.__name__)}
