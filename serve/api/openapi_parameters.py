"""What a query may hold, in OpenAPI's words."""

from __future__ import annotations

from typing import Any, get_args

from serve.api.fields import DAYS_SCHEMA, LONGEST_ID, MOST_HORIZONS
from serve.api.list_query import BOUNDS, FORMATS, WHOLE
from serve.api.list_query import KNOWN as LISTED
from serve.api.query import FLAGS
from serve.api.requests import Options, Terms
from serve.api.responses import Basis
from serve.store.listing import MOST_AT_ONCE, MOST_OFFSET, MOST_ROWS, SORTABLE

FLAG_WORDS = {
    "curve": "also the value month by month, and when the next order may come",
    "explain": "also what the answer is made of",
    "history": "also the numbers of the earlier batches that are kept",
    "features": "also the stored row of the feature table",
}
CHOICES = {
    "sort": ("the column to sort by", SORTABLE),
    "basis": ("only customers whose numbers have this basis", get_args(Basis)),
    "format": ("json: a page; csv: a file with all of them, or with limit", FORMATS),
}
LIST_WORDS = {
    "tier": "only customers of this tier",
    "segment": "only customers of this segment",
    "search": "only customers whose id has this somewhere in it; a and A are the same",
    "prefix": "only customers whose id begins like this",
    "descending": "largest first",
    "limit": f"customers on a page: up to {MOST_ROWS:,}, as csv up to {MOST_AT_ONCE:,}",
    "offset": "customers before the page",
}
# What a form sends for a choice that was not made.
NOT_CHOSEN = {"type": "string", "maxLength": 0}
WHICH = {"min": "least", "max": "most"}
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
    """Those of GET /customers/{customer_id}, as `serve.api.query` reads them."""
    terms = Terms.model_json_schema()["properties"]
    days = {
        "type": "array",
        "items": DAYS_SCHEMA,
        "minItems": 1,
        "maxItems": MOST_HORIZONS,
        "uniqueItems": True,
    }
    words = (
        f"{Options.model_fields['horizon_days'].description}; several with commas, or one by one"
    )
    return [
        CUSTOMER_ID,
        {**_parameter("horizon_days", words, days), "example": [30, 90]},
        *[_parameter(name, each["description"], _number(each)) for name, each in terms.items()],
        *[_parameter(name, FLAG_WORDS[name], {"type": "boolean"}) for name in FLAGS],
    ]


def list_parameters() -> list[dict[str, Any]]:
    """Those of GET /customers, as `serve.api.list_query` reads them."""
    return [_parameter(name, *_listed(name)) for name in LISTED]


def _listed(name: str) -> tuple[str, dict[str, Any]]:
    """What a parameter of a list means, and what it may be."""
    if name in BOUNDS:
        end, _, column = name.partition("_")
        words = f"only customers whose {column} is at {WHICH[end]} this"
        return words, {"anyOf": [{"type": "number"}, NOT_CHOSEN]}
    if name in CHOICES:
        words, choices = CHOICES[name]
        none = [] if name == "format" else [""]
        return words, {"type": "string", "enum": [*choices, *none]}
    if name in WHOLE:
        lowest, most = (1, MOST_AT_ONCE) if name == "limit" else (0, MOST_OFFSET)
        return LIST_WORDS[name], {"type": "integer", "minimum": lowest, "maximum": most}
    return LIST_WORDS[name], {"type": "boolean" if name == "descending" else "string"}


def _number(term: dict[str, Any]) -> dict[str, Any]:
    """The schema of a term without its null: a query leaves out what is not given."""
    [number] = [each for each in term["anyOf"] if each["type"] != "null"]
    return dict(number)


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}
