"""What a value must be, in words, where pydantic found that it is not: in a file or a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

EXPECTED = {
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "string_too_short": "must not be empty",
    "string_type": "must be a text in quotes",
}


def expectation(
    error: Mapping[str, Any],
    others: Mapping[str, str],
    number: Callable[[float], str] = str,
) -> str:
    """An error of `ValidationError.errors()` in words, such as "must be at most 1".

    others   kind of error -> words, of kinds that are not in EXPECTED; else pydantic's own words
    number   how a bound is written
    """
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "greater_than" if context["gt"] == 0:
            return "must be positive"
        case "greater_than":
            return f"must be more than {number(context['gt'])}"
        case "greater_than_equal":
            return f"must be at least {number(context['ge'])}"
        case "less_than":
            return f"must be less than {number(context['lt'])}"
        case "less_than_equal":
            return f"must be at most {number(context['le'])}"
        case _:
            return EXPECTED.get(kind) or others.get(kind) or str(error["msg"])
