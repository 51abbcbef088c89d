from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from features.config.purchases import PurchaseConfig
from features.ingest.transactions import TransactionLog, read_transactions
from features.timestamps import parse_as_of
from models.purchases.bundle import PurchaseBundle
from models.purchases.card import PurchaseCard
from models.purchases.seasonality import from_rate_errors
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.purchases.train import train

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "data" / "cdnow_sample.parquet"
TREES = {"max_rounds": 10, "min_child_weight": 5.0}
HORIZON_DAYS = 91


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Small fits lose their time in waiting for threads, the more so on a busy machine."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(scope="session")
def cdnow_config() -> PurchaseConfig:
    return PurchaseConfig.model_validate(
        {
            "data": {
                "transactions": str(SAMPLE),
                "columns": {"customer_id": "customer_id", "timestamp": "ts", "amount": "amount"},
            },
            "problem": {"horizon_days": HORIZON_DAYS, "snapshots": 3, "spacing_days": 28},
            "churn": TREES,
            "spend": TREES,
        }
    )


@pytest.fixture(scope="session")
def cdnow(cdnow_config: PurchaseConfig) -> TransactionLog:
    return read_transactions(cdnow_config.data)


@pytest.fixture(scope="session")
def history(cdnow: TransactionLog) -> PurchaseSnapshots:
    return PurchaseSnapshots(cdnow)


@pytest.fixture(scope="session")
def as_of(cdnow: TransactionLog) -> datetime:
    return parse_as_of("1998-04-01", cdnow.timezone)


@pytest.fixture(scope="session")
def bundle(
    cdnow_config: PurchaseConfig, history: PurchaseSnapshots, as_of: datetime
) -> PurchaseBundle:
    """Trees over the CDNOW sample; card and boosters as training leaves them."""
    return train(
        PurchaseTask(cdnow_config, history, as_of, HORIZON_DAYS), step=lambda _: None
    ).bundle


@pytest.fixture(scope="session")
def seasonal(bundle: PurchaseBundle) -> PurchaseBundle:
    """The same with a busy quarter, and with totals moved up in orders and down in spend."""
    season = from_rate_errors(bundle.card.trained_as_of, [91, 182, 364], [0.4, 0.3, 0.0])
    card: PurchaseCard = bundle.card.model_copy(
        update={
            "season": season,
            "churn": bundle.card.churn.model_copy(update={"shift": 0.4}),
            "spend": bundle.card.spend.model_copy(update={"shift": -0.2}),
        }
    )
    return PurchaseBundle(card, bundle.churn, bundle.spend)


@pytest.fixture(scope="session")
def table(history: PurchaseSnapshots, as_of: datetime) -> pd.DataFrame:
    """The features of every customer of the sample."""
    return history.table(as_of)


@pytest.fixture(scope="session")
def cdnow_paper() -> pd.DataFrame:
    """The sample as the papers read it: weeks, calibrated to 1997-09-30, zero amounts kept.

    Index customer_id: repeats, last_repeat, age (weeks), and `value`, the mean of repeat days.
    """
    log = pd.read_parquet(SAMPLE)
    end = pd.Timestamp("1997-09-30")
    log = log[log["ts"] <= end]
    days = log.groupby(["customer_id", "ts"])["amount"].sum().reset_index()
    by_customer = days.groupby("customer_id")["ts"]
    first, last = by_customer.min(), by_customer.max()
    again = days[days["ts"] > days["customer_id"].map(first)]
    return pd.DataFrame(
        {
            "repeats": (by_customer.size() - 1).astype(float),
            "last_repeat": (last - first).dt.days / 7,
            "age": (end - first).dt.days / 7,
            "value": again.groupby("customer_id")["amount"].mean(),
        }
    )
