from __future__ import annotations

from pathlib import Path

import pytest

from features.config.purchases import (
    Config,
    read_config,
)
from features.ingest.transactions import (
    Log,
    read_log,
)

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository root as working directory: configurations name data relative to it."""
    monkeypatch.chdir(ROOT)
    return ROOT


def _config(name: str) -> Config:
    config = read_config(ROOT / "configs" / f"{name}.toml")
    absolute = str(ROOT / config.data.transactions)
    return config.model_copy(
        update={"data": config.data.model_copy(update={"transactions": absolute})}
    )


@pytest.fixture(scope="session")
def retail_config() -> Config:
    return _config("online_retail")


@pytest.fixture(scope="session")
def retail(retail_config: Config) -> Log:
    return read_log(retail_config.data)


@pytest.fixture(scope="session")
def groceries() -> Log:
    return read_log(_config("complete_journey").data)
