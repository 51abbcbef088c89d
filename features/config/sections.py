"""What the configurations of both kinds share: value types, and the sections of the same name."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be an IANA time zone such as Europe/London") from None
    return name


def _sum_to_one(shares: tuple[float, ...]) -> tuple[float, ...]:
    if abs(sum(shares) - 1.0) > 1e-6:
        raise ValueError("must sum to 1")
    return shares


def _different(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("must be different from each other")
    return names


Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(gt=0)]
Fraction = Annotated[float, Field(gt=0, le=1)]
Cost = Annotated[float, Field(ge=0)]
Timezone = Annotated[str, AfterValidator(_known_timezone)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Section(BaseModel):
    """A table of keys: frozen, strict, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Problem(Section):
    """What is predicted, and the past points in time from which it is learnt.

    relationship  purchases: customers come and go unannounced; contract: they subscribe and
                  cancel, see `features.config.subscriptions`
    """

    relationship: Literal["purchases", "contract"] = "purchases"
    horizon_days: Annotated[int, Field(gt=0, le=3650)]
    snapshots: Count = 8
    spacing_days: Count = 30
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7


class Economics(Section):
    """From revenue to value. Costs are money, rates are per year."""

    margin: Fraction = 1.0
    discount_rate_annual: Annotated[float, Field(ge=0)] = 0.10
    acquisition_cost: Cost = 0.0
    retention_cost_annual: Cost = 0.0


class Boosting(Section):
    """Settings of one model: XGBoost's, and how much trees may count.

    max_rounds bounds the number of trees, which is chosen out of time; strength is the most that
    they may count beside the probability model, of which is used what helps out of time.
    """

    max_rounds: Annotated[int, Field(ge=0, le=5000)] = 120
    learning_rate: Fraction = 0.1
    max_depth: Annotated[int, Field(gt=0, le=16)] = 3
    min_child_weight: Annotated[float, Field(ge=0)] = 10.0
    subsample: Fraction = 0.8
    colsample_bytree: Fraction = 0.5
    reg_lambda: Annotated[float, Field(ge=0)] = 10.0
    max_bin: Annotated[int, Field(ge=2, le=4096)] = 64
    strength: Annotated[float, Field(ge=0, le=1)] = 1.0


class Tiers(Section):
    """Customers in layers by predicted value, the best first.

    names, shares  of the layers; shares are of the customers whose value is known, and sum to 1
    margin         by how much of the ranking a value must lie beyond a cut before a customer who
                   had a tier changes it; 0.02 is two points of a hundred
    """

    # subtle: TOML knows lists only; what is in them stays strict
    names: Annotated[
        tuple[Text, ...], Field(strict=False, min_length=2), AfterValidator(_different)
    ] = ("Platinum", "Gold", "Silver", "Bronze")
    shares: Annotated[
        tuple[Fraction, ...], Field(strict=False, min_length=2), AfterValidator(_sum_to_one)
    ] = (0.25, 0.25, 0.25, 0.25)
    margin: Annotated[float, Field(ge=0)] = 0.02

    @model_validator(mode="after")
    def _fit_together(self) -> Tiers:
        if len(self.names) != len(self.shares):
            raise ValueError("must have as many shares as names")
        if self.margin >= min(self.shares):
            raise ValueError("must have a margin below every share")
        return self


class Tracking(Section):
    """Where the runs are recorded."""

    experiment: Text = "clv"
