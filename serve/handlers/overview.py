"""GET /overview: the totals of the last batch by tier, segment and cohort."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from features.timestamps import format_timestamp
from serve.handlers.batch_description import describe_batch
from serve.store.batch_totals import Overview, Sums, overview
from serve.store.database import Database
from serve.store.lookups import current_batch
from serve.store.records import Batch

REVENUE = ("total_revenue_low", "total_revenue_high")

encode = msgspec.json.Encoder().encode


class OverviewCache:
    """The reply about the last batch; added up once, since a batch never changes."""

    def __init__(self) -> None:
        self._cached: tuple[Batch | None, bytes] = None, b""

    def read(self, database: Database) -> bytes:
        """The reply as it is sent. Raises ServeError (503) where nothing is stored."""
        # one assignment, one reading: two threads may add up twice, but never see half a pair
        batch, reply = self._cached
        if batch is None or batch != current_batch(database):
            found = overview(database)
            reply = encode_overview(found)
            self._cached = found.batch, reply
        return reply


def encode_overview(found: Overview) -> bytes:
    """The totals of a batch as they are sent."""
    batch, total = found.batch, found.total
    low, high = (batch.totals.get(name) for name in REVENUE)
    cohorts = [
        (each["name"], Sums(**{name: value for name, value in each.items() if name != "name"}))
        for each in batch.totals.get("cohorts", [])
    ]
    return encode(
        {
            "batch": describe_batch(batch),
            "as_of": format_timestamp(batch.as_of, batch.timezone),
            "horizon_days": batch.horizon_days,
            "currency": batch.currency,
            "total": {
                **_sums_and_shares(total, total),
                "expected_revenue_low": low,
                "expected_revenue_high": high,
            },
            "tiers": _rows(_by_rank(found), total),
            "segments": _rows(_by_value(found.segments), total),
            "cohorts": _rows(cohorts, total),
        }
    )


def _rows(groups: Iterable[tuple[str | None, Sums]], total: Sums) -> list[dict[str, Any]]:
    return [{"name": name, **_sums_and_shares(sums, total)} for name, sums in groups]


def _sums_and_shares(sums: Sums, total: Sums) -> dict[str, Any]:
    """Sums and shares; a share of nothing, and a mean of nobody, are null."""
    return {
        "customers": sums.customers,
        "share_of_customers": sums.customers / total.customers if total.customers else None,
        "known": sums.known,
        "clv": sums.clv,
        "share_of_clv": sums.clv / total.clv if total.clv > 0 else None,
        "clv_mean": sums.clv / sums.known if sums.known else None,
        "expected_revenue": sums.expected_revenue,
        "p_churn_mean": sums.p_churn / sums.known if sums.known else None,
    }


def _by_rank(found: Overview) -> list[tuple[str | None, Sums]]:
    """Tiers in the order of the configuration; those that it does not name come after."""
    names = _tier_names(found.batch)
    return sorted(
        found.tiers.items(),
        key=lambda each: names.index(each[0]) if each[0] in names else len(names),
    )


def _by_value(groups: dict[str | None, Sums]) -> list[tuple[str | None, Sums]]:
    return sorted(groups.items(), key=lambda each: (each[0] is None, -each[1].clv, each[0] or ""))


def _tier_names(batch: Batch) -> list[str | None]:
    names: list[str | None] = batch.options.get("tiers", {}).get("names", [])
    return names
