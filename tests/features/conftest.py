from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from features.config.purchases import PurchaseConfig
from features.config.read import read_purchase_config
from features.config.subscriptions import SubscriptionColumns, SubscriptionData
from features.ingest.subscribers import SubscriberTable, read_subscribers
from features.ingest.transactions import TransactionLog, read_transactions

ROOT = Path(__file__).resolve().parent.parent.parent
DATED = """\
who,since,fee,until,plan
a,2024-01-01,10,,basic
b,2024-01-31,20,2024-02-29,basic
c,2024-02-10,30,2024-07-01,plus
d,2024-06-15,40,2024-08-20,plus
e,2024-07-01,50,,basic
"""
TENURES = "who,months,fee,gone,plan\na,0,10,no,basic\nb,1,20,yes,basic\nc,14,30,No,plus\n"


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository root as working directory: configurations name data relative to it."""
    monkeypatch.chdir(ROOT)
    return ROOT


def _config(name: str) -> PurchaseConfig:
    config = read_purchase_config(ROOT / "configs" / f"{name}.toml")
    absolute = str(ROOT / config.data.transactions)
    return config.model_copy(
        update={"data": config.data.model_copy(update={"transactions": absolute})}
    )


@pytest.fixture(scope="session")
def retail_config() -> PurchaseConfig:
    return _config("online_retail")


@pytest.fixture(scope="session")
def retail(retail_config: PurchaseConfig) -> TransactionLog:
    return read_transactions(retail_config.data)


@pytest.fixture(scope="session")
def groceries() -> TransactionLog:
    return read_transactions(_config("complete_journey").data)


@pytest.fixture
def dated_rows() -> str:
    """A CSV of subscribers with the dates on which they started and cancelled."""
    return DATED


@pytest.fixture
def tenure_rows() -> str:
    """A CSV of subscribers with the months that they have lasted."""
    return TENURES


@pytest.fixture
def dated(tmp_path: Path) -> Callable[..., SubscriberTable]:
    """Reads a CSV of dates, with changes to its configuration."""
    columns = SubscriptionColumns(customer_id="who", start="since", amount="fee", cancelled="until")
    return _reader(tmp_path / "customers.csv", columns, DATED, "2024-10-01")


@pytest.fixture
def tenures(tmp_path: Path) -> Callable[..., SubscriberTable]:
    """Reads a CSV of tenures, with changes to its configuration."""
    columns = SubscriptionColumns(
        customer_id="who", tenure="months", amount="fee", cancelled="gone"
    )
    return _reader(tmp_path / "customers.csv", columns, TENURES, "2024-07-01")


def _reader(
    path: Path, columns: SubscriptionColumns, default: str, until: str
) -> Callable[..., SubscriberTable]:
    def read(text: str = default, **changes: object) -> SubscriberTable:
        path.write_text(text)
        data = {"customers": str(path), "attributes": ["plan"], "known_until": until}
        return read_subscribers(
            SubscriptionData.model_validate(data | {"columns": columns} | changes)
        )

    return read
