"""The subscribers of a business: since when, for how much, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.config.subscriptions import SubscriptionData
from features.errors import DataError
from features.ingest.health.finding import Finding
from features.ingest.health.subscribers import check_subscribers
from features.ingest.sources import open_files_or_frame
from features.ingest.subscriber_rows import read_subscriber_rows, wanted_columns
from features.subscriptions.contracts import refuse_overlaps
from features.timestamps import microseconds, next_midnight, parse_as_of, wall_clock

MEANINGS = {
    "rows_read": "rows read",
    "rows_without_customer": "- set aside: no customer id",
    "duplicate_rows_dropped": "- set aside: exact copy of another row",
    "rows_without_beginning": "- set aside: neither start nor tenure",
    "rows_without_amount": "- set aside: no monthly amount",
    "rows_with_negative_amount": "- set aside: negative monthly amount",
    "rows_without_flag": "- set aside: no flag whether cancelled",
    "rows_with_negative_tenure": "- set aside: negative tenure",
    "rows_cancelled_before_start": "- set aside: cancelled before the start",
    "rows_started_after_the_end": "- set aside: starts after the end of knowledge",
    "earlier_contracts": "- earlier contracts of the same customers",
    "customers": "= customers",
    "customers_cancelled": "- who have cancelled",
    "cancellations_announced": "- whose cancellation lies beyond the end of knowledge",
}


@dataclass(frozen=True, kw_only=True)
class SubscriberTable:
    """A table of subscribers after its policies.

    customers    a row per contract, index customer_id, sorted by it and by start: a customer who
                 came back has several, which do not overlap; `monthly_amount`, money; `start` and
                 `cancelled`, wall clock in `timezone` (NaT: runs on), or, with a row per customer,
                 `tenure` in whole months and `cancelled`, a flag; then the attributes, float64 or
                 text
    attributes   their names
    dated        whether dates are known; else `end` is the only as_of that can be asked about
    departures   see `SubscriptionData`
    counts       every row accounted for, by reason
    sha256       of the source bytes
    end          end of knowledge, exclusive
    findings     of the health check
    """

    noun: ClassVar[str] = "table"

    customers: pd.DataFrame
    attributes: tuple[str, ...]
    dated: bool
    departures: str
    counts: dict[str, int]
    sha256: str
    timezone: str
    currency: str
    end: datetime
    findings: tuple[Finding, ...] = ()


def read_subscribers(data: SubscriptionData, *, frame: object | None = None) -> SubscriberTable:
    """Read the customers of a configuration and set aside what cannot be used, by reason.

    frame   what is read in place of data.customers, see `features.ingest.frames.open_frame`

    Raises DataError, in one sentence, for a file, column or value that cannot be used, where
    contracts of one customer overlap, and where one has several tenures.
    """
    wanted = wanted_columns(data)
    with open_files_or_frame(data.customers, frame, wanted) as (found, fingerprint):
        rows = read_subscriber_rows(found, data)
        fingerprint.require_unchanged()
    dated = data.columns.start is not None
    end = _end(rows, data)
    used, counts = _set_aside(rows, wall_clock(end, data.timezone))
    if used.empty:
        shown = ", ".join(f"{name} {number}" for name, number in counts.items() if number)
        raise DataError(f"{data.customers}: no row is left after the policies: {shown}")
    customers = _customers(used, dated)
    if dated:
        refuse_overlaps(customers, data.customers)
    else:
        _refuse_several(customers.index, data.customers)
    counts |= _count(customers, dated, wall_clock(end, data.timezone))
    return SubscriberTable(
        customers=customers,
        attributes=tuple(data.attributes),
        dated=dated,
        departures=data.departures,
        counts=counts,
        sha256=fingerprint.sha256,
        timezone=data.timezone,
        currency=data.currency,
        end=end,
        findings=check_subscribers(customers, counts, data),
    )


def whole_months(
    start: pd.Series[pd.Timestamp], until: pd.Series[pd.Timestamp]
) -> NDArray[np.float64]:
    """Calendar months completed between two wall clocks, NaN where one is unknown.

    A month ends on the day of the month, and at the time of day, on which it began; where a month
    has no such day, on its last one.
    """
    months = (until.dt.year - start.dt.year) * 12 + until.dt.month - start.dt.month
    day = np.minimum(start.dt.day, until.dt.days_in_month)
    begins = start - start.dt.normalize()
    past = pd.to_timedelta(day - 1, unit="D") + begins
    gone = until - until.dt.normalize() + pd.to_timedelta(until.dt.day - 1, unit="D")
    return np.asarray(months - (gone < past), dtype=np.float64)


def _end(rows: pd.DataFrame, data: SubscriptionData) -> datetime:
    """The end of knowledge: as configured, or the midnight after the last date of the table."""
    if data.known_until is not None:
        try:
            return parse_as_of(data.known_until, data.timezone)
        except DataError as error:
            raise DataError(f"data.known_until: {error}") from None
    last = pd.concat([rows["start"], rows["cancelled"]]).max()
    if pd.isna(last):
        raise DataError(f"{data.customers}: column {data.columns.start} holds no date at all")
    return next_midnight(int(microseconds(pd.Series([last]))[0]), data.timezone)


def _set_aside(rows: pd.DataFrame, end: pd.Timestamp) -> tuple[pd.DataFrame, dict[str, int]]:
    """The rows that count, and where the others went; each is counted once, by its first reason."""
    counts = {"rows_read": int(rows["copies"].sum())}
    none = pd.Series(False, index=rows.index)
    dated = "start" in rows
    beginning = rows["start" if dated else "tenure"]
    reasons = {
        "rows_without_customer": rows["customer_id"].isna(),
        "rows_without_beginning": beginning.isna(),
        "rows_without_amount": rows["amount"].isna(),
        "rows_with_negative_amount": rows["amount"] < 0,
        "rows_without_flag": none if dated else rows["cancelled"].isna(),
        "rows_with_negative_tenure": none if dated else beginning < 0,
        "rows_cancelled_before_start": rows["cancelled"] < beginning if dated else none,
        "rows_started_after_the_end": beginning >= end if dated else none,
    }
    aside = none
    for name, flags in reasons.items():
        counts[name] = int(rows["copies"][flags & ~aside].sum())
        aside = aside | flags
    used = rows[~aside]
    counts["duplicate_rows_dropped"] = int((used["copies"] - 1).sum())
    return used.drop(columns="copies"), {name: counts[name] for name in MEANINGS if name in counts}


def _customers(used: pd.DataFrame, dated: bool) -> pd.DataFrame:
    table = used.rename(columns={"amount": "monthly_amount"})
    if not dated:
        table = table.assign(tenure=np.floor(table["tenure"]), cancelled=table["cancelled"] > 0)
    table = table.assign(customer_id=table["customer_id"].astype("str"))
    order = ["customer_id", "start", "cancelled"] if dated else ["customer_id"]
    return table.sort_values(order, kind="stable").set_index("customer_id")


def _refuse_several(ids: pd.Index[str], source: str) -> None:
    twice = ids[ids.duplicated()]
    if len(twice):
        raise DataError(
            f"{source}: customer {twice.min()!r} has several rows that differ, as have "
            f"{twice.nunique()} customers in all; give one row each, or dates instead of tenures"
        )


def _count(contracts: pd.DataFrame, dated: bool, end: pd.Timestamp) -> dict[str, int]:
    """What the rows that count became; of a customer who came back, the last one counts."""
    last = contracts[~contracts.index.duplicated(keep="last")]
    gone = last["cancelled"] < end if dated else last["cancelled"] > 0
    announced = last["cancelled"] >= end if dated else gone & False
    return {
        "earlier_contracts": len(contracts) - len(last),
        "customers": len(last),
        "customers_cancelled": int(gone.sum()),
        "cancellations_announced": int(announced.sum()),
    }
