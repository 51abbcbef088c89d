"""The transaction log: canonical lines, and an account of how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import numpy as np
import pandas as pd

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest import files
from features.ingest import policies as policy
from features.ingest.transaction_rows import read_transaction_rows
from features.schema import OPTIONAL, TRANSACTIONS
from features.timestamps import from_microseconds, microseconds, next_midnight, to_utc

KEYS = ["us", "customer_id", "order_id", "category", "channel"]
COLUMNS = ["customer_id", "order_id", "us", "local_us", "amount", "category", "channel"]


@dataclass(frozen=True, kw_only=True)
class TransactionLog:
    """A transaction log after its policies.

    lines      canonical lines, see `canonical_lines`
    optional   which of category and channel the log really has
    counts     every row accounted for, by reason
    sha256     of the source bytes
    first      the first line
    end        end of knowledge: the local midnight after the last line, exclusive
    """

    noun: ClassVar[str] = "log"

    lines: pd.DataFrame
    optional: tuple[str, ...]
    counts: dict[str, int]
    sha256: str
    timezone: str
    currency: str
    first: datetime
    end: datetime


def read_transactions(data: PurchaseData) -> TransactionLog:
    """Read the transactions of a configuration and apply its policies.

    Raises DataError, in one sentence, for a file, column or value that cannot be used.
    """
    found = files.find(data.transactions)
    rows, counts = policy.apply_policies(read_transaction_rows(found, data), data)
    if rows.empty:
        raise DataError(
            f"{data.transactions}: no row is left after the policies: "
            + ", ".join(f"{name} {number}" for name, number in counts.items() if number)
        )
    lines = canonical_lines(rows, data.timezone)
    return TransactionLog(
        lines=lines,
        optional=tuple(name for name in OPTIONAL if lines[name].notna().any()),
        counts=counts | policy.count_lines(lines, len(rows)),
        sha256=files.sha256(found),
        timezone=data.timezone,
        currency=data.currency,
        first=from_microseconds(int(lines["us"].iloc[0])),
        end=next_midnight(int(lines["local_us"].iloc[-1]), data.timezone),
    )


def canonical_lines(transactions: pd.DataFrame, timezone: str) -> pd.DataFrame:
    """Transactions (`features.schema.TRANSACTIONS`) -> canonical lines.

    One row per customer, order, timestamp, category and channel; amounts summed; sorted by
    (us, customer_id, order_id):

        customer_id, order_id   text; without an order id, rows of one instant are one order
        us                      UTC microseconds
        local_us                wall clock in `timezone`, microseconds
        amount                  money, negative for a refund
        category, channel       text or null

    The order of the rows does not matter, to the last bit. Naive timestamps are read in
    `timezone`. Raises DataError naming every violation.
    """
    rows = TRANSACTIONS.check(transactions)
    instants = to_utc(rows["timestamp"], timezone)
    frame = pd.DataFrame(
        {
            "us": microseconds(instants.dt.tz_localize(None)),
            "customer_id": _text(rows, "customer_id"),
            "order_id": _text(rows, "order_id"),
            "category": _text(rows, "category"),
            "channel": _text(rows, "channel"),
            "amount": rows["amount"].astype("float64"),
        }
    )
    unnamed = frame["order_id"].isna()
    frame["order_id"] = frame["order_id"].where(~unnamed, "@" + frame["us"].astype("str"))
    lines = _merge(frame)
    local = pd.to_datetime(lines["us"], unit="us", utc=True).dt.tz_convert(timezone)
    return lines.assign(local_us=microseconds(local.dt.tz_localize(None)))[COLUMNS]


def _merge(frame: pd.DataFrame) -> pd.DataFrame:
    """Sum the amounts of equal keys, small before large, so that row order cannot show."""
    amount = frame["amount"].to_numpy()
    keys = [frame[KEYS[0]].to_numpy()]
    keys += [pd.factorize(frame[name], sort=True)[0] for name in KEYS[1:]]
    order = np.lexsort([amount, *reversed(keys)])
    begins = np.arange(len(frame)) == 0
    for key in keys:
        begins[1:] |= np.diff(key[order]) != 0
    starts = np.flatnonzero(begins)
    total = np.add.reduceat(amount[order], starts) if len(starts) else amount
    return frame.iloc[order[starts]].assign(amount=total).reset_index(drop=True)


def _text(rows: pd.DataFrame, name: str) -> pd.Series[str]:
    values = rows[name] if name in rows else pd.Series(None, index=rows.index, dtype="str")
    return values.astype("str")
