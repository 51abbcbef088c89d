"""Answers as they go over the wire: checked before they are sent, with units."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.config import Economics

NUMBERS = ("p_churn", "expected_spend", "expected_revenue", "clv", "clv_low", "clv_high")
AS_OF = "a date where it is midnight in the model's time zone, else an ISO timestamp"


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelStamp(_Reply):
    """Which model answered."""

    name: str
    version: str
    trained_as_of: str = Field(description=AS_OF)


class Driver(_Reply):
    """What one feature adds to a customer's answer."""

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


class Explanation(_Reply):
    """The parts of an answer: prior, level, trees, the drivers and all other features.

    Log odds sum to those of a purchase, logit(1 - p_churn), log money to log(expected_spend).
    """

    prior_log_odds: float = Field(description="the probability model's own answer")
    level_log_odds: float = Field(description="what brings the total to its level; for all alike")
    trees_log_odds: float = Field(description="what the trees add for the mean customer")
    others_log_odds: float = Field(description="features that are not among the drivers")
    prior_log_money: float
    level_log_money: float
    trees_log_money: float
    others_log_money: float
    drivers: list[Driver] = Field(description="the features that move the answer most, in order")


class Prediction(_Reply):
    """What is expected of one customer in the horizon; null only where basis is insufficient."""

    customer_id: str
    p_churn: float | None = Field(ge=0, le=1, description="P(no purchase in the horizon)")
    expected_spend: float | None = Field(
        description="money: net revenue in the horizon, given at least one purchase in it"
    )
    expected_revenue: float | None = Field(
        description="money: (1 - p_churn) * expected_spend, undiscounted"
    )
    clv: float | None = Field(
        description="money: margin on the expected revenue, discounted to as_of, less the cost of "
        "retention"
    )
    clv_low: float | None = Field(description="money: lower end of the 80 % predictive interval")
    clv_high: float | None = Field(description="money: upper end of the 80 % predictive interval")
    basis: Literal["model", "prior", "insufficient"] = Field(
        description="model: trees and probability model; prior: the probability model alone; "
        "insufficient: too little is known for a number"
    )
    warnings: list[str] = Field(description="what a reader of the numbers should know")
    curve: list[float] | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="money: discounted expected margin of each month from as_of, if asked for",
    )

    explanation: Explanation | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="what the answer is made of, if asked for",
    )

    @model_validator(mode="after")
    def _known(self) -> Prediction:
        if self.basis != "insufficient" and any(getattr(self, name) is None for name in NUMBERS):
            raise ValueError(
                f"{self.customer_id}: a number is missing though basis is {self.basis}"
            )
        return self


class PredictReply(_Reply):
    """Predictions in the order of the request."""

    model: ModelStamp
    as_of: str = Field(description=AS_OF)
    horizon_days: int
    currency: str
    predictions: list[Prediction]


class Feature(_Reply):
    """A column of the feature table that the model reads."""

    name: str
    unit: str
    meaning: str


class ModelReply(ModelStamp):
    """The model that answers now; `notice` says what is not as it should be."""

    run_id: str | None
    source: Literal["registry", "last_good", "folder"]
    notice: str | None
    horizon_days: int = Field(description="default of a request")
    fitted_horizon_days: int = Field(description="the horizon whose outcomes were learnt from")
    currency: str
    timezone: str
    economics: Economics
    customers: int = Field(description="customers in the training log")
    metrics: dict[str, float]
    features: list[Feature]
