"""The parameters of endpoints, as OpenAPI describes them: in the path, the query and the head."""

from __future__ import annotations

from typing import Any, get_args

from serve.api.endpoints import Endpoint
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
# What a form sends for a choice that was not made.
NOT_CHOSEN = {"type": "string", "maxLength": 0}
BOUND_WORDS = {"min": "least", "max": "most"}


def parameters_of(endpoint: Endpoint) -> list[dict[str, Any]]:
    """All that an endpoint reads beside its body."""
    return [
        *([CUSTOMER_ID] if "{customer_id}" in endpoint.path else []),
        *(PARAMETERS[endpoint.query]() if endpoint.query else []),
        REQUEST_ID,
    ]


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
