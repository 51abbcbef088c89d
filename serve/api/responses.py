"""Response bodies: checked before they are sent, with units."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from features.config.sections import Economics
from serve.api.predictions import Numbers, Prediction
from serve.api.reply import AS_OF, Reply, optional_field

ModelSource = Literal["registry", "last_good", "folder"]
FeatureValues = dict[str, float | str | None]


class ModelStamp(Reply):
    """Which model predicted."""

    name: str
    version: str
    trained_as_of: str = Field(description=AS_OF)


class PredictReply(Reply):
    """Predictions in the order of the request: of each customer, one for each horizon."""

    model: ModelStamp
    as_of: str = Field(description=AS_OF)
    horizon_days: int | list[int] = Field(description="as asked for")
    currency: str
    predictions: list[Prediction]


class Feature(Reply):
    """A column of the feature table that the model reads."""

    name: str
    unit: str
    meaning: str


class Candidate(Reply):
    """A version that the registry names, but that is not live."""

    version: str
    state: Literal["loading", "refused"]
    reason: str | None = None


class ModelReply(ModelStamp):
    """The live model; `notice` describes what is not as it should be."""

    relationship: Literal["purchases", "contract"]
    run_id: str | None
    source: ModelSource
    notice: str | None
    candidate: Candidate | None = Field(
        description="the version that the registry names instead: it loads, or was refused"
    )
    horizon_days: int = Field(description="default of a request")
    fitted_horizon_days: int = Field(description="the horizon whose outcomes were learnt from")
    currency: str
    timezone: str
    economics: Economics
    customers: int = Field(description="customers in the training data")
    metrics: dict[str, float]
    features: list[Feature]


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
        description="last_good: the store is away, and a local replica of its last batch is read",
    )


class PastNumbers(Numbers):
    """The scores of one customer in an earlier batch."""

    batch: BatchStamp


class LookupReply(PredictReply):
    """Stored scores in the order of the request: of each customer, one for each horizon."""

    batch: BatchStamp
    unknown: list[str] = Field(description="ids that the batch does not have, as asked for")


class CustomerReply(PredictReply):
    """One stored customer."""

    batch: BatchStamp
    features: FeatureValues | None = optional_field(
        "the stored row of the feature table, if asked for; units in GET /model"
    )
    history: list[PastNumbers] | None = optional_field(
        "the numbers of the stored batches, the newest first, if asked for"
    )


class Listed(Numbers):
    """One customer's scores in the batch."""

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
    """The live version, and where it was loaded from."""

    version: str
    source: ModelSource


class ReadyReply(Reply):
    """Whether requests are served, and the state of model, registry and store."""

    ready: bool
    model: ReadyModel | None = Field(description="null until one is loaded")
    registry: Literal["up", "down", "unused"]
    store: str = Field(description="the score store: up, down or unused")
    notice: str | None = Field(description="what is not as it should be")
