"""Reading from the score store: the current batch, its customers, and what they had before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import pandas as pd
from sqlalchemy import ARRAY, ColumnElement, Connection, Text, any_, func, literal, select

from serve.errors import ServeError
from serve.store import schema as tables
from serve.store.batch import NUL
from serve.store.database import Database
from serve.store.records import Batch, Score, scores_of, stored_values, to_batch, to_score
from serve.store.schema import BATCHES, SCORES

IDS_A_QUERY = 5_000


@dataclass(frozen=True)
class LookupResult:
    """Scores in the order asked, and the ids that the batch does not have."""

    batch: Batch
    scores: list[Score]
    unknown: list[str]


def current_batch(database: Database) -> Batch | None:
    """The newest published batch, or None where nothing has been scored yet.

    Raises ServeError (503) when the store cannot be read.
    """
    if not database.exists():
        return None
    with database.reading() as connection:
        return _current(database, connection)


@contextmanager
def open_current_batch(database: Database) -> Iterator[tuple[Connection, Batch]]:
    """One view of the store, and its current batch, whatever is published meanwhile.

    Raises ServeError (503) when there is no batch, or the store cannot be read.
    """
    if not database.exists():
        raise _nothing_yet(database)
    with database.reading() as connection:
        batch = _current(database, connection)
        if batch is None:
            raise _nothing_yet(database)
        yield connection, batch


def lookup(database: Database, ids: Sequence[str], *, features: bool = False) -> LookupResult:
    """The scores of customers in the current batch; an id that is given twice comes twice.

    features  also return each customer's row of the feature table

    Raises ServeError (503) when there is no batch, or the store cannot be read.
    """
    with open_current_batch(database) as (connection, batch):
        found = _by_id(connection, batch, ids, features=features)
    return LookupResult(
        batch,
        [found[each] for each in ids if each in found],
        [each for each in ids if each not in found],
    )


def history(database: Database, customer_id: str) -> list[tuple[Batch, Score]]:
    """A customer's scores in every batch that is stored, the current one first; else empty.

    Raises ServeError (503) when there is no batch, or the store cannot be read.
    """
    with open_current_batch(database) as (connection, _):
        with stored_values():
            rows = connection.execute(select(BATCHES).order_by(BATCHES.c.published.desc())).all()
        batches = [to_batch(row, database.source) for row in rows]
        found = [_by_id(connection, batch, [customer_id]) for batch in batches]
    pairs = zip(batches, found, strict=True)
    return [(batch, scores[customer_id]) for batch, scores in pairs if scores]


def previous_tiers(database: Database) -> pd.Series[str] | None:
    """Each customer's tier in the current batch, index customer_id; None where there is none.

    Raises ServeError (503) when the store cannot be read.
    """
    if not database.exists():
        return None
    with database.reading() as connection:
        batch = _current(database, connection)
        if batch is None:
            return None
        query = select(SCORES.c.customer_id, SCORES.c.tier).where(SCORES.c.batch == batch.number)
        rows = connection.execute(query).all()
    ids, tiers = zip(*rows, strict=True) if rows else ((), ())
    return pd.Series(list(tiers), index=list(ids), dtype="str")


def _by_id(
    connection: Connection, batch: Batch, ids: Sequence[str], *, features: bool = False
) -> dict[str, Score]:
    found = {}
    known = [each for each in dict.fromkeys(ids) if is_storable(each)]
    for start in range(0, len(known), IDS_A_QUERY):
        chunk = known[start : start + IDS_A_QUERY]
        query = scores_of(batch, features=features).where(_among(connection, chunk))
        for row in connection.execute(query):
            found[row.customer_id] = to_score(batch, row)
    return found


def _among(connection: Connection, ids: list[str]) -> ColumnElement[bool]:
    if connection.dialect.name == "postgresql":
        # one parameter in place of thousands, which its driver would read one by one
        return SCORES.c.customer_id == any_(literal(ids, ARRAY(Text)))
    # one statement however many ids: a connection keeps each that it has seen, a megabyte each
    given = func.json_each(literal(msgspec.json.encode(ids).decode())).table_valued("value")
    return SCORES.c.customer_id.in_(select(given.c.value))


def _current(database: Database, connection: Connection) -> Batch | None:
    if not database.schema_checked:
        database.schema_checked = tables.exists(connection, database.shown)
    if not database.schema_checked:
        return None
    newest = select(BATCHES).order_by(BATCHES.c.published.desc()).limit(1)
    with stored_values():
        row = connection.execute(newest).first()
    return None if row is None else to_batch(row, database.source)


def _nothing_yet(database: Database) -> ServeError:
    return ServeError(
        f"{database.shown}: no scores yet; run python -m serve score --config ... --store ...",
        status=503,
    )


def is_storable(text: str) -> bool:
    """False for a text that no database can hold, and that no batch has, therefore."""
    if text.isascii():
        return NUL not in text
    return NUL not in text and not any("\ud800" <= each <= "\udfff" for each in text)
