from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest

from serve.store import publish as store
from serve.store.batch import BatchOrigin, Content
from serve.store.database import Database
from tests.postgresql_server import PASSWORD

ORIGIN: dict[str, Any] = {
    "model_name": "clv",
    "card_sha256": "c0ffee",
    "trained_as_of": datetime(2011, 9, 9, 23, tzinfo=UTC),
    "as_of": datetime(2011, 12, 9, tzinfo=UTC),
    "horizon_days": 90,
    "currency": "GBP",
    "timezone": "Europe/London",
    "economics": {"margin": 0.3, "discount_rate_annual": 0.1},
    "data_sha256": "da7a",
}


def origin(version: str = "1", **other: Any) -> BatchOrigin:
    return BatchOrigin(model_version=version, **{**ORIGIN, **other})


def content(customers: int = 7, seed: int = 0) -> Content:
    """Random scores, a few of them null, and features."""
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"c{number:05d}" for number in range(customers)], name="customer_id")
    predictions = pd.DataFrame(rng.lognormal(size=(customers, 3)), index=ids)
    predictions.columns = pd.Index(["p_churn", "clv", "clv_high"])
    predictions["basis"] = rng.choice(["model", "prior"], customers)
    predictions["warnings"] = [["only one purchase"] * int(rng.integers(3)) for _ in ids]
    unknown = rng.random(customers) < 0.2
    predictions.loc[unknown, ["p_churn", "clv", "clv_high"]] = np.nan
    predictions.loc[unknown, "basis"] = "insufficient"
    features = pd.DataFrame({"recency_days": rng.random(customers)}, index=ids)
    features["top_category"] = pd.array(rng.choice(["a", "b"], customers), dtype="str")
    return Content(predictions, features.assign(gap_days=np.where(unknown, np.nan, 1 / 3)))


@dataclass(frozen=True)
class Maker:
    """What the tests of the store are made of."""

    origin: Callable[..., BatchOrigin] = origin
    content: Callable[..., Content] = content
    password: str = PASSWORD

    def publish(self, database: Database, version: str = "1", **options: Any) -> store.Published:
        """Scores that depend on the version only."""
        scores = content(options.pop("customers", 7), seed=int(version))
        return store.publish(database, origin(version), scores, totals={"n": 1}, **options)


@pytest.fixture(scope="session")
def maker() -> Maker:
    return Maker()


@pytest.fixture(scope="session")
def fresh(postgresql: str) -> Callable[[], str]:
    """The address of a new, empty schema: that costs less than a database."""
    numbers = itertools.count()

    def make() -> str:
        name = f"scores_{next(numbers)}"
        with psycopg.connect(postgresql, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{postgresql}&options=-csearch_path%3D{name}"

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'scores.db'}"
    new: str = request.getfixturevalue("fresh")()
    return new


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    opened = Database(address, writes=True)
    yield opened
    opened.close()


@pytest.fixture
def reader(address: str) -> Iterator[Database]:
    """The same store as a service opens it."""
    opened = Database(address)
    yield opened
    opened.close()
