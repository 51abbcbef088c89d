from __future__ import annotations

from pathlib import Path

import pytest

from features.config.purchases import PurchaseConfig
from features.config.read import read_purchase_config
from features.ingest.transactions import TransactionLog, read_transactions

ROOT = Path(__file__).resolve().parent.parent.parent


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
