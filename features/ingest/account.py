"""Every source row accounted for: what counts, what is set aside by which reason, what stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest import row_faults
from features.ingest.chosen_values import dropped_by_value, require_exact_values
from features.ingest.typed_rows import (
    AFTER_END,
    BY_VALUE,
    MISFIT,
    NO_AMOUNT,
    NO_CUSTOMER,
    NO_MOMENT,
    OTHER_CURRENCY,
    Reading,
)
from features.timestamps import from_microseconds

# A clock that is a little ahead is no fault of the data.
AHEAD = timedelta(days=1)
ROLES = {"timestamp": NO_MOMENT, "amount": NO_AMOUNT}


@dataclass(frozen=True)
class Account:
    """Where the rows went.

    counts   by reason, in the order of `features.ingest.policies.MEANINGS`
    kept     rows that count
    last     the latest moment of those, UTC microseconds; None where there is none
    """

    counts: dict[str, int]
    kept: int
    last: int | None


def account(
    connection: duckdb.DuckDBPyConnection,
    readings: Sequence[Reading],
    data: PurchaseData,
    now: datetime,
) -> Account:
    """Count the rows of the view `typed` by what becomes of them.

    Raises DataError for values that do not fit, rows that a policy refuses, and moments to come.
    """
    require_exact_values(connection, readings, data)
    found = connection.execute(
        "SELECT aside, count(*), max(us) FILTER (aside = 0) FROM typed GROUP BY aside"
    ).fetchall()
    by_reason = {int(row[0]): int(row[1]) for row in found}
    last = max((row[2] for row in found if row[2] is not None), default=None)
    _require_sound(connection, readings, data, by_reason)
    if data.end is None and last is not None and from_microseconds(last) > now + AHEAD:
        raise DataError(row_faults.to_come(connection, data, last))
    counts = {"rows_read": sum(by_reason.values())}
    counts |= dropped_by_value(connection, readings, data) if by_reason.get(BY_VALUE) else {}
    named = {
        "rows_after_end_dropped": AFTER_END,
        "rows_without_timestamp_dropped": NO_MOMENT,
        "rows_without_amount_dropped": NO_AMOUNT,
        "guest_rows_dropped": NO_CUSTOMER,
        "other_currency_rows_dropped": OTHER_CURRENCY,
    }
    counts |= {name: by_reason[reason] for name, reason in named.items() if reason in by_reason}
    return Account({"guest_rows_dropped": 0} | counts, by_reason.get(0, 0), last)


def _require_sound(
    connection: duckdb.DuckDBPyConnection,
    readings: Sequence[Reading],
    data: PurchaseData,
    by_reason: Mapping[int, int],
) -> None:
    """Raises DataError for rows that do not fit, and for those that a policy refuses."""
    if MISFIT in by_reason:
        raise DataError(row_faults.misfit(connection, readings, data))
    if data.missing == "error":
        for role, reason in ROLES.items():
            if reason in by_reason:
                raise DataError(row_faults.blank(connection, readings, role))
    _require_policy(by_reason.get(NO_CUSTOMER, 0), data.guests, "guests")
    if data.other_currencies == "error" and OTHER_CURRENCY in by_reason:
        number = by_reason[OTHER_CURRENCY]
        raise DataError(row_faults.other_currencies(connection, readings, data, number))


def _require_policy(number: int, policy: str, what: str) -> None:
    if policy == "error" and number:
        raise DataError(
            f'{number} rows are {what} and data.{what} = "error": remove them from the source, '
            f"or set data.{what} to another policy"
        )
