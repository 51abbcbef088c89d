"""Columns of a table of subscribers -> a configuration for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from features.config.subscriptions import RESERVED
from features.inspect.columns import Column
from features.inspect.contents import ISO, is_flag, is_number
from features.inspect.names import likeness, plain
from features.inspect.proposal import Proposal

MOST_VALUES = 50
# What is known of a customer only afterwards, or sums up the time so far.
AFTERWARDS = {
    "total",
    "churn",
    "cancel",
    "cancellation",
    "cltv",
    "clv",
    "lifetime",
    "reason",
    "gone",
}


def propose_subscriptions(
    source: str, columns: Sequence[Column], formats: Mapping[str, list[str]], today: date
) -> Proposal | None:
    """A configuration for a table of one row a customer; None where it is none.

    today   until when a table without dates is taken to be known
    """
    ended = _best([each for each in columns if is_flag(each)], "cancelled")
    customer = _best([each for each in columns if each.is_unique], "customer")
    amount = _best([each for each in columns if is_number(each) and not is_flag(each)], "monthly")
    tenure = _best([each for each in columns if is_number(each)], "tenure")
    if customer is None or amount is None:
        return None
    data: dict[str, Any] = {"currency": "USD"}
    unsure = ["nothing tells the currency: USD is written"]
    named = {"customer_id": customer.name}
    if tenure is not None and ended is not None:
        named |= {"tenure": tenure.name, "amount": amount.name, "cancelled": ended.name}
        data |= {"known_until": today.isoformat(), "departures": "all"}
        unsure.append(
            f"the table has no dates: {today.isoformat()} is written as the end of what it knows; "
            'and whether it holds everybody who ever left ("all") or who left in the last month'
        )
    else:
        moments = [each for each in columns if each.name in formats]
        until = _best(moments, "cancelled")
        start = _best([each for each in moments if each is not until], "start")
        if until is None or start is None:
            return None
        named |= {"start": start.name, "amount": amount.name, "cancelled": until.name}
        written = [each for each in formats[start.name] if each in formats[until.name]]
        if written and written[0] != ISO:
            data["date_format"] = written[0]
        unsure.append("known until the midnight after the last date: set data.known_until if later")
    attributes = [
        each.name
        for each in columns
        if each.name not in named.values() and each.name not in formats and _describes(each)
    ]
    if attributes:
        data["attributes"] = attributes
    data["columns"] = named
    why = {"attributes": "what describes a customer, as far as it was known before leaving"}
    return Proposal(source, "contract", data, why, tuple(unsure))


def _best(columns: Sequence[Column], role: str) -> Column | None:
    scored = [(likeness(each.name, role), each) for each in columns]
    scored = [each for each in scored if each[0] > 0]
    return max(scored, key=lambda each: each[0])[1] if scored else None


def _describes(column: Column) -> bool:
    """Whether a column says something of more than one customer, and not of the end."""
    if set(plain(column.name).split()) & AFTERWARDS or column.name in RESERVED:
        return False
    return column.distinct > 1 and (column.distinct <= MOST_VALUES or is_number(column))
