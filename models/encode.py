"""The feature table as the matrix that the trees read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

Matrix = NDArray[np.float32]
Levels = Mapping[str, tuple[str, ...]]
MOST_LEVELS = 30


def levels(tables: Sequence[pd.DataFrame]) -> dict[str, tuple[str, ...]]:
    """The most frequent values of each text column over all tables, most frequent first."""
    names = [str(name) for name in tables[0] if not is_numeric_dtype(tables[0][name])]
    counts = {name: pd.concat([table[name] for table in tables]).value_counts() for name in names}
    return {
        name: tuple(sorted(count.index, key=lambda level: (-count[level], level))[:MOST_LEVELS])
        for name, count in counts.items()
    }


def encode(table: pd.DataFrame, features: Sequence[str], known: Levels) -> Matrix:
    """Table -> float32 matrix, one column per feature in the given order; null becomes NaN.

    A text value becomes its position in `known`; one that is not there becomes NaN.
    """
    matrix = np.empty((len(table), len(features)), dtype=np.float32)
    for position, name in enumerate(features):
        values = table[name]
        if name in known:
            codes = {level: float(code) for code, level in enumerate(known[name])}
            values = values.map(codes)
        matrix[:, position] = values.to_numpy(dtype=np.float32, na_value=np.nan)
    return matrix
