"""Pages of the current batch: sorted, filtered, counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, select

from serve.errors import ServeError
from serve.store.database import Database
from serve.store.lookups import is_storable, open_current_batch
from serve.store.records import Batch, Score, scores_of, to_score
from serve.store.schema import NUMBERS, SCORES, TEXTS

MOST_ROWS, MOST_OFFSET = 1_000, 1_000_000_000
MOST_AT_ONCE = 100_000
SORTABLE = ("customer_id", *NUMBERS, *TEXTS)

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """Which customers, in which order.

    sort           one of SORTABLE; customers without a value come last, either way
    tier, segment  exactly
    basis          exactly: model, prior, insufficient
    search         anywhere in the customer's id; a and A are the same
    prefix         how the customer's id begins, exactly
    bounds         number -> (lowest, highest), either may be None; null lies in no bounds
    limit, offset  the page
    """

    sort: str = "clv"
    descending: bool = True
    tier: str | None = None
    segment: str | None = None
    basis: str | None = None
    search: str = ""
    prefix: str = ""
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    limit: int = 50
    offset: int = 0


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


def read_page(database: Database, wanted: ListQuery) -> Page:
    """A page of the current batch.

    Raises ServeError: 400 for what cannot be sorted by or bounded, 503 as `lookup` does.
    """
    _check(wanted, MOST_ROWS)
    with _selected(database, wanted) as found:
        return Page(found.batch, list(found.scores), found.total)


@contextmanager
def stream_customers(database: Database, wanted: ListQuery) -> Iterator[ListStream]:
    """Up to MOST_AT_ONCE customers, one after the other. Raises ServeError as `read_page` does."""
    _check(wanted, MOST_AT_ONCE)
    with _selected(database, wanted) as found:
        yield found


@contextmanager
def _selected(database: Database, wanted: ListQuery) -> Iterator[ListStream]:
    with open_current_batch(database) as (connection, batch):
        chosen = [SCORES.c.batch == batch.number, *_conditions(wanted)]
        total = connection.scalar(select(func.count()).select_from(SCORES).where(*chosen))
        rows = connection.execute(
            scores_of(batch)
            .where(*chosen)
            .order_by(*_order(wanted))
            .limit(wanted.limit)
            .offset(wanted.offset)
        )
        yield ListStream(batch, (to_score(batch, row) for row in rows), total or 0)


def _check(wanted: ListQuery, most: int) -> None:
    if wanted.sort not in SORTABLE:
        raise ServeError(f"sort must be one of {', '.join(SORTABLE)}, got {wanted.sort!r}")
    for name in wanted.bounds:
        if name not in NUMBERS:
            raise ServeError(f"bounds must be on one of {', '.join(NUMBERS)}, got {name!r}")
    if not 1 <= wanted.limit <= most:
        raise ServeError(f"limit must be 1 to {most:,}, got {wanted.limit}")
    if not 0 <= wanted.offset <= MOST_OFFSET:
        raise ServeError(f"offset must be 0 to {MOST_OFFSET:,}, got {wanted.offset}")
    for name in ("tier", "segment", "basis", "search", "prefix"):
        if not is_storable(getattr(wanted, name) or ""):
            raise ServeError(f"{name} must be a valid text without NUL")


def _conditions(wanted: ListQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name in TEXTS:
        if (value := getattr(wanted, name)) is not None:
            found.append(SCORES.c[name] == value)
    if wanted.search:
        found.append(SCORES.c.customer_id.icontains(wanted.search, autoescape=True))
    if wanted.prefix:
        # compared, not matched: LIKE takes a and A for the same in one of the databases
        start = func.substr(SCORES.c.customer_id, 1, len(wanted.prefix))
        found += [SCORES.c.customer_id >= wanted.prefix, start == wanted.prefix]
    for name, (lowest, highest) in wanted.bounds.items():
        if lowest is not None:
            found.append(SCORES.c[name] >= float(lowest))
        if highest is not None:
            found.append(SCORES.c[name] <= float(highest))
    return found


def _order(wanted: ListQuery) -> list[ColumnElement[Any]]:
    column = SCORES.c[wanted.sort]
    first = (column.desc() if wanted.descending else column.asc()).nulls_last()
    return [first] if wanted.sort == "customer_id" else [first, SCORES.c.customer_id.asc()]
