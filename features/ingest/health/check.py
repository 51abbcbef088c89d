"""The health check of a transaction log, after its policies: all findings, in one order."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from features.config.purchases import PurchaseData
from features.config.source_address import without_password
from features.errors import DataError
from features.ingest.health.amounts import about_amounts
from features.ingest.health.calendar import about_days
from features.ingest.health.copies import about_copies
from features.ingest.health.customers import about_customers
from features.ingest.health.finding import Finding
from features.ingest.health.unread_columns import Suspect, about_unread_columns


def check_health(
    connection: duckdb.DuckDBPyConnection,
    data: PurchaseData,
    counts: dict[str, int],
    *,
    across: int,
    looked_at: Sequence[Suspect],
) -> tuple[Finding, ...]:
    """What in the rows that count speaks against the configuration.

    A key that is set, even to its default, is an answer: what it settles is not asked again.

    counts     what the rows have become
    across     rows that are an exact copy of a row in another file
    looked_at  the columns beside the configured ones that were read
    """
    return (
        *about_customers(connection, data, counts),
        *about_amounts(connection, data, counts),
        *about_unread_columns(connection, data, looked_at),
        *about_copies(data, counts, across),
        *about_days(connection, data),
    )


def require_purchases(data: PurchaseData, counts: dict[str, int]) -> None:
    """Raises DataError where no order has a positive amount: there is nothing to predict."""
    if not counts["purchases"]:
        raise DataError(
            f"{without_password(data.transactions)}: no order has a positive amount, by column "
            f"{data.columns.amount}: of {counts['orders']:,} orders {counts['refund_orders']:,} "
            f"are negative and {counts['zero_orders']:,} net to nothing; turn the sign in the "
            "source where sales are negative there, else set data.columns.amount to another column"
        )
