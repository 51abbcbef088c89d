"""Violations that pydantic found, in words: where, what it must be, what it was."""

from __future__ import annotations

import json

from pydantic import ValidationError
from pydantic_core import ErrorDetails

MOST_DETAILS = 20
LONGEST_VALUE = 60
EXPECTED = {
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be an object",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "string_type": "must be a text in quotes",
    "string_too_short": "must not be empty",
}


def details(error: ValidationError) -> list[dict[str, str]]:
    """The first violations as {"field", "message"}; the field is a path such as rows[0].x."""
    found = error.errors(include_url=False)[:MOST_DETAILS]
    return [{"field": _path(each["loc"]), "message": _message(each)} for each in found]


def summary(error: ValidationError) -> str:
    """The first violation in one sentence, and how many there are beside it."""
    first = details(error)[0]
    others = error.error_count() - 1
    rest = f" (and {others} more, see details)" if others else ""
    return f"{first['field']} {first['message']}".strip() + rest


def shown(value: object) -> str:
    """A value as it may be repeated in a message: short."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def _message(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return "is missing, add it"
    if kind == "extra_forbidden":
        return "is an unknown field, remove it or correct its name"
    if kind == "json_invalid":
        return f"the body is not JSON: {context['error']}"
    if kind == "too_short":
        return f"must hold at least {context['min_length']} entry, got an empty list"
    if kind == "too_long":
        return f"must hold at most {context['max_length']:,} entries, got more"
    if kind == "value_error":
        return str(context["error"])
    return f"{_expectation(kind, context, error['msg'])}, got {shown(error['input'])}"


def _expectation(kind: str, context: dict[str, object], otherwise: str) -> str:
    match kind:
        case "greater_than" if context["gt"] == 0:
            return "must be positive"
        case "greater_than":
            return f"must be more than {context['gt']}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case "literal_error":
            return f"must be {context['expected']}"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case _:
            return EXPECTED.get(kind, otherwise)
