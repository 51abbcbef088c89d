"""Feature rows of a request -> what the models read, or what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.design_matrix import Cell, numbers_of_rows
from serve.api.error_messages import MOST_DETAILS, shortened
from serve.api.field_types import FeatureValue
from serve.api.possible_rows import impossible
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
    _refuse(impossible(rows.matrix, bundle))
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
