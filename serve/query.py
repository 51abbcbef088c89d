"""Options in the query of a GET request: ?horizon_days=30,90&margin=0.4&curve=true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from serve.errors import ServeError
from serve.sentences import shown
from serve.wire import Options, Terms, checked

FLAGS = ("curve", "explain", "history", "features")
TERMS = tuple(Terms.model_fields)
KNOWN = ("horizon_days", *TERMS, *FLAGS)
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
        given = read_pairs(text, KNOWN)
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


def read_pairs(text: str, known: Sequence[str]) -> dict[str, str]:
    """Name -> value. Raises ServeError for a name that is not known or occurs twice."""
    pairs = parse_qsl(text, keep_blank_values=True)
    given = dict(pairs)
    if len(given) < len(pairs):
        raise ServeError("the query names something twice")
    for name in given:
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
        return float(text)
    except ValueError:
        raise ServeError(f"query: {name} must be a number, got {shown(text)}", field=name) from None


def _days(text: str) -> int | list[int]:
    try:
        days = [int(each) for each in text.split(",")]
    except ValueError:
        raise ServeError(
            f"query: horizon_days must be days such as 90 or 30,90, got {shown(text)}",
            field="horizon_days",
        ) from None
    return days if len(days) > 1 else days[0]
