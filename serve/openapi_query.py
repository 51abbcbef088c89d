"""What a query may hold, in OpenAPI's words."""

from __future__ import annotations

from typing import Any

from serve.fields import DAYS_SCHEMA, LONGEST_ID, MOST_HORIZONS
from serve.query import FLAGS
from serve.wire import Options, Terms

FLAG_WORDS = {
    "curve": "also the value month by month, and when the next order may come",
    "explain": "also what the answer is made of",
    "history": "also the numbers of the earlier batches that are kept",
    "features": "also the stored row of the feature table",
}
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
    "description": "what this request is to be called in the log; a token of up to 64 characters",
    "schema": {"type": "string"},
    "example": "checkout-4711",
}


def customer_parameters() -> list[dict[str, Any]]:
    """Those of GET /customers/{customer_id}, as `serve.query` reads them."""
    terms = Terms.model_json_schema()["properties"]
    return [
        CUSTOMER_ID,
        _parameter(
            "horizon_days",
            str(Options.model_fields["horizon_days"].description),
            {"type": "array", "items": DAYS_SCHEMA, "minItems": 1, "maxItems": MOST_HORIZONS},
            example=[30, 90],
        ),
        *[_parameter(name, each["description"], _number(each)) for name, each in terms.items()],
        *[_parameter(name, FLAG_WORDS[name], {"type": "boolean"}) for name in FLAGS],
    ]


def _number(term: dict[str, Any]) -> dict[str, Any]:
    """The schema of a term without its null: a query leaves out what is not given."""
    [number] = [each for each in term["anyOf"] if each["type"] != "null"]
    return dict(number)


def _parameter(
    name: str, description: str, schema: dict[str, Any], **more: object
) -> dict[str, Any]:
    comma = {"style": "form", "explode": False} if schema["type"] == "array" else {}
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": schema,
        **comma,
        **more,
    }
