"""What may be asked of a service, as the types of the client's arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NotRequired, TypedDict

Row = Mapping[str, float | str | None]


class Transaction(TypedDict):
    """A line of an order; without an offset the timestamp is read in the model's time zone."""

    timestamp: str | date
    amount: float
    order_id: NotRequired[str | int | None]
    category: NotRequired[str | None]
    channel: NotRequired[str | None]


class Customer(TypedDict):
    """A customer and all that is known of the purchases."""

    customer_id: str | int
    transactions: Sequence[Transaction]


class Terms(TypedDict, total=False):
    """Economics in the place of the model's own."""

    margin: float
    discount_rate_annual: float
    acquisition_cost: float
    retention_cost_annual: float


class Options(TypedDict, total=False):
    """What may be asked of stored customers; a description of each is in /docs.json."""

    horizon_days: int | Sequence[int]
    economics: Terms
    curve: bool
    explain: bool


class PredictOptions(Options, total=False):
    """What may be asked of customers who are sent along."""

    as_of: str | date


class FrameOptions(TypedDict, total=False):
    """What may be asked of the customers of a frame, and what its columns are called.

    progress  a bar on stderr; by default where that is a terminal, and only after two seconds
    """

    customer_id: str
    horizon_days: int | Sequence[int]
    economics: Terms
    as_of: str | date
    progress: bool


class TransactionFrameOptions(FrameOptions, total=False):
    """The same of a frame of transactions: a column has the name of its argument by default."""

    timestamp: str
    amount: str
    order_id: str
    category: str
    channel: str
