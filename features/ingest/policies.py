"""The policies for refunds, guests (rows without a customer) and duplicates.

Every row that they drop or keep is counted, by reason.
"""

from __future__ import annotations

import pandas as pd

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.schema import ZERO_AMOUNT

MEANINGS = {
    "rows_read": "rows read",
    "guest_rows_dropped": "- dropped: no customer id",
    "duplicate_rows_dropped": "- dropped: exact copy of another row",
    "refund_rows_dropped": "- dropped: negative amount",
    "rows_merged": "- merged: same customer, order, timestamp (and category, channel)",
    "lines": "= lines",
    "duplicate_rows_kept": "rows kept that are an exact copy of another",
    "refund_rows_netted": "rows kept with a negative amount, netted",
    "zero_amount_rows": "rows kept with amount zero",
    "orders": "orders",
    "purchases": "- with a positive sum: purchases",
    "refund_orders": "- with a negative sum: refunds",
    "zero_orders": "- that net to nothing",
    "customers": "customers",
    "customers_without_purchase": "- without any purchase",
}


def apply_policies(rows: pd.DataFrame, data: PurchaseData) -> tuple[pd.DataFrame, dict[str, int]]:
    """Distinct source rows with `copies` -> the rows that count, and where the others went.

    Guests are set aside first, then duplicates, then refunds: a row is counted once.
    Raises DataError when a policy is "error".
    """
    counts = {"rows_read": int(rows["copies"].sum())}
    guest = rows["customer_id"].isna()
    counts["guest_rows_dropped"] = _stop_or_count(rows, guest, data.guests, "guests")
    rows = rows[~guest]
    surplus = int((rows["copies"] - 1).sum())
    dropped = data.duplicates == "drop"
    counts["duplicate_rows_dropped"] = surplus if dropped else 0
    counts["duplicate_rows_kept"] = 0 if dropped else surplus
    times = 1 if dropped else rows["copies"]
    rows = rows.loc[rows.index.repeat(times)].assign(copies=1)
    refund = rows["amount"] < 0
    found = _stop_or_count(rows, refund, data.refunds, "refunds")
    counts["refund_rows_dropped"] = found if data.refunds == "drop" else 0
    counts["refund_rows_netted"] = found if data.refunds == "net" else 0
    rows = rows[~refund] if data.refunds == "drop" else rows
    counts["zero_amount_rows"] = int((rows["amount"] == 0).sum())
    return rows.drop(columns="copies").reset_index(drop=True), counts


def count_lines(lines: pd.DataFrame, rows_kept: int) -> dict[str, int]:
    """What `rows_kept` rows became: lines, orders by the sign of their sum, customers."""
    orders = lines.groupby(["customer_id", "order_id"], sort=False)["amount"].sum()
    zero = float(ZERO_AMOUNT)
    purchase, refund = orders > zero, orders < -zero
    customers = orders.index.get_level_values("customer_id")
    n_customers = customers.nunique()
    return {
        "rows_merged": rows_kept - len(lines),
        "lines": len(lines),
        "orders": len(orders),
        "purchases": int(purchase.sum()),
        "refund_orders": int(refund.sum()),
        "zero_orders": int((~purchase & ~refund).sum()),
        "customers": n_customers,
        "customers_without_purchase": n_customers - customers[purchase].nunique(),
    }


def _stop_or_count(rows: pd.DataFrame, found: pd.Series[bool], policy: str, what: str) -> int:
    number = int(rows.loc[found, "copies"].sum())
    if policy == "error" and number:
        raise DataError(
            f'{number} rows are {what} and data.{what} = "error": remove them from the source, '
            f"or set data.{what} to another policy"
        )
    return number
