"""Answers about stored customers and about the service, beside those of `serve.api.responses`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from features.config.sections import Economics
from serve.api.responses import AS_OF, Numbers, PredictReply, Reply, if_asked

FeatureValues = dict[str, float | str | None]


class BatchStamp(Reply):
    """The batch of scores that stored customers are read from."""

    number: int
    created_at: str = Field(description="ISO timestamp of its writing")
    as_of: str = Field(description=AS_OF)
    horizon_days: int
    model_version: str
    economics: Economics = Field(description="what the batch was scored with")
    customers: int = Field(ge=0, description="customers in the batch")
    source: Literal["store", "last_good"] = Field(
        "store",
        description="last_good: the store is away, and a copy of its last batch answers",
    )


class PastNumbers(Numbers):
    """What a batch said of one customer."""

    batch: BatchStamp


class LookupReply(PredictReply):
    """Stored scores in the order of the request: of each customer, one for each horizon."""

    batch: BatchStamp
    unknown: list[str] = Field(description="ids that the batch does not have, as asked for")


class CustomerReply(PredictReply):
    """One stored customer."""

    batch: BatchStamp
    features: FeatureValues | None = if_asked(
        "the stored row of the feature table, if asked for; units in GET /model"
    )
    history: list[PastNumbers] | None = if_asked(
        "the numbers of the batches that are kept, the newest first, if asked for"
    )


class Listed(Numbers):
    """What the batch says of one customer."""

    customer_id: str


class ListReply(Reply):
    """A page of the customers of the last batch."""

    batch: BatchStamp
    as_of: str = Field(description=AS_OF)
    horizon_days: int
    currency: str
    total: int = Field(ge=0, description="customers on all pages")
    limit: int = Field(description="customers on a page")
    offset: int = Field(description="customers before this page")
    customers: list[Listed]


class Totals(Reply):
    """Customers together."""

    customers: int = Field(ge=0)
    share_of_customers: float | None = Field(ge=0, le=1)
    known: int = Field(ge=0, description="those among them who have a value")
    clv: float = Field(description="money: the sum of the known")
    share_of_clv: float | None = Field(description="null where all together have none")
    clv_mean: float | None = Field(description="money: of the known; null without any")
    expected_revenue: float = Field(description="money: the sum of the known")
    p_churn_mean: float | None = Field(ge=0, le=1, description="of the known")


class Group(Totals):
    """Customers of one tier, segment or cohort."""

    name: str | None = Field(description="null for customers without one")


class AllTotals(Totals):
    """All customers of the batch."""

    expected_revenue_low: float | None = Field(description="money: the lower end of 80 %")
    expected_revenue_high: float | None = Field(description="money: the upper end of 80 %")


class OverviewReply(Reply):
    """The last batch, added up."""

    batch: BatchStamp
    as_of: str = Field(description=AS_OF)
    horizon_days: int
    currency: str
    total: AllTotals
    tiers: list[Group] = Field(description="the most valuable first")
    segments: list[Group]
    cohorts: list[Group] = Field(description="by the first purchase")


class ReadyModel(Reply):
    """The version that answers, and where it was taken from."""

    version: str
    source: Literal["registry", "last_good", "folder"]


class ReadyReply(Reply):
    """Whether requests are answered, and what the service stands on."""

    ready: bool
    model: ReadyModel | None = Field(description="null until one is loaded")
    registry: Literal["up", "down", "unused"]
    store: str = Field(description="the score store: up, down or unused")
    notice: str | None = Field(description="what is not as it should be")
