"""The prediction for one customer in a response: its numbers, and their parts, with units."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from models.customer_values import VALUE_COLUMNS
from serve.api.reply import Reply, optional_field

Basis = Literal["model", "prior", "insufficient"]


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
