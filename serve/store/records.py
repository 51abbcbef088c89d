"""What a score store holds, as values: a batch, and a customer's scores in it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, Select, select

from models.customer_values import VALUE_COLUMNS
from serve.store.batch import BatchOrigin
from serve.store.schema import BATCHES, SCORES, TEXTS

Value = float | str | None
Source = Literal["store", "last_good"]
TIMESTAMPS = ("created_at", "trained_as_of", "as_of")
NAMES = ("columns", "features")


@dataclass(frozen=True, kw_only=True)
class Batch(BatchOrigin):
    """A batch as it is read from the store: what it was made from, and

    published  the higher, the later; the current batch has the highest
    totals     the numbers of all customers together
    columns    the columns of the predictions, in order
    features   the columns of the feature table, in order
    source     where it was read: the store, or its local replica
    """

    number: int
    fingerprint: str
    published: int
    created_at: datetime
    customers: int
    totals: dict[str, Any]
    columns: tuple[str, ...]
    features: tuple[str, ...]
    source: Source = "store"


@dataclass(frozen=True, kw_only=True)
class Score:
    """One customer in one batch.

    prediction  the columns of `models.predictor_interface.Predictor.predict` that the batch has,
                in its order
    features    the customer's row of the feature table; None unless it was asked for
    """

    customer_id: str
    prediction: dict[str, Any]
    features: dict[str, Value] | None


def to_batch(row: Row[Any], source: Source) -> Batch:
    """A row with the columns of `batches` first."""
    cells = dict(zip(BATCHES.c.keys(), row, strict=False)) | {"source": source}
    cells |= {name: datetime.fromisoformat(cells[name]) for name in TIMESTAMPS}
    cells |= {name: tuple(cells[name]) for name in NAMES}
    return Batch(**{each.name: cells[each.name] for each in fields(Batch)})


def scores_of(batch: Batch, *, features: bool = False) -> Select[Any]:
    """A query for the scores of a batch, whose rows `to_score` reads."""
    columns = [each for each in SCORES.c if features or each is not SCORES.c.features]
    return select(*columns).where(SCORES.c.batch == batch.number)


def to_score(batch: Batch, row: Row[Any]) -> Score:
    """A row of `scores` as a score of its batch."""
    cells = row._mapping
    values = {name: cells[name] for name in (*VALUE_COLUMNS, *TEXTS)}
    values["warnings"] = msgspec.json.decode(cells["warnings"])
    if cells["others"] is not None:
        values |= msgspec.json.decode(cells["others"])
    features = None
    if "features" in cells:
        row = msgspec.json.decode(cells["features"])
        features = dict(zip(batch.features, row, strict=True))
    return Score(
        customer_id=cells["customer_id"],
        prediction={name: values[name] for name in batch.columns},
        features=features,
    )
