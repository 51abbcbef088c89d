"""Feature rows of a request -> what the models read, or what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.design_matrix import FEW_ROWS, Cell, numbers_of_rows
from models.subscriptions.bundle import SubscriptionBundle
from serve.api.error_messages import MOST_DETAILS, shortened
from serve.api.field_types import FeatureValue
from serve.api.requests import FeatureRow
from serve.errors import ServeError

MOST_NAMES = 5

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FeatureRows:
    """Customers with their features; cells and columns in the bundle's order of features."""

    ids: list[str]
    cells: Sequence[Sequence[Cell]]
    matrix: Array


def feature_rows(rows: Sequence[FeatureRow], bundle: Bundle) -> FeatureRows:
    """The rows in the order of the bundle's features.

    Raises ServeError naming unknown and missing features, text where a number belongs (and the
    reverse), and histories that no customer can have.
    """
    units = {feature.name: feature.unit for feature in bundle.card.features}
    values = [row.values() for row in rows]
    _refuse(
        {"field": f"rows[{place}].{name}".removesuffix("."), "message": message}
        for place, row in enumerate(values)
        for name, message in _violations(row, units)
    )
    cells = [[row[name] for name in bundle.names] for row in values]
    matrix = numbers_of_rows(cells, bundle.names, bundle.card.levels)
    return check_histories(FeatureRows([row.customer_id for row in rows], cells, matrix), bundle)


def check_histories(rows: FeatureRows, bundle: Bundle) -> FeatureRows:
    """The rows. Raises ServeError for a history that no customer can have."""
    find = (
        _impossible_subscriptions
        if isinstance(bundle, SubscriptionBundle)
        else _impossible_purchases
    )
    _refuse(find(rows.matrix, bundle))
    return rows


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
            yield name, f"must be {kind} or null, got {shortened(value)}"


def _impossible_purchases(matrix: Array, bundle: Bundle) -> Iterator[dict[str, str]]:
    """What contradicts the meaning of the columns that the probability model reads."""
    names = ("age_days", "last_repeat_days", "repeat_days", "day_value_mean", "repeat_value_mean")
    places = [bundle.places[name] for name in names]
    if len(matrix) <= FEW_ROWS and not any(
        any(_broken_rules(*row)) for row in matrix[:, places].tolist()
    ):
        return
    age, last, repeats, day_value, repeat_value = (matrix[:, place] for place in places)
    broken = _broken_rules(age, last, repeats, day_value, repeat_value)
    rules = (
        "must be positive",
        "must lie between 0 and age_days",
        "must lie between 0 and last_repeat_days, days that hold at most one repeat each",
        "must be positive",
        "must be positive",
    )
    for name, flags, rule in zip(names, broken, rules, strict=True):
        for place in np.flatnonzero(flags):
            got = shortened(float(matrix[place, bundle.places[name]]))
            yield {"field": f"rows[{place}].{name}", "message": f"{rule}, got {got}"}


def _broken_rules(
    age: Any, last: Any, repeats: Any, day_value: Any, repeat_value: Any
) -> list[Any]:
    """Which of the rules are broken; of numbers or of arrays."""
    return [
        age <= 0,
        (last < 0) | (last > age),
        # two calendar days more than days of 24 hours: the clock change, and midnight
        (repeats < 0) | (repeats > last + 2),
        day_value <= 0,
        repeat_value <= 0,
    ]


def _impossible_subscriptions(matrix: Array, bundle: Bundle) -> Iterator[dict[str, str]]:
    """What contradicts the meaning of the columns of a subscription."""
    tenure, amount = (
        matrix[:, bundle.places[name]] for name in ("tenure_months", "monthly_amount")
    )
    rules = {
        "tenure_months": ((tenure < 0) | (tenure % 1 > 0), "must be a whole number, at least 0"),
        "monthly_amount": (amount < 0, "must be at least 0"),
    }
    for name, (flags, rule) in rules.items():
        for place in np.flatnonzero(flags):
            got = shortened(float(matrix[place, bundle.places[name]]))
            yield {"field": f"rows[{place}].{name}", "message": f"{rule}, got {got}"}


def _refuse(found: Iterator[dict[str, str]]) -> None:
    """Raises ServeError where there are violations; the first of them are named."""
    if violations := list(islice(found, MOST_DETAILS)):
        others = len(violations) - 1 + sum(1 for _ in found)
        first = violations[0]
        rest = f" (and {others:,} more, see details)" if others else ""
        raise ServeError(f"{first['field']} {first['message']}{rest}", details=violations)


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
