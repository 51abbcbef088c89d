"""What a score store keeps, as values: a batch, and a customer's scores in it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, Select, select

from serve.store.batch import Origin
from serve.store.schema import BATCHES, NUMBERS, SCORES, TEXTS

Value = float | str | None
Source = Literal["store", "last_good"]
MOMENTS = ("created_at", "trained_as_of", "as_of")
NAMES = ("columns", "features")


@dataclass(frozen=True, kw_only=True)
class Batch(Origin):
    """A batch as the store tells it: what it was made from, and

    published  the higher, the later; the current batch has the highest
    totals     what was said of all customers together
    columns    the answer columns, in order
    features   the columns of the feature table, in order
    source     where it was read: the store, or the copy that answers while the store is away
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

    answers   the columns of `models.predictor.predict` that the batch has, in its order
    features  the customer's row of the feature table; None unless it was asked for
    """

    customer_id: str
    answers: dict[str, Any]
    features: dict[str, Value] | None


def to_batch(row: Row[Any], source: Source) -> Batch:
    """A row with the columns of `batches` first."""
    told = dict(zip(BATCHES.c.keys(), row, strict=False)) | {"source": source}
    told |= {name: datetime.fromisoformat(told[name]) for name in MOMENTS}
    told |= {name: tuple(told[name]) for name in NAMES}
    return Batch(**{each.name: told[each.name] for each in fields(Batch)})


def scores_of(batch: Batch, *, features: bool = False) -> Select[Any]:
    """A query for the scores of a batch, whose rows `to_score` reads."""
    columns = [each for each in SCORES.c if features or each is not SCORES.c.features]
    return select(*columns).where(SCORES.c.batch == batch.number)


def to_score(batch: Batch, row: Row[Any]) -> Score:
    """A row of `scores` as a score of its batch."""
    told = row._mapping
    answers = {name: told[name] for name in (*NUMBERS, *TEXTS)}
    answers["warnings"] = msgspec.json.decode(told["warnings"])
    if told["others"] is not None:
        answers |= msgspec.json.decode(told["others"])
    table = None
    if "features" in told:
        values = msgspec.json.decode(told["features"])
        table = dict(zip(batch.features, values, strict=True))
    return Score(
        customer_id=told["customer_id"],
        answers={name: answers[name] for name in batch.columns},
        features=table,
    )
