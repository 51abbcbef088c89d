"""The phrases that differ between purchases and subscriptions, where a chapter is of both."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The phrases; `{days:days}` stands for the horizon.

    span       what a value is counted over
    customers  who is counted
    riskiest   who has the highest churn risk
    leaving    a churn risk of more than a half
    churn      what churn and value mean, for the foot of the page
    """

    span: str
    customers: str
    riskiest: str
    leaving: str
    churn: str


PURCHASES = Wording(
    span="over the next {days:days}",
    customers="had bought by the day of the report",
    riskiest="Least likely to buy",
    leaving="More likely to stay away than to order",
    churn="Churn means no order within the horizon, not gone for good.",
)
SUBSCRIPTIONS = Wording(
    span="over the whole remaining life",
    customers="had a contract on the day of the report",
    riskiest="Most likely to cancel",
    leaving="More likely to cancel within {days:days} than to stay",
    churn="Churn means that the contract is cancelled within {days:days}; value is that of the "
    "whole remaining life, whatever the horizon.",
)
