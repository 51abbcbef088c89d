"""A tracking store in a file of SQLite: it appears whole, and is never changed behind your back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from features.atomic_file import replace_file, require_replaceable
from features.draft_folders import sweep

BUSY_SECONDS = 20.0
SQLITE = b"SQLite format 3\0"
LEFTOVERS = ("-journal", "-wal", "-shm")
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
OWN_EXPERIMENT = "SELECT 1 FROM experiments WHERE experiment_id != 0"
# Tables that have rows in a store that nobody has used: of migrations, workspaces, experiments.
FILLED = {"alembic_version", "workspaces", "experiments"}
ELSEWHERE = "or set PERENNIAL_VAR to another folder"


@dataclass(frozen=True)
class _State:
    """What a file holds: the revision of its schema, and whether anybody would miss it."""

    revision: str
    used: bool


def make_or_check(path: Path) -> None:
    """Make the store where there is none; one that was half made, and is empty, is made again.

    To be called under the store's lock. Raises OSError with the sentence for what is no store, is
    damaged, or has the schema of another version of MLflow; sqlite3.Error when it is busy.
    """
    if _is_there(path) and _is_whole(path, _read(path)):
        sweep(path.parent)
        return
    # subtle: a journal that is left over would be rolled back into the new file, and spoil it;
    # this order may be interrupted anywhere
    for each in (path, *(path.with_name(path.name + end) for end in LEFTOVERS)):
        each.unlink(missing_ok=True)
    with replace_file(path) as draft:
        _make(draft)


def check(path: Path) -> None:
    """Raises OSError with the sentence where there is no whole store; nothing is made."""
    if not _is_there(path) or not _is_whole(path, _read(path)):
        raise OSError("there is no whole store yet; train a model first")


def _is_there(path: Path) -> bool:
    """Whether there is more than nothing: SQLite takes an empty file for a new one."""
    require_replaceable(path)
    return path.exists() and path.stat().st_size > 0


def _read(path: Path) -> _State:
    with path.open("rb") as stream:
        if stream.read(len(SQLITE)) != SQLITE:
            raise OSError(f"is no database of SQLite; move it away, {ELSEWHERE}")
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
            return _contents(connection)
    except sqlite3.OperationalError:
        raise  # busy, or not to be written
    except sqlite3.DatabaseError as error:
        raise OSError(f"is damaged ({error}); bring back a copy, {ELSEWHERE}") from None


def _contents(connection: sqlite3.Connection) -> _State:
    names = {str(name) for (name,) in connection.execute(TABLES)}
    if names and not names & {"alembic_version", "experiments"}:
        raise OSError(f"holds other tables than MLflow's; choose another file, {ELSEWHERE}")
    used = any(connection.execute(f'SELECT 1 FROM "{each}"').fetchone() for each in names - FILLED)
    if "experiments" in names:
        used = used or connection.execute(OWN_EXPERIMENT).fetchone() is not None
    revision = None
    if "alembic_version" in names:
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return _State(str(revision[0]) if revision else "", used)


def _is_whole(path: Path, state: _State) -> bool:
    """Whether MLflow can work with it; False where it may be made again. Raises OSError."""
    newest, *earlier = _revisions()
    if state.revision == newest:
        return True
    if state.revision and state.revision not in earlier:
        raise OSError(
            f"was made by another version of MLflow (schema {state.revision}, this one knows "
            f"{newest}); use the Perennial that made it, {ELSEWHERE}"
        )
    if not state.used:
        return False
    if not state.revision:
        raise OSError(f"is incomplete, it names no schema; bring back a copy, {ELSEWHERE}")
    raise OSError(
        f"has the schema of an older MLflow ({state.revision}, not {newest}): stop what uses it, "
        f"copy the file, then: mlflow db upgrade sqlite:///{path}"
    )


@cache
def _revisions() -> tuple[str, ...]:
    """MLflow's schemas, newest first."""
    from alembic.script import ScriptDirectory
    from mlflow.store import db_migrations

    (folder,) = db_migrations.__path__
    return tuple(each.revision for each in ScriptDirectory(folder).walk_revisions())


def _make(path: Path) -> None:
    from mlflow.store.tracking import sqlalchemy_store

    made: Any = sqlalchemy_store
    artifacts = path.parent.parent / "artifacts"
    made.SqlAlchemyStore(f"sqlite:///{path}", str(artifacts)).engine.dispose()
