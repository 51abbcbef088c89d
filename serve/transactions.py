"""The transactions of a request as a table, and what their sender should know about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pandas as pd

from features import policy
from features.config import Data
from features.moments import to_utc
from models.card import Card
from serve.wire import Customer

Notes = Mapping[str, list[str]]
OPTIONAL = ("order_id", "category", "channel")


def frame(customers: Sequence[Customer], timezone: str) -> pd.DataFrame:
    """The lines of all customers in the manner of `features.contracts.TRANSACTIONS`.

    Timestamps are UTC; naive ones are read in `timezone`. An optional column that no line fills
    is left out.
    """
    held = [(each.customer_id, line) for each in customers for line in each.transactions]
    texts = {"customer_id": [customer_id for customer_id, _ in held]}
    for name in OPTIONAL:
        values = [getattr(line, name) for _, line in held]
        if any(values):
            texts[name] = values
    columns = {name: pd.Series(values, dtype="str") for name, values in texts.items()}
    return pd.DataFrame(
        {
            **columns,
            "timestamp": _instants([line.timestamp for _, line in held], timezone),
            "amount": pd.Series([line.amount for _, line in held], dtype="float64"),
        }
    )


def settle(transactions: pd.DataFrame, card: Card) -> pd.DataFrame:
    """The transactions after the policy for refunds that the training log was read with.

    Raises ContractError where that policy admits none and there is one.
    """
    if not (transactions["amount"] < 0).any():
        return transactions
    data = Data.model_validate(card.training.settings["data"])
    kept, _ = policy.apply(transactions.assign(copies=1), data)
    return kept


def notes(transactions: pd.DataFrame, as_of: datetime, card: Card) -> Notes:
    """customer id -> sentences: which transactions are not used, what they lack."""
    later = transactions.loc[transactions["timestamp"] >= as_of, "customer_id"].value_counts()
    found = {
        str(customer_id): [f"transactions at or after as_of are not used: {number}"]
        for customer_id, number in later.items()
    }
    if card.training.settings["data"]["refunds"] == "drop":
        for customer_id in transactions.loc[transactions["amount"] < 0, "customer_id"].unique():
            sentence = "refunds are not used: the model was trained without them"
            found.setdefault(str(customer_id), []).append(sentence)
    for name in card.optional:
        if name not in transactions:
            for customer_id in transactions["customer_id"].unique():
                sentence = f"the model reads a {name}, but no transaction of the request names one"
                found.setdefault(str(customer_id), []).append(sentence)
    return found


def _instants(moments: Sequence[datetime], timezone: str) -> pd.Series[pd.Timestamp]:
    naive = pd.Series([each.tzinfo is None for each in moments], dtype="bool")
    wall = pd.Series([each.replace(tzinfo=None) for each in moments], dtype="datetime64[us]")
    aware = [each.astimezone(UTC) if each.tzinfo else pd.NaT for each in moments]
    if not naive.any():
        return pd.Series(aware, dtype="datetime64[us, UTC]")
    if naive.all():
        return to_utc(wall, timezone)
    return to_utc(wall, timezone).where(naive, pd.Series(aware, dtype="datetime64[us, UTC]"))
