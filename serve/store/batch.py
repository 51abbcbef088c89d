"""A batch of scores: what it was made from, and its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pandas as pd

from models.customer_values import VALUE_COLUMNS
from serve.errors import ServeError
from serve.store.schema import TEXTS

CHUNK = 5_000
# They depend on the batch before; what decides about them belongs in BatchOrigin.options.
LABELS = ("tier", "segment")
NUL = "\0"

Row = tuple[str | float | None, ...]


@dataclass(frozen=True, kw_only=True)
class BatchOrigin:
    """Everything that a batch was made from; the same origin and content are the same batch.

    card_sha256  of the model's card
    economics    margin, discount_rate_annual, ...
    data_sha256  of the transactions
    options      JSON values: whatever else the scores depend on, such as the data's policies
    """

    model_name: str
    model_version: str
    card_sha256: str
    trained_as_of: datetime
    as_of: datetime
    horizon_days: int
    currency: str
    timezone: str
    economics: dict[str, float]
    data_sha256: str
    options: dict[str, Any] = field(default_factory=dict)

    def json_values(self) -> dict[str, Any]:
        """The fields as JSON values; timestamps in UTC, so that equal ones are one text."""
        values = asdict(self)
        return {
            name: utc(each) if isinstance(each, datetime) else each for name, each in values.items()
        }


@dataclass(frozen=True)
class Content:
    """The scores of a batch and the features that they were made from.

    predictions  see `models.predictor_interface.Predictor.predict`; index customer_id; any columns,
                 `warnings` a list
    features     the rows of the feature table, the same index in the same order
    """

    predictions: pd.DataFrame
    features: pd.DataFrame

    def check(self) -> None:
        """Raises ServeError for a customer id that not every database can hold."""
        if not self.predictions.index.equals(self.features.index):
            raise ValueError(
                "predictions and features must have the same customers in the same order"
            )
        for each in self.predictions.index:
            if NUL in each:
                raise ServeError(
                    f"customer_id {each!r} holds the character NUL, which the store cannot hold; "
                    "remove it from the transactions"
                )

    def sha256(self) -> str:
        """The hash of all values, to the last bit, without tier and segment."""
        digest, lines = hashlib.sha256(), msgspec.json.Encoder()
        for frame in (self.predictions.drop(columns=list(LABELS), errors="ignore"), self.features):
            digest.update(msgspec.json.encode([str(name) for name in frame]))
            for chunk in _chunks(frame):
                digest.update(lines.encode_lines(list(_lists(chunk))))
        return digest.hexdigest()

    def rows(self) -> Iterator[list[Row]]:
        """Chunks of rows: customer_id, VALUE_COLUMNS, TEXTS, warnings, features, others."""
        for predictions, table in zip(
            _chunks(self.predictions), _chunks(self.features), strict=True
        ):
            yield _rows(predictions, table)


def utc(timestamp: datetime) -> str:
    """A timestamp as the store holds it."""
    return timestamp.astimezone(UTC).isoformat()


def fingerprint(origin: BatchOrigin, content: Content) -> str:
    """What two batches have in common when they are the same."""
    encoded = msgspec.json.encode([origin.json_values(), content.sha256()], order="deterministic")
    return hashlib.sha256(encoded).hexdigest()


def _rows(predictions: pd.DataFrame, table: pd.DataFrame) -> list[Row]:
    size = len(predictions)
    columns = [
        _values(predictions[name]) if name in predictions else [None] * size
        for name in VALUE_COLUMNS
    ]
    columns += [
        _values(predictions[name]) if name in predictions else [None] * size for name in TEXTS
    ]
    warnings = _values(predictions["warnings"]) if "warnings" in predictions else [[]] * size
    columns += [_json(warnings), _json(_lists(table)), _others(predictions)]
    return list(zip(predictions.index.tolist(), *columns, strict=True))


def _others(predictions: pd.DataFrame) -> list[Any]:
    """Columns of predictions that the tables do not have, as JSON objects."""
    others = [name for name in predictions if name not in {*VALUE_COLUMNS, *TEXTS, "warnings"}]
    if not others:
        return [None] * len(predictions)
    return _json(dict(zip(others, row, strict=True)) for row in _lists(predictions[others]))


def _chunks(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    return (frame.iloc[start : start + CHUNK] for start in range(0, len(frame), CHUNK))


def _lists(frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    return zip(*(_values(frame[name]) for name in frame), strict=True)


def _values(column: pd.Series[Any]) -> list[Any]:
    """Python values, None where there is none."""
    values: list[Any] = column.astype("object").where(column.notna(), None).tolist()
    return values


def _json(values: Any) -> list[Any]:
    """Each as JSON text; msgspec writes floats so that they are read back as they were."""
    return [msgspec.json.encode(each).decode() for each in values]
