"""Which customers a score is about: everyone, and apart those who are known differently well."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NEW_DAYS = 90


def segments(table: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Feature table -> flags over its rows.

    one_time, repeat   purchase days so far: one, or more
    new                first purchase less than 90 days ago (also in one of the other two)
    """
    once = (table["repeat_days"] == 0).to_numpy()
    return {
        "everyone": np.ones(len(table), dtype=bool),
        "one_time": once,
        "repeat": ~once,
        "new": (table["age_days"] < NEW_DAYS).to_numpy(),
    }
