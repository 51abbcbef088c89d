"""Stored features as the live model reads them, or why it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from models.design_matrix import Cell, numbers_of_rows
from serve.api.feature_rows import FeatureRows
from serve.errors import ServeError
from serve.model.loaded import LoadedModel
from serve.store.lookups import LookupResult

REPAIR = "score the customers again, or ask without options for what was stored"
MOST_NAMED = 5


def stored_feature_rows(model: LoadedModel, found: LookupResult) -> FeatureRows:
    """The features of the customers found, in the order of the live model's.

    Raises ServeError (503) where the batch is not of its currency, or has other features.
    """
    names, card = model.bundle.names, model.bundle.card
    if found.batch.currency != card.currency:
        raise ServeError(
            f"the stored customers are in {found.batch.currency}, the live model is of "
            f"{card.currency}: {REPAIR}",
            status=503,
        )
    known = set(found.batch.features)
    if lost := [name for name in names if name not in known]:
        raise _other_features(f"{_named(lost)} it does not have")
    cells: list[list[Cell]] = []
    for score in found.scores:
        row = score.features or {}
        cells.append([row[name] for name in names])
    if wrong := list(islice(_of_another_kind(model, cells), 1)):
        raise _other_features(f"{wrong[0]} is a text in one and a number in the other")
    matrix = numbers_of_rows(cells, names, card.levels)
    return FeatureRows([each.customer_id for each in found.scores], cells, matrix)


def _of_another_kind(model: LoadedModel, cells: list[list[Cell]]) -> Iterator[str]:
    """Features whose stored values are texts where the model reads numbers, or the reverse."""
    for place, feature in enumerate(model.bundle.card.features):
        is_text = feature.unit == "text"
        values = (row[place] for row in cells)
        if any(each is not None and isinstance(each, str) != is_text for each in values):
            yield feature.name


def _other_features(how: str) -> ServeError:
    return ServeError(
        f"the stored features are not those that the live model reads: {how}; {REPAIR}", status=503
    )


def _named(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
