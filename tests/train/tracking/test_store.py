"""A local store appears whole, is joined by others, and knows which of its runs are dead."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from models.purchases.bundle import PurchaseBundle
from train.tracking.mlflow_library import library
from train.tracking.registry import fetch, register
from train.tracking.runs import Record, connect, log_run, start_run

FORK = multiprocessing.get_context("fork")
SECONDS = 60.0
FIRST_REVISION = "451aebb31d03"
NEXT_REVISION = "ffffffffffff"


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for a store."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PERENNIAL_VAR", str(tmp_path / "var"))
    library()
    return tmp_path / "var"


@pytest.fixture
def store(var: Path, tracking_database: Callable[[Path], Path]) -> Path:
    """A whole store that nobody has used, its database."""
    return tracking_database(var) / "mlflow.db"


def processes(*bodies: Callable[[], None]) -> list[int | None]:
    """How processes of these bodies end that run at once: 0, or -9 for a killed one."""
    started = [FORK.Process(target=each) for each in bodies]
    for each in started:
        each.start()
    for each in started:
        each.join(SECONDS)
        each.kill()
        each.join()
    return [each.exitcode for each in started]


def kill_at_statement(number: int) -> None:
    """This process dies before it gives a database its so many-th statement."""
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)


def connect_and_die() -> None:
    kill_at_statement(150)
    connect("shop")


def experiments(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM experiments ORDER BY 1")]


def change(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for each in statements:
            connection.execute(each)


def test_first_trainings_at_once_share_one_store(var: Path) -> None:
    names = ("shop", "shop", "club")
    assert processes(*[lambda name=name: connect(name) for name in names]) == [0, 0, 0]
    assert experiments(var / "mlflow.db") == ["Default", "club", "shop"]


def test_a_first_training_that_is_killed_is_repeated(store: Path) -> None:
    """Also over what an earlier one left: half a store, and a journal that would spoil the new."""
    change(
        store,
        f"UPDATE alembic_version SET version_num = '{FIRST_REVISION}'",
        "CREATE TABLE _alembic_tmp_runs (a)",
    )
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("UPDATE alembic_version SET version_num = '1'")
        journal = Path(f"{store}-journal").read_bytes()
    Path(f"{store}-journal").write_bytes(journal)
    assert processes(connect_and_die) == [-signal.SIGKILL]
    connect("shop")
    assert experiments(store) == ["Default", "shop"]
    assert sorted(each.name for each in store.parent.iterdir()) == ["mlflow.db", "mlflow.db.lock"]


def spoil_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def spoil_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def spoil_text(path: Path) -> None:
    path.write_text("customer_id,amount")


def spoil_truncated(path: Path) -> None:
    os.truncate(path, 40_000)


def spoil_other(path: Path) -> None:
    path.unlink()
    change(path, "CREATE TABLE batches (a)")


def spoil_newer(path: Path) -> None:
    change(path, f"UPDATE alembic_version SET version_num = '{NEXT_REVISION}'")


def spoil_older(path: Path) -> None:
    change(
        path,
        f"UPDATE alembic_version SET version_num = '{FIRST_REVISION}'",
        "INSERT INTO experiments (experiment_id, name) VALUES (7, 'mine')",
    )


def spoil_unversioned(path: Path) -> None:
    change(
        path,
        "DELETE FROM alembic_version",
        "INSERT INTO experiments (experiment_id, name) VALUES (7, 'mine')",
    )


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (spoil_folder, "is a folder"),
        (spoil_pipe, "is a device or a pipe"),
        (spoil_text, "is no database of SQLite; move it away"),
        (spoil_truncated, "is damaged .*; bring back a copy"),
        (spoil_other, "holds other tables than MLflow's"),
        (spoil_newer, f"was made by another version of MLflow .schema {NEXT_REVISION}"),
        (spoil_older, "has the schema of an older MLflow .*: mlflow db upgrade sqlite:///"),
        (spoil_unversioned, "is incomplete, it names no schema"),
    ],
)
def test_what_is_no_store_is_one_sentence_and_stays(
    store: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    spoil(store)
    before = store.read_bytes() if store.is_file() else None
    with pytest.raises(ConnectionError, match=f"mlflow.db: {sentence}") as caught:
        connect("shop")
    assert "\n" not in str(caught.value)
    assert (store.read_bytes() if store.is_file() else None) == before


def test_looking_for_a_model_makes_no_store(store: Path) -> None:
    change(store, "DELETE FROM alembic_version")
    before = store.read_bytes()
    with pytest.raises(ValueError, match=r"mlflow.db: there is no whole store yet"):
        fetch("models:/clv@champion", document="")
    assert store.read_bytes() == before


def train_and_die() -> None:
    connect("shop")
    with start_run("clv", Record()):
        log_run("churn", Record())
        library().start_run(run_name="spend", nested=True, tags=library().active_run().data.tags)
        os.kill(os.getpid(), signal.SIGKILL)


def test_runs_of_a_process_that_died_are_ended_as_killed(store: Path) -> None:
    assert processes(train_and_die) == [-signal.SIGKILL]
    connect("elsewhere")
    client = library().MlflowClient()
    mine = client.create_run("0", run_name="by hand").info.run_id
    with start_run("clv", Record()) as alive:
        connect("shop")
        assert [client.get_run(each).info.status for each in (mine, alive)] == ["RUNNING"] * 2
    shop = client.get_experiment_by_name("shop").experiment_id
    found = {each.info.run_name: each.info for each in client.search_runs([shop])}
    assert {name: info.status for name, info in found.items()} == {
        "clv": "KILLED",
        "churn": "FINISHED",
        "spend": "KILLED",
    }
    assert found["clv"].end_time
    assert not list((store.parent / "runs").iterdir())


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_a_run_that_is_interrupted_is_recorded_as_killed(
    store: Path, interruption: type[BaseException]
) -> None:
    connect("shop")
    with pytest.raises(interruption), start_run("clv", Record()) as run_id:
        raise interruption
    assert library().get_run(run_id).info.status == "KILLED"


def meet_after(statement: str, barrier: Any, seconds: float) -> None:
    """This process waits for the other one after such a transaction, so long at most."""
    seen: list[str] = []

    def look(_: object, __: object, text: str, *more: object) -> None:
        if statement in " ".join(text.split()):
            seen.append(text)

    def meet(*_: object) -> None:
        if seen:
            seen.clear()
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(seconds)

    event.listen(Engine, "after_cursor_execute", look)
    event.listen(Pool, "checkin", meet)


def test_of_two_at_once_one_is_champion(
    store: Path, trained: tuple[PurchaseBundle, pd.DataFrame, Path]
) -> None:
    told = FORK.SimpleQueue()
    logged, looked = FORK.Barrier(2), FORK.Barrier(2)

    def train() -> None:
        meet_after("UPDATE logged_models", logged, SECONDS)
        # under a lock the other one cannot come
        meet_after("FROM registered_model_aliases", looked, 0.3)
        connect("shop")
        with start_run("clv", Record()):
            made = register(trained[2], metrics={}, tags={})
        told.put((made.alias, made.version))

    assert processes(train, train) == [0, 0]
    said = dict(told.get() for _ in range(2))
    connect("shop")
    aliases = library().MlflowClient().get_registered_model("clv").aliases
    assert said == {name: str(version) for name, version in aliases.items()}
    assert set(said) == {"champion", "challenger"}
