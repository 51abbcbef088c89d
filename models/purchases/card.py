"""The card of a bundle: everything about a trained model that is not a tree."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from features.config.sections import Economics
from models.intervals import Spread
from models.purchases.prior import Prior
from models.purchases.season import Season
from models.segmentation.cutoffs import Cutoffs

FORMAT_VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Feature(_Part):
    """One column that the trees read; lowest and highest bound the values they learnt from."""

    name: str
    unit: str
    meaning: str
    lowest: float | None = None
    highest: float | None = None


class Trees(_Part):
    """How a booster is applied: margin = prior's + shift + strength * trees.

    shift   what puts the total at the level that is expected, on the link scale
    sha256  of the booster's file
    """

    rounds: NonNegativeInt
    strength: float
    shift: float
    sha256: str = ""


class Training(_Part):
    """Where the bundle came from; counts of rows and customers, never the rows."""

    data_sha256: str
    counts: dict[str, int]
    snapshots: tuple[AwareDatetime, ...]
    customers: int
    settings: dict[str, Any]
    versions: dict[str, str]


class PurchaseCard(_Part):
    """A trained model but for its trees, readable by people and checked on load.

    bounds  of the tiers and segments of the customers of trained_as_of, at horizon_days and
            economics
    """

    format_version: int = FORMAT_VERSION
    trained_as_of: AwareDatetime
    horizon_days: PositiveInt
    fitted_horizon_days: PositiveInt
    currency: str
    timezone: str
    optional: tuple[str, ...]
    features: tuple[Feature, ...]
    levels: dict[str, tuple[str, ...]]
    prior: Prior
    season: Season
    churn: Trees
    spend: Trees
    spread: Spread
    economics: Economics
    bounds: Cutoffs | None = None
    metrics: dict[str, float]
    training: Training
