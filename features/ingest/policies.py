"""What became of every row of a transaction log, in words."""

from __future__ import annotations

MEANINGS = {
    "rows_read": "rows read",
    "rows_after_end_dropped": "- dropped: at or after the configured end",
    "rows_without_timestamp_dropped": "- dropped: no timestamp",
    "rows_without_amount_dropped": "- dropped: no amount",
    "guest_rows_dropped": "- dropped: no customer id",
    "other_currency_rows_dropped": "- dropped: another currency",
    "duplicate_rows_dropped": "- dropped: exact copy of another row",
    "reexported_rows_dropped": "- dropped: a later file repeats the order",
    "refund_rows_dropped": "- dropped: negative amount",
    "rows_merged": "- merged: same customer, order, timestamp (and category, channel)",
    "lines": "= lines",
    "duplicate_rows_kept": "rows kept that are an exact copy of another",
    "refund_rows_netted": "rows kept with a negative amount, netted",
    "refunds_matched: by order": "refunds of the order whose id they have",
    "refunds_matched: by amount": "refunds of the latest order of the same amount",
    "refunds_matched: latest": "refunds of the latest orders, up to their amount",
    "refunds_matched: unmatched": "refunds of what was bought before the log begins",
    "zero_amount_rows": "rows kept with amount zero",
    "orders": "orders",
    "purchases": "- with a positive sum: purchases",
    "refund_orders": "- with a negative sum: refunds",
    "zero_orders": "- that net to nothing",
    "customers": "customers",
    "customers_without_purchase": "- without any purchase",
}
# How the counts of `data.keep` and `data.drop` are named: by column and value.
BY_VALUE = "dropped: "
# The key that decides on the rows of a count.
KEYS = {
    "rows_after_end_dropped": "data.end",
    "rows_without_timestamp_dropped": "data.columns.timestamp",
    "rows_without_amount_dropped": "data.columns.amount",
    "guest_rows_dropped": "data.columns.customer_id",
    "other_currency_rows_dropped": "data.currency",
    "refund_rows_dropped": "data.refunds",
}


def nothing_left(counts: dict[str, int]) -> str:
    """The sentence about a log of which no row counts: where its rows went, and the key to set."""
    dropped = {name: each for name, each in counts.items() if "dropped" in name and each}
    most = max(dropped, key=lambda name: dropped[name], default="")
    key = "data.keep or data.drop" if most.startswith(BY_VALUE) else KEYS.get(most, "data")
    rows = ", ".join(f"{name} {number}" for name, number in counts.items() if number)
    return f"no row is left after the policies: {rows}; correct {key}"


def in_order(counts: dict[str, int]) -> dict[str, int]:
    """The counts in the order of MEANINGS, what was dropped by value after the rows read."""
    by_value = {name: number for name, number in counts.items() if name.startswith(BY_VALUE)}
    named = {name: counts[name] for name in MEANINGS if name in counts}
    return {"rows_read": counts["rows_read"]} | by_value | named


def meanings(counts: dict[str, int]) -> dict[str, str]:
    """The name of each count -> what it means, in order."""
    return {name: MEANINGS.get(name, f"- {name}") for name in in_order(counts)}
