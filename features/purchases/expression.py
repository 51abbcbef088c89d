"""A named, described SQL expression: the one form in which a feature is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from features.schema import ZERO_AMOUNT, OptionalColumn

Source = Literal["orders", "category", "channel", "columns"]

PURCHASE = f"amount > {ZERO_AMOUNT}"
REFUND = f"amount < -{ZERO_AMOUNT}"


@dataclass(frozen=True)
class Expression:
    """A feature: its name, portable SQL, unit and meaning.

    `over` names the rows that `sql` reads, grouped by customer:

        orders     one row per order: us, local_us, amount, and on purchases only (null on
                   refunds) value, bought_us and day (local, since 1970), with prev_day and
                   next_day of the customer's neighbouring purchases, null at the ends, and
                   first_day
        category   one row per category: n (purchases that contain it), first_label
        channel    the same per channel
        columns    no rows: the customer's other features

    `:as_of` stands for the time before which rows are seen, in UTC microseconds. `needs` is the
    optional column of the log without which the feature does not exist.
    """

    name: str
    sql: str
    unit: str
    meaning: str
    over: Source = "orders"
    needs: OptionalColumn | None = None
