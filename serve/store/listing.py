"""Pages of the current batch: sorted, filtered, counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from models.customer_values import VALUE_COLUMNS
from serve.api.query import MOST_CSV_ROWS, MOST_OFFSET, MOST_ROWS, SORTABLE, ListQuery
from serve.errors import ServeError
from serve.store.database import Database
from serve.store.lookups import is_storable, open_current_batch
from serve.store.records import Batch, Score, scores_of, to_score
from serve.store.schema import SCORES, TEXTS


@dataclass(frozen=True)
class Page:
    """Some customers of a batch, and how many there are on all pages."""

    batch: Batch
    scores: list[Score]
    total: int


@dataclass(frozen=True)
class ListStream:
    """The same, too long to be held: its customers are read once, while the store is open."""

    batch: Batch
    scores: Iterator[Score]
    total: int


def read_page(database: Database, query: ListQuery) -> Page:
    """A page of the current batch.

    Raises ServeError: 400 for what cannot be sorted by or bounded, 503 as `lookup` does.
    """
    _check(query, MOST_ROWS)
    with _selected(database, query) as found:
        return Page(found.batch, list(found.scores), found.total)


@contextmanager
def stream_customers(database: Database, query: ListQuery) -> Iterator[ListStream]:
    """Up to MOST_CSV_ROWS customers, one after the other. Raises ServeError as `read_page` does."""
    _check(query, MOST_CSV_ROWS)
    with _selected(database, query) as found:
        yield found


@contextmanager
def _selected(database: Database, query: ListQuery) -> Iterator[ListStream]:
    with open_current_batch(database) as (connection, batch):
        chosen = [SCORES.c.batch == batch.number, *_conditions(query)]
        total = connection.scalar(select(func.count()).select_from(SCORES).where(*chosen))
        rows = connection.execute(
            scores_of(batch)
            .where(*chosen)
            .order_by(*_order(query))
            .limit(query.limit)
            .offset(query.offset)
        )
        yield ListStream(batch, (to_score(batch, row) for row in rows), total or 0)


def _check(query: ListQuery, most: int) -> None:
    if query.sort not in SORTABLE:
        raise ServeError(f"sort must be one of {', '.join(SORTABLE)}, got {query.sort!r}")
    for name in query.bounds:
        if name not in VALUE_COLUMNS:
            raise ServeError(f"bounds must be on one of {', '.join(VALUE_COLUMNS)}, got {name!r}")
    if not 1 <= query.limit <= most:
        raise ServeError(f"limit must be 1 to {most:,}, got {query.limit}")
    if not 0 <= query.offset <= MOST_OFFSET:
        raise ServeError(f"offset must be 0 to {MOST_OFFSET:,}, got {query.offset}")
    for name in ("tier", "segment", "basis", "search", "prefix"):
        if not is_storable(getattr(query, name) or ""):
            raise ServeError(f"{name} must be a valid text without NUL")


def _conditions(query: ListQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name in TEXTS:
        if (value := getattr(query, name)) is not None:
            found.append(SCORES.c[name] == value)
    if query.search:
        found.append(SCORES.c.customer_id.icontains(query.search, autoescape=True))
    if query.prefix:
        # compared, not matched: LIKE takes a and A for the same in one of the databases
        start = func.substr(SCORES.c.customer_id, 1, len(query.prefix))
        found += [SCORES.c.customer_id >= query.prefix, start == query.prefix]
    for name, (lowest, highest) in query.bounds.items():
        if lowest is not None:
            found.append(SCORES.c[name] >= float(lowest))
        if highest is not None:
            found.append(SCORES.c[name] <= float(highest))
    return found


def _order(query: ListQuery) -> list[ColumnElement[Any]]:
    column = SCORES.c[query.sort]
    first = (column.desc() if query.descending else column.asc()).nulls_last()
    return [first] if query.sort == "customer_id" else [first, SCORES.c.customer_id.asc()]
