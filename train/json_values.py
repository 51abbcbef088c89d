"""Values as JSON knows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd


def iso(time: Any) -> str:
    """A timestamp as ISO text."""
    return str(time.isoformat())


def plain(value: Any, *, time: Callable[[Any], str] = iso) -> Any:
    """A value as JSON knows it: numbers that are not finite are None, timestamps text by `time`."""
    if isinstance(value, Mapping):
        return {str(key): plain(each, time=time) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each, time=time) for each in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist(), time=time)
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NaT or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return time(value) if hasattr(value, "isoformat") else value
