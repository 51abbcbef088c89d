"""What a table must look like before any other module may touch it, and what a transaction is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import (
    is_datetime64_any_dtype,
    is_float_dtype,
    is_numeric_dtype,
    is_string_dtype,
)

from features.errors import DataError

OptionalColumn = Literal["category", "channel"]
OPTIONAL: tuple[OptionalColumn, ...] = ("category", "channel")

# SQL of the sum within which an order nets to nothing;
# subtle: its parts are floats, so that it rarely sums to 0.0
ZERO_AMOUNT = "1E-6"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its name, kind of values, unit and meaning, and what it may hold."""

    name: str
    has_dtype: Callable[[Any], bool]
    unit: str
    meaning: str
    nullable: bool = False
    required: bool = True

    def violations(self, frame: pd.DataFrame) -> list[str]:
        """Everything that is wrong with this column of `frame`, as sentences."""
        if self.name not in frame:
            return [f"{self.name}: missing"] if self.required else []
        values = frame[self.name]
        found = []
        if len(values) and not values.isna().all() and not self.has_dtype(values.dtype):
            found.append(f"{self.name}: unexpected type {values.dtype}")
        elif is_float_dtype(values.dtype) and (infinite := int(np.isinf(values).sum())):
            found.append(f"{self.name}: {infinite} values are not finite")
        if not self.nullable and (nulls := int(values.isna().sum())):
            found.append(f"{self.name}: {nulls} nulls, first in row {_first(values.isna())}")
        return found


@dataclass(frozen=True)
class TableSchema:
    """A named list of columns that a frame can be checked against."""

    name: str
    columns: tuple[Column, ...]

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return `frame` cut down to the schema's columns, in order.

        Raises DataError naming every violation, not just the first.
        """
        found = [each for column in self.columns for each in column.violations(frame)]
        if found:
            raise DataError(f"{self.name}: " + "; ".join(found))
        return frame[[column.name for column in self.columns if column.name in frame]]


def _first(flags: pd.Series[bool]) -> int:
    """The first flagged row, counted from 1."""
    return int(np.argmax(flags.to_numpy())) + 1


TRANSACTIONS = TableSchema(
    "transactions",
    (
        Column(name="customer_id", has_dtype=is_string_dtype, unit="text", meaning="who bought"),
        Column(
            name="timestamp",
            has_dtype=is_datetime64_any_dtype,
            unit="timestamp",
            meaning="when; naive values are wall clock in the log's time zone",
        ),
        Column(
            name="amount",
            has_dtype=is_numeric_dtype,
            unit="money",
            meaning="what was paid; negative for a refund",
        ),
        Column(
            name="order_id",
            has_dtype=is_string_dtype,
            unit="text",
            meaning="which order; null: rows of one customer and instant are one order",
            nullable=True,
            required=False,
        ),
        Column(
            name="category",
            has_dtype=is_string_dtype,
            unit="text",
            meaning="what was bought",
            nullable=True,
            required=False,
        ),
        Column(
            name="channel",
            has_dtype=is_string_dtype,
            unit="text",
            meaning="where it was bought",
            nullable=True,
            required=False,
        ),
    ),
)
