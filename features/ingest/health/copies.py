"""Rows that are an exact copy of another, in another file or in the same."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from features.config.purchases import PurchaseData
from features.ingest.canonical import ALSO_MERGED
from features.ingest.health.finding import Finding, share
from features.ingest.queries import number
from features.ingest.table import DIGEST, FILE

FEWEST_COPIES, LEAST_SHARE = 10, 0.01
SETTLED = 'set data.duplicates = "drop" where they are, else "keep"'


def about_copies(
    connection: duckdb.DuckDBPyConnection, data: PurchaseData, counts: dict[str, int], *, files: int
) -> Iterator[Finding]:
    """How many rows that count are a copy, unless it is configured what becomes of them."""
    copies, rows = counts["duplicate_rows_kept"], counts["lines"] + counts["rows_merged"]
    if not copies or "duplicates" in data.model_fields_set:
        return
    across = _across_files(connection) if files > 1 else 0
    if across:
        yield Finding(
            "copies_across_files",
            f"{across:,} rows are an exact copy of a row in another file, as if exports "
            f"overlapped: {SETTLED}",
            across,
        )
    within = copies - across
    if within >= FEWEST_COPIES and within > LEAST_SHARE * rows:
        yield Finding(
            "copies_within_a_file",
            f"{within:,} of {rows:,} rows ({share(within, rows)}) are an exact copy of another "
            f"row, which could be mistakes: {SETTLED}",
            within,
        )


def _across_files(connection: duckdb.DuckDBPyConnection) -> int:
    """Rows with a copy in an earlier file, each file's own copies counted once."""
    return number(
        connection,
        f"SELECT sum(files - 1) FROM (SELECT count(DISTINCT {FILE}) AS files FROM kept "
        f"SEMI JOIN (SELECT * FROM merged WHERE rows >= 2) many ON {ALSO_MERGED} "
        f"GROUP BY {DIGEST}, kept.customer_id, kept.us HAVING files > 1)",
    )
