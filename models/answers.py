"""Compatibility: imported by the code of models that version 0.2.0 registered with MLflow.

See docs/upgrading.md.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from models.bundle import Bundle
from models.predictor import predictor_of


def answer(
    bundle: Bundle, table: pd.DataFrame, *, as_of: datetime, horizon_days: int | None = None
) -> pd.DataFrame:
    """Feature table -> predictions, see `models.predictor_interface.Predictor.predict`."""
    return predictor_of(bundle).predict(table, as_of=as_of, horizon_days=horizon_days)
