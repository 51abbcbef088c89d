"""Results of shards, one after the other -> columns over all customers, sorted by id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.lines.stored import StoredLines
from features.purchases.duckdb_engine import Columns


@dataclass(frozen=True)
class Gathered:
    """What a statement says of each customer that it names.

    index    customer_id, sorted
    numbers  float64, NaN where null: a row for each number, a column for each customer
    texts    name -> text or None of each customer
    """

    index: pd.Index
    numbers: NDArray[np.float64]
    texts: dict[str, NDArray[Any]]


def gather(
    lines: StoredLines,
    results: Iterable[tuple[int, Columns]],
    *,
    numbers: Sequence[str],
    texts: Sequence[str] = (),
) -> Gathered:
    """Put the rows of each shard where their customers belong.

    numbers, texts   the columns wanted of the results, beside customer_id
    """
    ids = lines.customer_ids
    known = np.zeros(len(ids), dtype=bool)
    block = np.empty((len(numbers), len(ids)))
    words = {name: np.empty(len(ids), dtype="object") for name in texts}
    for shard, found in results:
        places = lines.places[shard][found["customer_id"]]
        known[places] = True
        for row, name in enumerate(numbers):
            block[row, places] = filled(found[name])
        for name in texts:
            words[name][places] = texts_of(found[name])
    if known.all():
        return Gathered(ids, block, words)
    return Gathered(
        ids[known], block[:, known], {name: each[known] for name, each in words.items()}
    )


def filled(column: np.ma.MaskedArray[Any, np.dtype[Any]]) -> NDArray[np.float64]:
    """Numbers of a result as float64, NaN where null."""
    values: NDArray[np.float64] = np.ma.filled(column.astype("float64"), np.nan)
    return values


def texts_of(column: np.ma.MaskedArray[Any, np.dtype[Any]]) -> NDArray[Any]:
    """Texts of a result, None where null."""
    # subtle: filled with None, a masked array of texts would hold "?"
    values: NDArray[Any] = column.data.astype("object")
    values[np.ma.getmaskarray(column)] = None
    return values
