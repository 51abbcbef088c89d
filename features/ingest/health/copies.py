"""Rows that are an exact copy of another, in another file or in the same."""

from __future__ import annotations

from collections.abc import Iterator

from features.config.purchases import PurchaseData
from features.ingest.health.finding import Finding, share

FEWEST_COPIES, LEAST_SHARE = 10, 0.01
SETTLED = 'set data.duplicates = "drop" where they are, else "keep"'


def about_copies(data: PurchaseData, counts: dict[str, int], across: int) -> Iterator[Finding]:
    """How many rows that count are a copy, unless it is configured what becomes of them.

    across   those that are a copy of a row in another file
    """
    copies, rows = counts["duplicate_rows_kept"], counts["lines"] + counts["rows_merged"]
    if not copies or "duplicates" in data.model_fields_set:
        return
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
