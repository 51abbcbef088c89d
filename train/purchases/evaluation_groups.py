"""Which customers a score is about: everyone, and apart those who are known differently well."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.purchases.age_bands import AGE_BANDS, in_band


def segments(table: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Feature table -> flags over its rows.

    one_time, repeat   purchase days so far: one, or more
    age_0_7, ...       days since the first purchase, see `models.purchases.age_bands`
    """
    once = (table["repeat_days"] == 0).to_numpy()
    age_days = table["age_days"].to_numpy(dtype=float)
    return {
        "everyone": np.ones(len(table), dtype=bool),
        "one_time": once,
        "repeat": ~once,
        **{_name(band): in_band(age_days, band) for band in AGE_BANDS},
    }


def _name(band: str) -> str:
    """As a part of a metric's name: age_0_7, age_90."""
    return "age_" + band.replace("-", "_").rstrip("+")
