"""Feature rows that no customer can have, in words: what must be, and what was given."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from features.purchases.ranges import POSITIVE, possible_ranges
from models.bundle import Bundle
from models.purchases.prediction_basis import NEEDED
from models.subscriptions.bundle import SubscriptionBundle
from serve.api.error_messages import shortened

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
UNKNOWN = "must be known where other numbers are: it is null only for a customer without a purchase"


def impossible(matrix: Array, bundle: Bundle) -> Iterator[dict[str, str]]:
    """What contradicts the meaning of the features; the matrix has the bundle's columns."""
    if isinstance(bundle, SubscriptionBundle):
        return _violations(matrix, bundle, _of_subscriptions(matrix, bundle))
    return _impossible_purchases(matrix, bundle)


def _impossible_purchases(matrix: Array, bundle: Bundle) -> Iterator[dict[str, str]]:
    lowest, highest = _ranges(tuple((each.name, each.unit) for each in bundle.card.features))
    outside = (matrix < lowest) | (matrix > highest)
    if outside.any():
        rules = (
            (name, outside[:, place], _between(lowest[place], highest[place]))
            for place, name in enumerate(bundle.names)
            if outside[:, place].any()
        )
        yield from _violations(matrix, bundle, rules)
    yield from _violations(matrix, bundle, _of_purchases(matrix, bundle))


@lru_cache(maxsize=16)
def _ranges(features: tuple[tuple[str, str], ...]) -> Array:
    return possible_ranges(features)


def _between(lowest: float, highest: float) -> str:
    if (lowest, highest) == POSITIVE:
        return "must be positive"
    if np.isinf(highest):
        return f"must be at least {lowest:g}"
    return f"must lie between {lowest:g} and {highest:g}"


def _of_purchases(matrix: Array, bundle: Bundle) -> Iterator[tuple[str, Flags, str]]:
    """Feature, the rows that break its rule, and the rule, where one feature bounds another."""

    def column(name: str) -> Array:
        return matrix[:, bundle.places[name]]

    age, last, repeats = (column(name) for name in ("age_days", "last_repeat_days", "repeat_days"))
    yield "recency_days", column("recency_days") > age, "must lie between 0 and age_days"
    yield "last_repeat_days", last > age, "must lie between 0 and age_days"
    yield (
        "repeat_days",
        # two calendar days more than days of 24 hours: the clock change, and midnight
        repeats > last + 2,
        "must lie between 0 and last_repeat_days, days that hold at most one repeat each",
    )
    known = ~np.isnan(matrix[:, [bundle.places[name] for name in NEEDED]])
    some = known.any(axis=1)
    if not known[some].all():
        for place, name in enumerate(NEEDED):
            yield name, some & ~known[:, place], UNKNOWN
    unknown = np.isnan(column("repeat_value_mean")) & (repeats > 0)
    yield "repeat_value_mean", unknown, "must be known where repeat_days is above 0"
    yield "recency_days", np.isnan(column("recency_days")) & some, UNKNOWN


def _of_subscriptions(matrix: Array, bundle: Bundle) -> Iterator[tuple[str, Flags, str]]:
    tenure, amount = (
        matrix[:, bundle.places[name]] for name in ("tenure_months", "monthly_amount")
    )
    yield "tenure_months", (tenure < 0) | (tenure % 1 > 0), "must be a whole number, at least 0"
    yield "monthly_amount", amount < 0, "must be at least 0"


def _violations(
    matrix: Array, bundle: Bundle, rules: Iterator[tuple[str, Flags, str]]
) -> Iterator[dict[str, str]]:
    for name, flags, rule in rules:
        for place in np.flatnonzero(flags):
            value = float(matrix[place, bundle.places[name]])
            got = shortened(None if np.isnan(value) else value)
            yield {"field": f"rows[{place}].{name}", "message": f"{rule}, got {got}"}
