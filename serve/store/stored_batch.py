"""A row of the table `batches` is data: it is checked whole before anything of it is used."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    NonNegativeInt,
)

from features.config.sections import Currency, Economics, Timezone

MOST_NUMBER = 2**31 - 1
MOST_COLUMNS = 10_000
LONGEST_DAYS = 3650

Number = Annotated[int, Field(ge=1, le=MOST_NUMBER)]
Word = Annotated[str, Field(max_length=256)]
# It comes back as a key of replies and at the head of a CSV.
ColumnName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Columns = Annotated[tuple[ColumnName, ...], Field(max_length=MOST_COLUMNS)]
Features = Annotated[tuple[Word, ...], Field(max_length=MOST_COLUMNS)]


class _Cohort(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Word | None
    customers: NonNegativeInt
    known: NonNegativeInt
    clv: FiniteFloat
    expected_revenue: FiniteFloat
    p_churn: FiniteFloat


class _Totals(BaseModel):
    total_revenue_low: FiniteFloat | None = None
    total_revenue_high: FiniteFloat | None = None
    cohorts: list[_Cohort] = []


class _Tiers(BaseModel):
    names: list[Word | None] = []


class _Options(BaseModel):
    tiers: _Tiers = _Tiers()


def _of(form: type[BaseModel]) -> AfterValidator:
    """The same mapping, when what is read of it is as it should be; other keys may be anything."""

    def check(values: dict[str, Any]) -> dict[str, Any]:
        form.model_validate(values)
        return values

    return AfterValidator(check)


class StoredBatch(BaseModel):
    """The columns of `batches`, see `serve.store.schema`."""

    number: Number
    fingerprint: Word
    published: Number
    created_at: AwareDatetime
    model_name: Word
    model_version: Word
    card_sha256: Word
    trained_as_of: AwareDatetime
    as_of: AwareDatetime
    horizon_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]
    currency: Currency
    timezone: Timezone
    economics: Annotated[dict[str, Any], _of(Economics)]
    data_sha256: Word
    options: Annotated[dict[str, Any], _of(_Options)]
    customers: NonNegativeInt
    totals: Annotated[dict[str, Any], _of(_Totals)]
    columns: Columns
    features: Features
