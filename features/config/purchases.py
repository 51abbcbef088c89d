"""The configuration of a problem with purchases: customers come and go unannounced."""

from __future__ import annotations

from typing import Literal

from features.config.sections import (
    Boosting,
    Currency,
    Economics,
    Problem,
    Section,
    Text,
    Tiers,
    Timezone,
    Tracking,
)


class PurchaseColumns(Section):
    """Our name = source column. `cost` and `quantity` must exist; no feature reads them."""

    customer_id: Text
    timestamp: Text
    amount: Text
    order_id: Text | None = None
    category: Text | None = None
    channel: Text | None = None
    cost: Text | None = None
    quantity: Text | None = None


class PurchaseData(Section):
    """Where the transactions are and how their rows are to be read."""

    transactions: Text
    timezone: Timezone = "UTC"
    currency: Currency = "USD"
    refunds: Literal["net", "drop", "error"] = "net"
    guests: Literal["drop", "error"] = "drop"
    duplicates: Literal["keep", "drop"] = "keep"
    columns: PurchaseColumns


class PurchaseConfig(Section):
    """One business problem: everything a run depends on is a field here."""

    data: PurchaseData
    problem: Problem
    economics: Economics = Economics()
    churn: Boosting = Boosting()
    spend: Boosting = Boosting()
    tiers: Tiers = Tiers()
    tracking: Tracking = Tracking()
