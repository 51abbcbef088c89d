"""Writing to the score store: a batch is there whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from serve.errors import ServeError
from serve.store import schema as tables
from serve.store.batch import BatchOrigin, Content, fingerprint, utc
from serve.store.bulk_insert import insert_rows, refresh_plans
from serve.store.database import Database
from serve.store.schema import BATCHES, SCORES
from serve.store.stored_batch import MOST_NUMBER

KEEP_BATCHES = 12

Step = Callable[[int], object]


@dataclass(frozen=True)
class Published:
    """What became of a batch.

    batch      its number
    unchanged  it was the current one already
    again      it was an earlier one, and is the current one again
    dropped    how many older batches had to go
    """

    batch: int
    unchanged: bool
    again: bool
    dropped: int


def check_schema(database: Database) -> None:
    """Whether a batch could be written, before the work of making it; changes nothing.

    Raises ServeError for a store that cannot be reached, or is not of this version.
    """
    if database.exists():
        with database.reading() as connection:
            if not tables.exists(connection, database.shown):
                tables.require_own_file(connection, database.shown)


def publish(
    database: Database,
    origin: BatchOrigin,
    content: Content,
    *,
    totals: dict[str, Any],
    keep: int = KEEP_BATCHES,
    step: Step = lambda _: None,
) -> Published:
    """Make a batch the current one, in one transaction; a kill leaves what was there before.

    The same origin and content are the same batch: the current one stays as it is, an earlier
    one becomes current again. `keep` batches stay, the newest published ones.

    totals  JSON values about the whole batch, stored beside it
    step    called with the number of rows after each chunk

    Raises ServeError for a store that cannot be written to, or one that is busy for too long.
    """
    content.check()
    mark = fingerprint(origin, content)
    with database.writing() as connection:
        tables.create(connection, database.shown)
        newest = _newest(connection)
        found = connection.execute(
            select(BATCHES.c.number, BATCHES.c.published).where(BATCHES.c.fingerprint == mark)
        ).first()
        if found is None:
            number = _add_batch(connection, _row(origin, content, totals), mark, newest + 1)
            _add_scores(connection, number, content, step)
        else:
            number = found.number
            if found.published < newest:
                _set_current(connection, number, newest + 1)
        dropped = _drop(connection, keep)
    unchanged = found is not None and found.published == newest
    return Published(number, unchanged, found is not None and not unchanged, dropped)


def _newest(connection: Connection) -> int:
    """The number under which the current batch was published; 0 where there is none."""
    found = connection.scalar(select(func.max(BATCHES.c.published)))
    if found is None:
        return 0
    if not isinstance(found, int) or not 0 <= found < MOST_NUMBER:
        raise ServeError(
            f"the score store's batches are numbered up to {str(found)[:30]!r}, which cannot be "
            "gone on with; score into another store",
            status=503,
        )
    return found


def _row(origin: BatchOrigin, content: Content, totals: dict[str, Any]) -> dict[str, Any]:
    return {
        **origin.json_values(),
        "created_at": utc(datetime.now(UTC)),
        "customers": len(content.predictions),
        "totals": totals,
        "columns": [str(name) for name in content.predictions],
        "features": [str(name) for name in content.features],
    }


def _add_batch(
    connection: Connection, row: dict[str, Any], fingerprint: str, published: int
) -> int:
    values = {**row, "fingerprint": fingerprint, "published": published}
    inserted = connection.execute(insert(BATCHES).values(values).returning(BATCHES.c.number))
    return int(inserted.scalar_one())


def _add_scores(connection: Connection, number: int, content: Content, step: Step) -> None:
    for chunk in content.rows():
        insert_rows(connection, SCORES, [(number, *row) for row in chunk])
        step(len(chunk))
    refresh_plans(connection, SCORES)


def _set_current(connection: Connection, number: int, published: int) -> None:
    chosen = BATCHES.c.number == number
    connection.execute(update(BATCHES).where(chosen).values(published=published))


def _drop(connection: Connection, keep: int) -> int:
    """Remove all but the `keep` newest published batches; how many went."""
    newest = select(BATCHES.c.number).order_by(BATCHES.c.published.desc()).offset(keep)
    old = list(connection.scalars(newest))
    if old:
        connection.execute(delete(SCORES).where(SCORES.c.batch.in_(old)))
        connection.execute(delete(BATCHES).where(BATCHES.c.number.in_(old)))
    return len(old)
