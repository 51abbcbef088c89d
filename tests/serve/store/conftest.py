from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import psycopg
import pytest

from serve.store import publish as store
from serve.store.batch import BatchOrigin, Content
from serve.store.database import Database

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
PASSWORD = "p/ss:w%rd"
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


def program(name: str) -> str | None:
    return next((str(each / name) for each in PROGRAMS if (each / name).exists()), None) or (
        shutil.which(name)
    )


@dataclass(frozen=True)
class Postmaster:
    """A PostgreSQL server that was started for these tests, without a port."""

    address: str
    stop: Callable[[], None]
    start: Callable[[], None]


@pytest.fixture(scope="session")
def postgresql(postmaster: Postmaster) -> str:
    """Its address."""
    return postmaster.address


@pytest.fixture(scope="session")
def postmaster() -> Iterator[Postmaster]:
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("no initdb and pg_ctl: install a PostgreSQL server, on Debian: postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has 107 characters
    (folder / "password").write_text(PASSWORD)
    user = _unprivileged(folder)

    def run(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    data = ["-D", str(folder / "data")]
    owner = ["-U", "perennial", "-A", "scram-sha-256", "--pwfile", str(folder / "password")]
    run(initdb, *data, *owner, "--no-sync", "--no-locale", "-E", "UTF8")
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    # its output goes to a file, or the pipe would never close
    begin = [pg_ctl, *data, "-o", options, "-l", str(folder / "log"), "-w", "start"]
    try:
        run(*begin)
        login = f"perennial:{quote(PASSWORD, safe='')}"
        yield Postmaster(
            f"postgresql://{login}@/postgres?host={folder}&connect_timeout=20",
            stop=lambda: run(pg_ctl, *data, "-m", "immediate", "-w", "stop"),
            start=lambda: run(*begin),
        )
    finally:
        subprocess.run([pg_ctl, *data, "-m", "immediate", "stop"], user=user, capture_output=True)
        shutil.rmtree(folder)


def _unprivileged(folder: Path) -> int | None:
    """PostgreSQL refuses to run as root: who runs it then."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name: each.pw_uid for each in pwd.getpwall()}
    user = known.get("postgres", known.get("nobody"))
    if user is None:
        pytest.skip("run as root, and there is no user postgres or nobody to run PostgreSQL as")
    for each in (folder, folder / "password"):
        os.chown(each, user, -1)
    return user


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
