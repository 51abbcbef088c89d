"""A batch of scores: what it was made from, and its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pandas as pd

from serve.errors import ServeError
from serve.store.schema import NUMBERS, TEXTS

CHUNK = 5_000
# They depend on the batch before; what decides about them belongs in Origin.options.
LABELS = ("tier", "segment")
NUL = "\0"

Row = tuple[str | float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Origin:
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

    def told(self) -> dict[str, Any]:
        """The fields as JSON values; moments in UTC, so that one moment is one text."""
        values = asdict(self)
        return {
            name: utc(each) if isinstance(each, datetime) else each for name, each in values.items()
        }


@dataclass(frozen=True)
class Content:
    """The scores of a batch and the features that they were made from.

    answers   see `models.predictor.predict`; index customer_id; any columns, `warnings` a list
    features  the rows of the feature table, the same index in the same order
    """

    answers: pd.DataFrame
    features: pd.DataFrame

    def check(self) -> None:
        """Raises ServeError for a customer id that not every database can hold."""
        if not self.answers.index.equals(self.features.index):
            raise ValueError("answers and features must have the same customers in the same order")
        for each in self.answers.index:
            if NUL in each:
                raise ServeError(
                    f"customer_id {each!r} holds the character NUL, which the store cannot hold; "
                    "remove it from the log"
                )

    def sha256(self) -> str:
        """The hash of all values, to the last bit, without tier and segment."""
        digest, lines = hashlib.sha256(), msgspec.json.Encoder()
        for frame in (self.answers.drop(columns=list(LABELS), errors="ignore"), self.features):
            digest.update(msgspec.json.encode([str(name) for name in frame]))
            for chunk in _chunks(frame):
                digest.update(lines.encode_lines(list(_lists(chunk))))
        return digest.hexdigest()

    def rows(self) -> Iterator[list[Row]]:
        """Chunks of rows: customer_id, NUMBERS, TEXTS, warnings, features, others."""
        for answers, table in zip(_chunks(self.answers), _chunks(self.features), strict=True):
            yield _rows(answers, table)


def utc(moment: datetime) -> str:
    """A moment as the store keeps it."""
    return moment.astimezone(UTC).isoformat()


def fingerprint(origin: Origin, content: Content) -> str:
    """What two batches have in common when they are the same."""
    told = msgspec.json.encode([origin.told(), content.sha256()], order="deterministic")
    return hashlib.sha256(told).hexdigest()


def _rows(answers: pd.DataFrame, table: pd.DataFrame) -> list[Row]:
    size = len(answers)
    columns = [_values(answers[name]) if name in answers else [None] * size for name in NUMBERS]
    columns += [_values(answers[name]) if name in answers else [None] * size for name in TEXTS]
    warnings = _values(answers["warnings"]) if "warnings" in answers else [[]] * size
    columns += [_json(warnings), _json(_lists(table)), _others(answers)]
    return list(zip(answers.index.tolist(), *columns, strict=True))


def _others(answers: pd.DataFrame) -> list[Any]:
    """Answer columns that the tables do not know, as JSON objects."""
    others = [name for name in answers if name not in {*NUMBERS, *TEXTS, "warnings"}]
    if not others:
        return [None] * len(answers)
    return _json(dict(zip(others, row, strict=True)) for row in _lists(answers[others]))


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
