"""The health check of a table of subscribers."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from features.config.subscriptions import SubscriptionData
from features.ingest.health.customers import APART
from features.ingest.health.finding import Finding

FEWEST_CUSTOMERS = 10
ONE_ROW = "where they are one customer, give one row each"


def check_subscribers(
    customers: pd.DataFrame, counts: dict[str, int], data: SubscriptionData
) -> tuple[Finding, ...]:
    """What in the customers that count speaks against the configuration; index customer_id."""
    return (*_alike_but_for_case(customers), *_all_or_nobody(counts, data))


def _alike_but_for_case(customers: pd.DataFrame) -> Iterator[Finding]:
    ids = customers.index.to_series()
    alike = ids[ids.str.lower().duplicated(keep=False)]
    if len(alike):
        pair = alike[alike.str.lower() == alike.str.lower().min()].tolist()
        yield Finding(
            "ids_alike_but_for_case",
            f"{len(alike):,} {APART}, such as {pair[0]!r} and {pair[1]!r}: {ONE_ROW}",
            len(alike),
            f"{len(alike):,} {APART}: {ONE_ROW}",
        )


def _all_or_nobody(counts: dict[str, int], data: SubscriptionData) -> Iterator[Finding]:
    everybody, cancelled = counts["customers"], counts["customers_cancelled"]
    if everybody < FEWEST_CUSTOMERS or 0 < cancelled < everybody:
        return
    name, who = ("nobody_cancelled", "none") if not cancelled else ("everybody_cancelled", "all")
    meant = "customers who left" if not cancelled else "customers who stay"
    yield Finding(
        name,
        f"{who} of {everybody:,} customers have cancelled, by column {data.columns.cancelled}: "
        f"where {meant} are kept elsewhere, add them; else correct data.columns.cancelled",
        everybody,
    )
