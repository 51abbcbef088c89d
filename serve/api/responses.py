"""Response bodies: checked before they are sent, with units."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.config.sections import Economics
from models.customer_values import VALUE_COLUMNS

AS_OF = "a date where it is midnight in the model's time zone, else an ISO timestamp"

Basis = Literal["model", "prior", "insufficient"]
ModelSource = Literal["registry", "last_good", "folder"]
ErrorCode = Literal[
    "invalid_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "timeout",
    "too_large",
    "unsupported_media_type",
    "too_many_requests",
    "internal",
    "unavailable",
]
FeatureValues = dict[str, float | str | None]


class Reply(BaseModel):
    """Base of all responses."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def optional_field(description: str) -> Any:
    """A field that a response has only where the request asks for it."""
    return Field(None, exclude_if=lambda value: value is None, description=description)


class ModelStamp(Reply):
    """Which model predicted."""

    name: str
    version: str
    trained_as_of: str = Field(description=AS_OF)


class Driver(Reply):
    """What one feature contributes to a customer's prediction."""

    feature: str
    value: float | str | None = Field(description="as in the feature table; null where unknown")
    unit: str
    meaning: str
    churn_log_odds: float = Field(
        description="log odds of a purchase in the horizon; what is positive lowers p_churn"
    )
    spend_log_money: float = Field(
        description="log of the expected spend: 0.1 is about a tenth more"
    )
    direction: Literal["up", "down"] = Field(description="what both do to the expected revenue")
    revenue_share: float = Field(description="how much that is, about: 0.1 is a tenth more")
    words: str = Field(description="the same as a sentence")


class Month(Reply):
    """A month of 30.4375 days of the horizon; the last one may be shorter."""

    month: int = Field(ge=1)
    days: float = Field(description="days from as_of to the month's end")
    expected_revenue: float = Field(description="money, undiscounted; sums to expected_revenue")
    survival: float = Field(ge=0, le=1, description="P(still a customer at the month's end)")
    discounted_value: float = Field(
        description="money: margin discounted from the month's end, less the cost of retention; "
        "sums to clv, of a subscription to clv less clv_after_horizon"
    )


class Explanation(Reply):
    """The parts of a prediction: prior, calibration of the total (level), trees, the drivers and
    all other features.

    Log odds sum to those of a purchase, logit(1 - p_churn), log money to log(expected_spend).
    """

    prior_log_odds: float = Field(description="the probability model's own prediction")
    level_log_odds: float = Field(description="calibration of the total; the same for all")
    trees_log_odds: float = Field(description="what the trees add for the mean customer")
    others_log_odds: float = Field(description="features that are not among the drivers")
    prior_log_money: float
    level_log_money: float
    trees_log_money: float
    others_log_money: float
    drivers: list[Driver] = Field(description="the features that contribute most, in order")


class Numbers(Reply):
    """The prediction for one customer in a horizon; null only where basis is insufficient."""

    p_churn: float | None = Field(
        ge=0, le=1, description="P(no purchase in the horizon, or that a subscription is cancelled)"
    )
    expected_spend: float | None = Field(
        description="money: net revenue in the horizon, given at least one purchase in it; of a "
        "subscription by definition expected_revenue / (1 - p_churn)"
    )
    expected_revenue: float | None = Field(
        description="money: (1 - p_churn) * expected_spend, undiscounted"
    )
    clv: float | None = Field(
        description="money: the residual value: margin on the expected revenue, discounted from "
        "the end of each month to as_of, less the cost of retention while a customer; over the "
        "horizon, of a subscription over the whole remaining life"
    )
    clv_low: float | None = Field(description="money: lower end of the 80 % predictive interval")
    clv_high: float | None = Field(description="money: upper end of the 80 % predictive interval")
    clv_historic: float | None = Field(description="money: margin on the net revenue so far")
    clv_total: float | None = Field(description="money: clv_historic + clv")
    clv_net: float | None = Field(description="money: clv_total less the cost of acquisition")
    tier: str | None = Field(
        description="layer by predicted value; null for another horizon, margin, discount or cost "
        "of retention than the tiers were cut for"
    )
    segment: str | None = Field(description="by recency, frequency and money, such as Champions")
    basis: Basis = Field(
        description="model: trees and probability model; prior: the probability model alone; "
        "insufficient: too little is known for a number"
    )
    warnings: list[str] = Field(description="what a reader of the numbers should know")

    @model_validator(mode="after")
    def _known(self) -> Self:
        missing = [name for name in VALUE_COLUMNS if getattr(self, name) is None]
        if self.basis != "insufficient" and missing:
            raise ValueError(f"{missing[0]} is missing though basis is {self.basis}")
        return self


class Prediction(Numbers):
    """The numbers of one customer for one horizon, and what else was asked for."""

    customer_id: str
    horizon_days: int = Field(description="days from as_of that these numbers cover")
    curve: list[Month] | None = optional_field("the horizon month by month, if asked for")
    clv_after_horizon: float | None = optional_field(
        "money: what clv holds of a subscription after the horizon; with the curve"
    )
    next_order_days: float | None = optional_field(
        "days from as_of: the median time to the next order, if one comes within a "
        "year; with the curve"
    )
    next_order_date: str | None = optional_field("the same as a date in the model's time zone")
    explanation: Explanation | None = optional_field("what the prediction is made of, if asked for")


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


class ErrorDetail(BaseModel):
    """One violation: where, and what it must be."""

    field: str
    message: str


class ErrorContent(BaseModel):
    """What went wrong, in a sentence."""

    status: int = Field(description="the HTTP status")
    code: ErrorCode = Field(description="the status as a word to switch on")
    message: str = Field(description="what, where, got and how to repair")
    field: str | None = Field(description="the place in the request, as in rows[0].recency_days")
    details: list[ErrorDetail] = Field(
        description="violations, up to twenty; of a long list, those of the first entry at fault"
    )
    request_id: str = Field(description="the request's id in the service's log")


class ErrorReply(BaseModel):
    """The one shape of every error."""

    error: ErrorContent
