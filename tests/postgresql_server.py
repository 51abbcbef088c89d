"""The PostgreSQL of a run's process: for the tests of the score store, and of sources."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.soak.postgresql import NotInstalledError, Postgresql

PASSWORD = "p/ss:w%rd"


@pytest.fixture(scope="session")
def postgresql(postmaster: Postgresql) -> str:
    """The address of a server that was started for these tests, without a port."""
    return f"{postmaster.address}&connect_timeout=20"


@pytest.fixture(scope="session")
def postmaster() -> Iterator[Postgresql]:
    """The server itself; it ends with the process of the tests, even where that is killed."""
    try:
        made = Postgresql(PASSWORD, connections=100)
    except NotInstalledError as reason:
        pytest.skip(str(reason))
    yield made
    made.remove()
