"""What a score store holds, as values: a batch, and a customer's scores in it.

What is read is data that somebody else may have written: what does not fit is a ServeError (503).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from pydantic import ValidationError
from sqlalchemy import Row, Select, select

from features.stored_documents import problems
from models.customer_values import VALUE_COLUMNS
from serve.errors import ServeError
from serve.store.batch import BatchOrigin
from serve.store.schema import BATCHES, SCORES, TEXTS
from serve.store.stored_batch import StoredBatch

Value = float | str | None
Source = Literal["store", "last_good"]
WARNINGS = msgspec.json.Decoder(list[str])
OTHERS = msgspec.json.Decoder(dict[str, Any])
FEATURES = msgspec.json.Decoder(list[bool | int | float | str | None])
# What comes of reading JSON, numbers and texts that are something else.
DAMAGE = (ValueError, TypeError, KeyError, OverflowError, RecursionError)


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


@contextmanager
def stored_values() -> Iterator[None]:
    """Raises ServeError (503) where reading what is stored fails for what it is."""
    try:
        yield
    except ServeError:
        raise
    except DAMAGE as error:
        raise _damaged(error) from None


def to_batch(row: Row[Any], source: Source) -> Batch:
    """A row with the columns of `batches` first. Raises ServeError (503) for one that is none."""
    cells = dict(zip(BATCHES.c.keys(), row, strict=False))
    try:
        return Batch(**dict(StoredBatch.model_validate(cells)), source=source)
    except ValidationError as error:
        raise _damaged(error) from None


def scores_of(batch: Batch, *, features: bool = False) -> Select[Any]:
    """A query for the scores of a batch, whose rows `to_score` reads."""
    columns = [each for each in SCORES.c if features or each is not SCORES.c.features]
    return select(*columns).where(SCORES.c.batch == batch.number)


def to_score(batch: Batch, row: Row[Any]) -> Score:
    """A row of `scores` as a score of its batch. Raises ServeError (503) for one that is none."""
    try:
        return _score(batch, row._mapping)
    except DAMAGE as error:
        raise _damaged(error) from None


def _score(batch: Batch, cells: Any) -> Score:
    values: dict[str, Any] = {name: _number(cells[name]) for name in VALUE_COLUMNS}
    values |= {name: _text(cells[name]) for name in TEXTS}
    values["warnings"] = WARNINGS.decode(cells["warnings"])
    if cells["others"] is not None:
        values |= OTHERS.decode(cells["others"])
    features = None
    if "features" in cells:
        row = FEATURES.decode(cells["features"])
        features = dict(zip(batch.features, row, strict=True))
    return Score(
        customer_id=_text(cells["customer_id"]),
        prediction={name: values[name] for name in batch.columns},
        features=features,
    )


def _number(cell: Any) -> Any:
    if cell is None or (isinstance(cell, float | int) and math.isfinite(cell)):
        return cell
    raise ValueError(f"{str(cell)[:30]!r} is no number")


def _text(cell: Any) -> Any:
    if cell is None or isinstance(cell, str):
        return cell
    raise ValueError(f"{str(cell)[:30]!r} is no text")


def _damaged(error: Exception) -> ServeError:
    reason = problems(error) if isinstance(error, ValidationError) else str(error)[:200]
    return ServeError(
        f"the score store holds what cannot be read ({reason}); score the customers again, into "
        "another store",
        status=503,
    )
