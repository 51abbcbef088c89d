"""What is wrong with a request, in words: where, what it must be, what it was."""

from __future__ import annotations

import json

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from features.validation_messages import expectation

MOST_DETAILS = 20
LONGEST_VALUE = 60
# Words of a request, beside those of `features.validation_messages`.
EXPECTED = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "float_parsing": "must be a number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "list_type": "must be a list",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
}


def details(error: ValidationError) -> list[dict[str, str]]:
    """The first violations as {"field", "message"}; the field is a path such as rows[0].x."""
    found = error.errors(include_url=False)[:MOST_DETAILS]
    return [{"field": _path(each["loc"]), "message": _message(each)} for each in found]


def summarize(error: ValidationError) -> str:
    """The first violation in one sentence, and how many there are beside it."""
    first = details(error)[0]
    others = error.error_count() - 1
    rest = f" (and {others} more, see details)" if others else ""
    return f"{first['field']} {first['message']}".strip() + rest


def shortened(value: object) -> str:
    """A value as a message repeats it: short."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def _message(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is missing, add it"
        case "extra_forbidden":
            return "is an unknown field, remove it or correct its name"
        case "json_invalid":
            return f"the body is not JSON: {context['error']}"
        case "too_short":
            return f"must hold at least {context['min_length']} entry, got an empty list"
        case "too_long":
            return f"must hold at most {context['max_length']:,} entries, got more"
        case "value_error":
            return str(context["error"])
        case "literal_error":
            expected = f"must be {context['expected']}"
        case "string_too_long":
            expected = f"must have at most {context['max_length']} characters"
        case _:
            expected = expectation(error, EXPECTED)
    return f"{expected}, got {shortened(error['input'])}"
