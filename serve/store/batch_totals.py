"""The current batch by tier and by segment: how many customers, and what they are worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from functools import reduce
from operator import add

from sqlalchemy import func, select

from serve.store.database import Database
from serve.store.lookups import open_current_batch
from serve.store.records import Batch
from serve.store.schema import SCORES


@dataclass(frozen=True)
class Sums:
    """Customers together.

    customers         how many
    known             those among them who have a value
    clv               money, the sum of the known
    expected_revenue  money, the sum of the known
    p_churn           the sum of the known: how many are expected to buy nothing
    """

    customers: int = 0
    known: int = 0
    clv: float = 0.0
    expected_revenue: float = 0.0
    p_churn: float = 0.0


@dataclass(frozen=True)
class Overview:
    """A batch, all of it, and by its names; the name of those without one is None."""

    batch: Batch
    total: Sums
    tiers: dict[str | None, Sums]
    segments: dict[str | None, Sums]


def overview(database: Database) -> Overview:
    """The current batch, added up where it is stored.

    Raises ServeError (503) when there is no batch, or the store cannot be read.
    """
    table = SCORES.c
    query = select(
        *(table.tier, table.segment, func.count(), func.count(table.clv)),
        *(func.sum(each) for each in (table.clv, table.expected_revenue, table.p_churn)),
    ).group_by(table.tier, table.segment)
    with open_current_batch(database) as (connection, batch):
        rows = connection.execute(query.where(table.batch == batch.number)).all()
    cells = [(row[0], row[1], Sums(*(each or 0 for each in row[2:]))) for row in rows]
    return Overview(
        batch,
        _added(sums for _, _, sums in cells),
        _by_name((tier, sums) for tier, _, sums in cells),
        _by_name((segment, sums) for _, segment, sums in cells),
    )


def _by_name(cells: Iterable[tuple[str | None, Sums]]) -> dict[str | None, Sums]:
    found: dict[str | None, list[Sums]] = {}
    for name, sums in cells:
        found.setdefault(name, []).append(sums)
    return {name: _added(parts) for name, parts in found.items()}


def _added(parts: Iterable[Sums]) -> Sums:
    columns = zip(*(astuple(each) for each in parts), strict=True)
    # subtle: from Python 3.12 on sum() rounds otherwise, and totals would differ in the last bit
    return Sums(*(reduce(add, column) for column in columns))
