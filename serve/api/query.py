"""Query strings of GET requests, read as strictly as bodies are.

One customer: ?horizon_days=30,90&margin=0.4&curve=true, where several horizons may be one value
with commas, or come one by one: ?horizon_days=30&horizon_days=90.
A list: ?sort=clv&descending=true&tier=Gold&min_p_churn=0.5&limit=50.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal, cast, get_args
from urllib.parse import parse_qsl

from models.customer_values import VALUE_COLUMNS
from serve.api.error_messages import shortened
from serve.api.predictions import Basis
from serve.api.requests import Options, Terms, validate
from serve.errors import ServeError

FLAGS = ("curve", "explain", "history", "features")
TERMS = tuple(Terms.model_fields)
CUSTOMER_NAMES = ("horizon_days", *TERMS, *FLAGS)
DAYS = re.compile(r"-?[0-9]{1,12}(,-?[0-9]{1,12})*")
TRUTH = {"true": True, "1": True, "": True, "false": False, "0": False}

Format = Literal["json", "csv"]
Bounds = tuple[float | None, float | None]

# Rows on a page, rows before it, and rows of a CSV, at most.
MOST_ROWS, MOST_OFFSET, MOST_CSV_ROWS = 1_000, 1_000_000_000, 100_000
SORTABLE = ("customer_id", *VALUE_COLUMNS, "basis", "tier", "segment")
TEXTS = ("sort", "tier", "segment", "basis", "search", "prefix")
WHOLE = ("limit", "offset")
BOUNDS = tuple(f"{end}_{name}" for name in VALUE_COLUMNS for end in ("min", "max"))
LIST_NAMES = (*TEXTS, "descending", *WHOLE, *BOUNDS, "format")
LONGEST_DIGITS = 12


@dataclass(frozen=True)
class CustomerQuery:
    """What is asked about one stored customer.

    history   also the scores of earlier batches
    features  also the row of the feature table
    """

    options: Options
    history: bool
    features: bool

    @classmethod
    def read(cls, text: str) -> CustomerQuery:
        """Raises ServeError for a name that is not known or occurs twice, or a bad value."""
        given = _pairs(text, CUSTOMER_NAMES, several=("horizon_days",))
        flags = {name: _flag(name, given[name]) for name in FLAGS if name in given}
        terms = {name: _number(name, given[name]) for name in TERMS if name in given}
        options: dict[str, Any] = {
            name: flags.pop(name) for name in ("curve", "explain") & flags.keys()
        }
        if terms:
            options["economics"] = terms
        if "horizon_days" in given:
            options["horizon_days"] = _days(given["horizon_days"])
        return cls(validate(Options, options), **{"history": False, "features": False, **flags})


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """Which stored customers, in which order.

    sort           one of SORTABLE; customers without a value come last, either way
    tier, segment  exactly
    basis          exactly: model, prior, insufficient
    search         anywhere in the customer's id; a and A are the same
    prefix         how the customer's id begins, exactly
    bounds         number -> (lowest, highest), either may be None; null lies in no bounds
    limit, offset  the page
    """

    sort: str = "clv"
    descending: bool = True
    tier: str | None = None
    segment: str | None = None
    basis: str | None = None
    search: str = ""
    prefix: str = ""
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    limit: int = 50
    offset: int = 0

    @classmethod
    def read(cls, text: str) -> tuple[ListQuery, Format]:
        """The query and the format of the response; a CSV without a limit has MOST_CSV_ROWS.

        Raises ServeError for a name that is not known or occurs twice, or a bad value.
        """
        given = _pairs(text, LIST_NAMES)
        form = given.get("format", "json")
        if form not in get_args(Format):
            raise ServeError(
                f"query: format must be {' or '.join(get_args(Format))}, got {shortened(form)}",
                field="format",
            )
        values: dict[str, Any] = {"limit": MOST_CSV_ROWS} if form == "csv" else {}
        # an empty value counts as none: that is how a form sends a choice that was not made
        values |= {name: given[name] for name in TEXTS if given.get(name)}
        values |= {name: _whole(name, given[name]) for name in WHOLE if name in given}
        if values.get("basis", "model") not in get_args(Basis):
            raise ServeError(
                f"query: basis must be {', '.join(get_args(Basis))}, "
                f"got {shortened(given['basis'])}",
                field="basis",
            )
        if "descending" in given:
            values["descending"] = _flag("descending", given["descending"])
        return cls(**values, bounds=_bounds(given)), cast(Format, form)


def _pairs(text: str, known: Sequence[str], several: Sequence[str] = ()) -> dict[str, str]:
    """Name -> value; the values of a name that may have several are joined by commas.

    Raises ServeError for a name that is not known, or occurs twice and may not.
    """
    given: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name in given and name not in several:
            raise ServeError("the query names something twice")
        given[name] = f"{given[name]},{value}" if name in given else value
        if name not in known:
            raise ServeError(
                f"query: {shortened(name)} is unknown, known are {', '.join(known)}", field="query"
            )
    return given


def _bounds(given: dict[str, str]) -> dict[str, Bounds]:
    ends = {name: _finite(name, given[name]) for name in BOUNDS if given.get(name)}
    return {
        name: (ends.get(f"min_{name}"), ends.get(f"max_{name}"))
        for name in VALUE_COLUMNS
        if f"min_{name}" in ends or f"max_{name}" in ends
    }


def _flag(name: str, text: str) -> bool:
    if text not in TRUTH:
        raise ServeError(f"query: {name} must be true or false, got {shortened(text)}", field=name)
    return TRUTH[text]


def _number(name: str, text: str) -> float:
    """A number, if not a finite one."""
    try:
        # subtle: Python would read 1_0 and digits of every script as well
        return float(text if text.isascii() and "_" not in text else "")
    except ValueError:
        raise ServeError(
            f"query: {name} must be a number, got {shortened(text)}", field=name
        ) from None


def _finite(name: str, text: str) -> float:
    value = _number(name, text)
    if not isfinite(value):
        raise ServeError(
            f"query: {name} must be a finite number, got {shortened(text)}", field=name
        )
    return value


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_DIGITS):
        raise ServeError(f"query: {name} must be a whole number, got {shortened(text)}", field=name)
    return int(text)


def _days(text: str) -> int | list[int]:
    if not DAYS.fullmatch(text):
        raise ServeError(
            f"query: horizon_days must be days such as 90 or 30,90, got {shortened(text)}",
            field="horizon_days",
        )
    days = [int(each) for each in text.split(",")]
    return days if len(days) > 1 else days[0]
