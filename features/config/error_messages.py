"""A violation of a configuration in words: which key, what it must be, what it was."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel

from features.validation_messages import expectation

# Words of a configuration file, beside those of `features.validation_messages`.
EXPECTED = {
    "too_short": "must have at least two entries",
    "tuple_type": "must be a list",
    "string_pattern_mismatch": "must be three capital letters such as GBP",
    "model_type": "must be a table of keys",
}


def sentence(error: dict[str, Any], form: type[BaseModel]) -> str:
    """One violation in words: which key, what it must be, what it was."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"{key} is missing, add it"
    if error["type"] == "extra_forbidden":
        return f"{key} is an unknown key, {_suggestion(error['loc'], form)}"
    return f"{key} {_expectation(error)}, got {error['input']!r}"


def _expectation(error: dict[str, Any]) -> str:
    match error["type"]:
        case "literal_error":
            return f"must be one of {error['ctx']['expected']}"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return expectation(error, EXPECTED, number="{:g}".format)


def _suggestion(location: tuple[str, ...], form: type[BaseModel]) -> str:
    """The nearest key of the same section, or all of them."""
    section: Any = form
    for part in location[:-1]:
        section = section.model_fields[part].annotation
    known = list(section.model_fields)
    near = difflib.get_close_matches(location[-1], known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
