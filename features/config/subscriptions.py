"""The configuration of a problem with subscribers: they start, pay monthly and cancel."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

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
from features.config.source_format import SourceFormat

RESERVED = {"customer_id", "start", "tenure", "amount", "cancelled", "copies"} | {
    "tenure_months",
    "monthly_amount",
}


class SubscriptionColumns(Section):
    """Our name = source column.

    start      when the subscription began; then `cancelled` is a timestamp, blank where it runs
    tenure     whole months that it has lasted; then `cancelled` is a flag: it has ended
    amount     what is paid per month
    """

    customer_id: Text
    start: Text | None = None
    tenure: Text | None = None
    amount: Text
    cancelled: Text

    @model_validator(mode="after")
    def _one_beginning(self) -> SubscriptionColumns:
        if (self.start is None) == (self.tenure is None):
            raise ValueError(
                "must name either start (a timestamp) or tenure (a number of months), not both"
            )
        return self


class SubscriptionData(SourceFormat):
    """Where the table of customers is and how its rows are to be read.

    attributes   source columns that describe a customer: texts or numbers
    known_until  end of what the table knows, a date or a timestamp in `timezone`, exclusive; by
                 default the midnight after its last date; a table of tenures must name it
    departures   of a table of tenures: whether it holds everybody who ever left, or only who left
                 in the last month
    """

    customers: Text
    timezone: Timezone = "UTC"
    currency: Currency = "USD"
    attributes: list[Text] = Field(default_factory=list)
    known_until: Text | None = None
    departures: Literal["all", "last_month"] = "all"
    columns: SubscriptionColumns

    @model_validator(mode="after")
    def _consistent(self) -> SubscriptionData:
        twice = {each for each in self.attributes if self.attributes.count(each) > 1}
        taken = {value for value in self.columns.model_dump().values() if value}
        if clash := sorted(twice | (taken & set(self.attributes))):
            raise ValueError(f"must name each source column once, but {', '.join(clash)} is twice")
        if clash := sorted(RESERVED & set(self.attributes)):
            raise ValueError(
                f"must not name an attribute {', '.join(clash)}, which means something here; rename"
            )
        if self.columns.tenure and not self.known_until:
            raise ValueError("must name known_until, the date that the tenures describe")
        if self.columns.start and self.departures != "all":
            raise ValueError("departures belongs to a table of tenures, not of starts; remove it")
        return self


class SubscriptionConfig(Section):
    """One business problem with subscribers; the other sections are those of `PurchaseConfig`.

    There is no [spend]: what a subscriber pays is known.
    """

    data: SubscriptionData
    problem: Problem
    economics: Economics = Economics()
    churn: Boosting = Boosting()
    tiers: Tiers = Tiers()
    tracking: Tracking = Tracking()
