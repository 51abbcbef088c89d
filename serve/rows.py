"""Feature rows of a request -> a feature table as the model knows it, or what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from models.card import Card
from serve.errors import ServeError
from serve.sentences import MOST_DETAILS, shown
from serve.wire import FeatureRow, FeatureValue

MOST_NAMES = 5


def feature_table(rows: Sequence[FeatureRow], card: Card) -> pd.DataFrame:
    """Index customer_id in the rows' order; the card's features, float64 or text, null unknown.

    Raises ServeError naming unknown and missing features, text where a number belongs (and the
    reverse), and histories that no customer can have.
    """
    units = {feature.name: feature.unit for feature in card.features}
    values = [row.values() for row in rows]
    _refuse(
        {"field": f"rows[{place}].{name}".removesuffix("."), "message": message}
        for place, row in enumerate(values)
        for name, message in _violations(row, units)
    )
    index = pd.Index([row.customer_id for row in rows], dtype="str", name="customer_id")
    columns = {
        name: pd.Series(
            [row[name] for row in values], index=index, dtype="str" if unit == "text" else "float64"
        )
        for name, unit in units.items()
    }
    table = pd.DataFrame(columns, index=index)
    _refuse(_impossible(table))
    return table


def _violations(row: dict[str, FeatureValue], units: dict[str, str]) -> Iterator[tuple[str, str]]:
    if unknown := [name for name in row if name not in units]:
        yield "", f"holds unknown features: {_names(unknown)}; GET /model lists the known ones"
    if missing := [name for name in units if name not in row]:
        yield "", f"lacks features: {_names(missing)}; give null where a value is unknown"
    for name, value in row.items():
        if (
            value is not None
            and name in units
            and isinstance(value, str) != (units[name] == "text")
        ):
            kind = "a text" if units[name] == "text" else "a number"
            yield name, f"must be {kind} or null, got {shown(value)}"


def _impossible(table: pd.DataFrame) -> Iterator[dict[str, str]]:
    """What contradicts the meaning of the columns that the probability model reads."""
    age, last = table["age_days"], table["last_repeat_days"]
    laws = {
        "age_days": (age <= 0, "must be positive"),
        "last_repeat_days": ((last < 0) | (last > age), "must lie between 0 and age_days"),
        # two calendar days more than days of 24 hours: the clock change, and midnight
        "repeat_days": (
            (table["repeat_days"] < 0) | (table["repeat_days"] > last + 2),
            "must lie between 0 and last_repeat_days, days that hold at most one repeat each",
        ),
        "day_value_mean": (table["day_value_mean"] <= 0, "must be positive"),
        "repeat_value_mean": (table["repeat_value_mean"] <= 0, "must be positive"),
    }
    for name, (broken, law) in laws.items():
        for place in np.flatnonzero(broken):
            got = shown(float(table[name].iloc[place]))
            yield {"field": f"rows[{place}].{name}", "message": f"{law}, got {got}"}


def _refuse(found: Iterator[dict[str, str]]) -> None:
    violations = list(found)
    if violations:
        first, others = violations[0], len(violations) - 1
        rest = f" (and {others} more, see details)" if others else ""
        raise ServeError(
            f"{first['field']} {first['message']}{rest}", details=violations[:MOST_DETAILS]
        )


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
