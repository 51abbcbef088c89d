"""Options in the query of a GET request: ?horizon_days=30,90&margin=0.4&curve=true.

Several horizons may be one value with commas, or come one by one: ?horizon_days=30&horizon_days=90.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from serve.api.messages import shown
from serve.api.requests import Options, Terms, checked
from serve.errors import ServeError

FLAGS = ("curve", "explain", "history", "features")
TERMS = tuple(Terms.model_fields)
KNOWN = ("horizon_days", *TERMS, *FLAGS)
DAYS = re.compile(r"-?[0-9]{1,12}(,-?[0-9]{1,12})*")
TRUTH = {"true": True, "1": True, "": True, "false": False, "0": False}


@dataclass(frozen=True)
class Query:
    """What is asked about one stored customer.

    history   also the scores of earlier batches
    features  also the row of the feature table
    """

    options: Options
    history: bool
    features: bool

    @classmethod
    def read(cls, text: str) -> Query:
        """Raises ServeError for a name that is not known or occurs twice, or a bad value."""
        given = read_pairs(text, KNOWN, several=("horizon_days",))
        flags = {name: flag(name, given[name]) for name in FLAGS if name in given}
        terms = {name: number(name, given[name]) for name in TERMS if name in given}
        asked: dict[str, Any] = {
            name: flags.pop(name) for name in ("curve", "explain") & flags.keys()
        }
        if terms:
            asked["economics"] = terms
        if "horizon_days" in given:
            asked["horizon_days"] = _days(given["horizon_days"])
        return cls(checked(Options, asked), **{"history": False, "features": False, **flags})


def read_pairs(text: str, known: Sequence[str], several: Sequence[str] = ()) -> dict[str, str]:
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
                f"query: {shown(name)} is unknown, known are {', '.join(known)}", field="query"
            )
    return given


def flag(name: str, text: str) -> bool:
    """A value that is true or false. Raises ServeError."""
    if text not in TRUTH:
        raise ServeError(f"query: {name} must be true or false, got {shown(text)}", field=name)
    return TRUTH[text]


def number(name: str, text: str) -> float:
    """A value that is a number, if not a finite one. Raises ServeError."""
    try:
        # subtle: Python would read 1_0 and digits of every script as well
        return float(text if text.isascii() and "_" not in text else "")
    except ValueError:
        raise ServeError(f"query: {name} must be a number, got {shown(text)}", field=name) from None


def _days(text: str) -> int | list[int]:
    if not DAYS.fullmatch(text):
        raise ServeError(
            f"query: horizon_days must be days such as 90 or 30,90, got {shown(text)}",
            field="horizon_days",
        )
    days = [int(each) for each in text.split(",")]
    return days if len(days) > 1 else days[0]
