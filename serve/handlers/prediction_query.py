"""What every endpoint asks of the model: customers, as of when, how far, and on what terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.config.sections import Economics
from models.encoding import Cell

Notes = Mapping[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class PredictionQuery:
    """Customers in the order of the reply, their features, and what is to be predicted.

    matrix  features as `bundle.feature_matrix` has them, shape (customers, features)
    table   the same as a feature table: made only where texts are needed
    notes   sentences for single customers that become warnings
    """

    ids: list[str]
    matrix: NDArray[np.float64]
    table: Callable[[], pd.DataFrame]
    as_of: datetime
    horizons: tuple[int, ...]
    economics: Economics
    curve: bool
    explain: bool
    notes: Notes


def feature_table(
    ids: list[str], rows: Sequence[Sequence[Cell]], names: Sequence[str]
) -> pd.DataFrame:
    """Rows of plain values as a feature table; a column without any text is float64."""
    columns: dict[str, pd.Series[Any]] = {}
    for place, name in enumerate(names):
        values: list[Any] = [row[place] for row in rows]
        is_text = any(isinstance(each, str) for each in values)
        columns[name] = pd.Series(values, index=ids, dtype="str" if is_text else "float64")
    return pd.DataFrame(columns, index=pd.Index(ids, dtype="str", name="customer_id"))
