from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from train.estimator import CustomerValue

DATA = Path(__file__).resolve().parents[3] / "data"
# Quick to train, and what the configuration of the fixture `problem` says.
QUICK: dict[str, Any] = {
    "horizon_days": 60,
    "snapshots": 2,
    "churn": {"max_rounds": 5},
    "spend": {"max_rounds": 5},
}


@pytest.fixture(scope="session")
def purchases() -> pd.DataFrame:
    """The CDNOW sample, its customers renamed: the log of the fixture `problem`."""
    log = pd.read_parquet(DATA / "cdnow_sample.parquet")
    return log.assign(customer_id="who-" + log["customer_id"].astype(str))


@pytest.fixture(scope="session")
def fitted(purchases: pd.DataFrame) -> CustomerValue:
    """A model of purchases as a notebook would have it. Ask it, change nothing."""
    return CustomerValue(**QUICK).fit(purchases, timestamp="ts")


@pytest.fixture(scope="session")
def subscribers() -> pd.DataFrame:
    """Every third subscriber of the telephone company."""
    return pd.read_parquet(DATA / "telco.parquet").iloc[::3].reset_index(drop=True)
