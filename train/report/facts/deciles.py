"""Customers in deciles by a prediction: means of the predicted and of the actual."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

GROUPS = 10


def known(value: float) -> float | None:
    """A number, or None where it is not defined."""
    return value if np.isfinite(value) else None


def decile_means(
    customers: pd.DataFrame, by: str, names: dict[str, str]
) -> tuple[dict[str, float], ...]:
    """Means of ten equal parts of the customers by a rising number; fewer for few customers."""
    order = np.argsort(customers[by].to_numpy(dtype=float), kind="stable")
    parts = np.array_split(order, min(GROUPS, len(customers)))
    groups: list[dict[str, Any]] = [
        {name: float(customers[column].iloc[part].mean()) for column, name in names.items()}
        | {"group": float(place), "customers": float(len(part))}
        for place, part in enumerate(parts, start=1)
    ]
    return tuple(groups)
