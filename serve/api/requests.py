"""Request bodies: strict, bounded, with units."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError, model_validator

from features.config.sections import Economics, Fraction
from serve.api.error_messages import details, shortened, summarize
from serve.api.field_types import (
    LARGEST,
    AsOf,
    Feature,
    FeatureValue,
    Horizons,
    Id,
    Label,
    Money,
    OrderId,
    Rate,
    Timestamp,
)
from serve.api.strict_json import read_json
from serve.errors import ServeError

ID = (
    "a text or a whole number, returned as text with the prediction: without blanks around it, in "
    "Unicode's form C; unique in the request"
)
# A warning of /predict; the client passes it on from one of several requests to all of them.
FUTURE_AS_OF = (
    "as_of is the midnight after the last transaction of the request, and that lies after now: "
    "correct its timestamp, or give as_of"
)
MOST_CUSTOMERS = 10_000
MOST_TRANSACTIONS = 500_000

Kind = TypeVar("Kind", bound="Options")


class _StrictModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Transaction(_StrictModel):
    """A line of an order."""

    timestamp: Timestamp = Field(
        description="date or ISO timestamp, also with blanks: 2011-05-01 10:00 +02:00; without an "
        "offset it is read in the model's time zone"
    )
    amount: float = Field(
        ge=-LARGEST, le=LARGEST, description="money in the model's currency; negative for a refund"
    )
    order_id: OrderId = Field(
        None,
        description="which order, a text or a whole number; without it, one customer's lines of "
        "one instant are one",
    )
    category: Label | None = Field(None, description="what was bought")
    channel: Label | None = Field(None, description="where it was bought")


class Customer(_StrictModel):
    """A customer and everything that is known of the purchases."""

    customer_id: Id = Field(description=ID)
    transactions: Annotated[list[Transaction], FailFast()] = Field(
        description="in any order; may be empty"
    )


class Terms(_StrictModel):
    """Economics that replace the model's own, each on its own."""

    margin: Fraction | None = Field(None, description="share of revenue that is left, in (0, 1]")
    discount_rate_annual: Rate | None = Field(None, description="per year, 0.1 is 10 %")
    acquisition_cost: Money | None = Field(
        None,
        description="money per new customer; taken from clv_net only",
    )
    retention_cost_annual: Money | None = Field(None, description="money per customer and year")

    def over(self, defaults: Economics) -> Economics:
        """`defaults` with what is given here in their place."""
        return defaults.model_copy(update=self.model_dump(exclude_none=True))


class Options(_StrictModel):
    """Options of every request, beside the customers that it is about."""

    as_of: AsOf | None = Field(
        None,
        description="the point in time of the prediction, a date or ISO timestamp; nothing at or "
        "after it is used; without an offset it is read in the model's time zone",
    )
    horizon_days: Horizons | None = Field(
        None,
        description="days from as_of that the prediction covers, one number or several ascending "
        "ones; default: the model's",
    )
    economics: Terms | None = Field(None, description="default: the model's")
    curve: bool = Field(
        False, description="also return value month by month, and when the next order may come"
    )
    explain: bool = Field(False, description="also return what each prediction is made of")


class PredictRequest(Options):
    """Raw transactions. Default `as_of`: midnight after the last transaction of the request."""

    customers: Annotated[list[Customer], FailFast()] = Field(
        min_length=1, max_length=MOST_CUSTOMERS
    )

    @model_validator(mode="before")
    @classmethod
    def _bounded(cls, content: Any) -> Any:
        """Counted before transactions are made of them."""
        customers = content.get("customers") if isinstance(content, dict) else None
        found = [each.get("transactions") for each in _dicts(customers)]
        total = sum(len(each) for each in found if isinstance(each, list))
        if total > MOST_TRANSACTIONS:
            raise ValueError(
                f"customers must hold at most {MOST_TRANSACTIONS:,} transactions together, "
                f"got {total:,}; send fewer customers in one request"
            )
        return content

    @model_validator(mode="after")
    def _unique(self) -> PredictRequest:
        _refuse_duplicates([each.customer_id for each in self.customers])
        return self


class FeatureRow(BaseModel):
    """A row of the feature table: every feature that GET /model lists, null where unknown."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)
    __pydantic_extra__: dict[str, Feature]

    customer_id: Id = Field(description=ID)

    def values(self) -> dict[str, FeatureValue]:
        """The features by name."""
        return dict(self.__pydantic_extra__)


class FeaturesRequest(Options):
    """Rows of the feature table at one timestamp. Default `as_of`: the model's `trained_as_of`."""

    rows: Annotated[list[FeatureRow], FailFast()] = Field(min_length=1, max_length=MOST_CUSTOMERS)

    @model_validator(mode="after")
    def _unique(self) -> FeaturesRequest:
        _refuse_duplicates([each.customer_id for each in self.rows])
        return self


class LookupRequest(Options):
    """Customers whose scores the last batch has left in the store.

    Without options the stored numbers come back; with any of them, the live model predicts
    from the customer's stored features. `as_of` is the batch's and cannot be chosen.
    """

    model_config = ConfigDict(json_schema_extra=lambda schema: schema["properties"].pop("as_of"))

    customer_ids: Annotated[list[Id], FailFast()] = Field(min_length=1, max_length=MOST_CUSTOMERS)

    @model_validator(mode="after")
    def _unique(self) -> LookupRequest:
        _refuse_duplicates(self.customer_ids)
        if self.as_of is not None:
            raise ValueError("as_of cannot be chosen here: stored scores have the batch's own")
        return self


def parse(kind: type[Kind], body: bytes) -> Kind:
    """A body as a request of this kind. Raises ServeError naming every violation."""
    if not body.strip():
        raise ServeError("the body is empty; send a JSON object, an example is on the page at /")
    return validate(kind, read_json(body))


def validate(kind: type[Kind], content: object) -> Kind:
    """Decoded JSON as a request of this kind. Raises ServeError naming every violation."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ServeError(summarize(error), details=details(error)) from None


def _dicts(values: object) -> list[dict[str, Any]]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _refuse_duplicates(ids: list[str]) -> None:
    twice = [each for each, times in Counter(ids).items() if times > 1]
    if twice:
        raise ValueError(
            f"customer_id must be unique in a request, {shortened(twice[0])} occurs "
            f"{ids.count(twice[0])} times"
        )
