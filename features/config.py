"""The configuration of one business problem: a TOML file, validated, frozen."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)


class ConfigError(ValueError):
    """A configuration file cannot be used. The message lists every violation."""


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


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Columns(_Section):
    """Contract name = source column. `cost` and `quantity` must exist; no feature reads them."""

    customer_id: Text
    timestamp: Text
    amount: Text
    order_id: Text | None = None
    category: Text | None = None
    channel: Text | None = None
    cost: Text | None = None
    quantity: Text | None = None


class Data(_Section):
    """Where the transactions are and how their rows are to be read."""

    transactions: Text
    timezone: Annotated[str, AfterValidator(_known_timezone)] = "UTC"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    refunds: Literal["net", "drop", "error"] = "net"
    guests: Literal["drop", "error"] = "drop"
    duplicates: Literal["keep", "drop"] = "keep"
    columns: Columns


class Problem(_Section):
    """What is predicted, and the past moments from which it is learnt."""

    horizon_days: Annotated[int, Field(gt=0, le=3650)]
    snapshots: Count = 8
    spacing_days: Count = 30
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7


class Economics(_Section):
    """From revenue to value. Costs are money, rates are per year."""

    margin: Fraction = 1.0
    discount_rate_annual: Annotated[float, Field(ge=0)] = 0.10
    acquisition_cost: Cost = 0.0
    retention_cost_annual: Cost = 0.0


class Boosting(_Section):
    """Settings of one model: XGBoost's, and how much of the trees' correction is believed.

    max_rounds bounds the number of trees, which is chosen out of time; strength is the share of
    their correction that is added to the probability model.
    """

    max_rounds: Annotated[int, Field(ge=0, le=5000)] = 120
    learning_rate: Fraction = 0.1
    max_depth: Annotated[int, Field(gt=0, le=16)] = 3
    min_child_weight: Annotated[float, Field(ge=0)] = 10.0
    subsample: Fraction = 0.8
    colsample_bytree: Fraction = 0.5
    reg_lambda: Annotated[float, Field(ge=0)] = 10.0
    max_bin: Annotated[int, Field(ge=2, le=4096)] = 64
    strength: Annotated[float, Field(ge=0, le=1)] = 0.5


class Tiers(_Section):
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


class Tracking(_Section):
    """Where the runs are recorded."""

    experiment: Text = "clv"


class Config(_Section):
    """One business problem: everything a run depends on is a field here."""

    data: Data
    problem: Problem
    economics: Economics = Economics()
    churn: Boosting = Boosting()
    spend: Boosting = Boosting()
    tiers: Tiers = Tiers()
    tracking: Tracking = Tracking()


def read_config(path: Path) -> Config:
    """Read a TOML file. Unknown keys are errors: a typo must not run with a default.

    Raises ConfigError naming the file and every violation, not just the first.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; give the path of a TOML file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        found = "; ".join(_sentence(dict(each)) for each in error.errors())
        raise ConfigError(f"{path}: {found}") from None


EXPECTED = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "string_type": "must be a text in quotes",
    "string_too_short": "must not be empty",
    "too_short": "must have at least two entries",
    "tuple_type": "must be a list",
    "string_pattern_mismatch": "must be three capital letters such as GBP",
    "model_type": "must be a table of keys",
}


def _sentence(error: dict[str, Any]) -> str:
    """One violation in words: which key, what it must be, what it was."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"{key} is missing, add it"
    if error["type"] == "extra_forbidden":
        return f"{key} is an unknown key, {_suggestion(error['loc'])}"
    return f"{key} {_expectation(error)}, got {error['input']!r}"


def _expectation(error: dict[str, Any]) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "greater_than" if context["gt"] == 0:
            return "must be positive"
        case "greater_than":
            return f"must be more than {context['gt']:g}"
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}"
        case "less_than":
            return f"must be less than {context['lt']:g}"
        case "less_than_equal":
            return f"must be at most {context['le']:g}"
        case "literal_error":
            return f"must be one of {context['expected']}"
        case "value_error":
            return str(context["error"])
        case kind:
            return EXPECTED.get(kind, str(error["msg"]))


def _suggestion(location: tuple[str, ...]) -> str:
    """The nearest key of the same section, or all of them."""
    section: Any = Config
    for part in location[:-1]:
        section = section.model_fields[part].annotation
    known = list(section.model_fields)
    near = difflib.get_close_matches(location[-1], known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
