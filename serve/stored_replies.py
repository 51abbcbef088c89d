"""Answers about stored customers and about the service, beside those of `serve.replies`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from serve.replies import AS_OF, Numbers, PredictReply, Reply

FeatureValues = dict[str, float | str | None]


class BatchStamp(Reply):
    """The batch of scores that stored customers are read from."""

    number: int
    created_at: str = Field(description="ISO timestamp of its writing")
    as_of: str = Field(description=AS_OF)
    horizon_days: int
    model_version: str
    customers: int = Field(ge=0, description="customers in the batch")


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
    features: FeatureValues | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="the stored row of the feature table, if asked for; units in GET /model",
    )
    history: list[PastNumbers] | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="the numbers of the batches that are kept, the newest first, if asked for",
    )


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
