"""How replies from the score store describe the batch that their customers are from."""

from __future__ import annotations

from typing import Any

from features.timestamps import format_timestamp
from serve.store.records import Batch


def describe_batch(batch: Batch) -> dict[str, Any]:
    """The batch by number and time, and the terms of its predictions."""
    return {
        "number": batch.number,
        "created_at": batch.created_at.isoformat(timespec="seconds"),
        "as_of": format_timestamp(batch.as_of, batch.timezone),
        "horizon_days": batch.horizon_days,
        "model_version": batch.model_version,
        "economics": batch.economics,
        "customers": batch.customers,
        "source": batch.source,
    }
