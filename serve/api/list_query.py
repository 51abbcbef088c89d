"""The query of a list: ?sort=clv&descending=true&tier=Gold&min_p_churn=0.5&limit=50."""

from __future__ import annotations

from math import isfinite
from typing import Any, get_args

from serve.api.messages import shown
from serve.api.query import flag, number, read_pairs
from serve.api.responses import Basis
from serve.errors import ServeError
from serve.store.listing import Bounds, ListQuery
from serve.store.schema import NUMBERS

TEXTS = ("sort", "tier", "segment", "basis", "search", "prefix")
WHOLE = ("limit", "offset")
BOUNDS = tuple(f"{end}_{name}" for name in NUMBERS for end in ("min", "max"))
KNOWN = (*TEXTS, "descending", *WHOLE, *BOUNDS, "format")
FORMATS = ("json", "csv")
LONGEST_DIGITS = 12


def read_list_query(text: str, *, most_csv: int) -> tuple[ListQuery, str]:
    """What is wanted, and the format, json or csv; a csv without a limit has them all.

    Raises ServeError for a name that is not known or occurs twice, or a bad value.
    """
    given = read_pairs(text, KNOWN)
    form = given.get("format", "json")
    if form not in FORMATS:
        raise ServeError(
            f"query: format must be {' or '.join(FORMATS)}, got {shown(form)}", field="format"
        )
    asked: dict[str, Any] = {"limit": most_csv} if form == "csv" else {}
    # an empty value counts as none: that is how a form sends a choice that was not made
    asked |= {name: given[name] for name in TEXTS if given.get(name)}
    asked |= {name: _whole(name, given[name]) for name in WHOLE if name in given}
    if asked.get("basis", "model") not in get_args(Basis):
        raise ServeError(
            f"query: basis must be {', '.join(get_args(Basis))}, got {shown(given['basis'])}",
            field="basis",
        )
    if "descending" in given:
        asked["descending"] = flag("descending", given["descending"])
    return ListQuery(**asked, bounds=_bounds(given)), form


def _bounds(given: dict[str, str]) -> dict[str, Bounds]:
    ends = {name: _finite(name, given[name]) for name in BOUNDS if given.get(name)}
    return {
        name: (ends.get(f"min_{name}"), ends.get(f"max_{name}"))
        for name in NUMBERS
        if f"min_{name}" in ends or f"max_{name}" in ends
    }


def _finite(name: str, text: str) -> float:
    value = number(name, text)
    if not isfinite(value):
        raise ServeError(f"query: {name} must be a finite number, got {shown(text)}", field=name)
    return value


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_DIGITS):
        raise ServeError(f"query: {name} must be a whole number, got {shown(text)}", field=name)
    return int(text)
