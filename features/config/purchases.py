"""The configuration of a problem with purchases: customers come and go unannounced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_serializer, model_validator

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
from features.config.source_address import without_password
from features.config.source_format import SourceFormat, Texts, Words

Role = Literal["customer_id", "order_id", "timestamp", "amount", "category", "channel"]


def _as_text(value: Any) -> Any:
    """What a row is kept by, as it would stand in a file: true, 1, or a text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _words(value: Any) -> Any:
    return [_as_text(each) for each in (value if isinstance(value, list) else [value])]


Choice = Mapping[Text, Annotated[Words, BeforeValidator(_words)]]


class PurchaseColumns(Section):
    """Our name = source column.

    time       the time of day, where it stands apart from the date in `timestamp`
    quantity   what `amount` is multiplied with where it is the price of a unit
    currency   of the row's money
    refunded   what was already returned of the row's money
    cost       what the goods cost
    refunds_order   the id of the order that a refund takes back
    """

    customer_id: Text
    timestamp: Text
    amount: Text
    order_id: Text | None = None
    category: Text | None = None
    channel: Text | None = None
    time: Text | None = None
    quantity: Text | None = None
    currency: Text | None = None
    refunded: Text | None = None
    cost: Text | None = None
    refunds_order: Text | None = None


class PurchaseData(SourceFormat):
    """Where the transactions are and how their rows are to be read.

    preset            whose export it is: what `features.config.presets` has filled in
    transactions      file, glob, folder, or address of a database's table
    amount_unit       major: pounds; minor: pence
    amount_is         line: the row's money; unit_price: times columns.quantity; order_total: the
                      order's money, repeated on its rows
    refunds, guests, duplicates, missing, other_currencies, reexports
                      what becomes of rows with a negative amount; without a customer; that are an
                      exact copy; without a moment or an amount; in another currency; of an order
                      that several files hold
    refund_matching   match: a refund takes back the order that it names, else the latest earlier
                      order of its amount, else the latest earlier ones; none: it stands alone
    fill_down         source columns whose blank cells take the value above within the order
    keep, drop        source column -> values: only, or never, rows with these
    id_case           lower: ids that differ only in case are one
    order_span_days   the longest that an order's rows may lie apart
    end               rows at or after it are dropped
    """

    transactions: Text
    preset: Text | None = None
    timezone: Timezone = "UTC"
    currency: Currency = "USD"
    refunds: Literal["net", "drop", "error"] = "net"
    refund_matching: Literal["match", "none"] = "match"
    guests: Literal["drop", "error"] = "drop"
    duplicates: Literal["keep", "drop"] = "keep"
    missing: Literal["error", "drop"] = "error"
    other_currencies: Literal["error", "drop"] = "error"
    reexports: Literal["error", "newest", "keep"] = "error"
    amount_is: Literal["line", "unit_price", "order_total"] = "line"
    amount_unit: Literal["major", "minor"] = "major"
    id_case: Literal["keep", "lower"] = "keep"
    order_span_days: Annotated[int, Field(gt=0, le=3650)] = 31
    end: Text | None = None
    fill_down: Texts = ()
    keep: Choice = Field(default_factory=dict)
    drop: Choice = Field(default_factory=dict)
    columns: PurchaseColumns

    @field_serializer("transactions")
    def _without_password(self, address: str) -> str:
        return without_password(address)

    @model_validator(mode="after")
    def _every_column_is_used(self) -> PurchaseData:
        quantity = self.columns.quantity is not None
        if quantity != (self.amount_is == "unit_price"):
            raise ValueError(
                "must name columns.quantity exactly where amount_is is 'unit_price', for nothing "
                "else reads it: add the one, or remove the other"
            )
        for name in self.keep.keys() & self.drop.keys():
            if both := sorted(set(self.keep[name]) & set(self.drop[name])):
                raise ValueError(f"must not both keep and drop {name} = {both[0]!r}")
        by_order = {"amount_is = 'order_total'": self.amount_is == "order_total"}
        by_order["fill_down"] = bool(self.fill_down)
        by_order["columns.refunds_order"] = self.columns.refunds_order is not None
        for key in (name for name, used in by_order.items() if used and not self.columns.order_id):
            raise ValueError(f"must name columns.order_id, which {key} needs")
        return self


class PurchaseConfig(Section):
    """One business problem: everything a run depends on is a field here."""

    data: PurchaseData
    problem: Problem
    economics: Economics = Economics()
    churn: Boosting = Boosting()
    spend: Boosting = Boosting()
    tiers: Tiers = Tiers()
    tracking: Tracking = Tracking()
