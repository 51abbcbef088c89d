"""The feature table as the matrix that the models read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

Values = NDArray[np.float64]
Matrix = NDArray[np.float32]
Levels = Mapping[str, tuple[str, ...]]
Cell = float | str | None
MOST_LEVELS = 30
# Up to so many rows, one row after the other is faster than what is made for tables.
FEW_ROWS = 24


def levels(tables: Sequence[pd.DataFrame]) -> dict[str, tuple[str, ...]]:
    """The most frequent values of each text column over all tables, most frequent first."""
    names = [str(name) for name in tables[0] if not is_numeric_dtype(tables[0][name])]
    counts = {name: pd.concat([table[name] for table in tables]).value_counts() for name in names}
    return {
        name: tuple(sorted(count.index, key=lambda level: (-count[level], level))[:MOST_LEVELS])
        for name, count in counts.items()
    }


def encode(table: pd.DataFrame, features: Sequence[str], known: Levels) -> Matrix:
    """The matrix of `numbers` as the trees read it, float32."""
    return numbers(table, features, known).astype(np.float32)


def numbers(table: pd.DataFrame, features: Sequence[str], known: Levels) -> Values:
    """Table -> float64 matrix, one column per feature in the given order; null becomes NaN.

    A text value becomes its position in `known`; one that is not there becomes NaN.
    """
    matrix = np.empty((len(table), len(features)), dtype=np.float64)
    for position, name in enumerate(features):
        values = table[name]
        if name in known:
            codes = {level: float(code) for code, level in enumerate(known[name])}
            values = values.map(codes)
        matrix[:, position] = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return matrix


def numbers_of_rows(
    rows: Sequence[Sequence[Cell]], features: Sequence[str], known: Levels
) -> Values:
    """The same from rows of plain values in the order of `features`, without a data frame."""
    if not known or not rows:
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(features))
    codes = {
        features.index(name): {level: float(code) for code, level in enumerate(known[name])}
        for name in known
    }
    coded = [list(row) for row in rows]
    for row in coded:
        for place, code in codes.items():
            text = row[place]
            row[place] = code.get(text) if isinstance(text, str) else None
    return np.array(coded, dtype=np.float64)
