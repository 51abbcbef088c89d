"""The card of a model of purchases: everything about it that is not a tree."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, PositiveInt

from features.config.sections import Economics
from models.card import FORMAT_VERSION, CardPart, Feature, Training, Trees, left_out_at
from models.intervals import RevenueDistribution
from models.purchases.age_bands import AgeBand
from models.purchases.churn import PROBABILITY_FLOOR
from models.purchases.prior import Prior
from models.purchases.seasonality import Season
from models.segmentation.cutoffs import Cutoffs


class PurchaseCard(CardPart):
    """A trained model but for its trees, readable by people and checked on load.

    prior_columns      what the trees read after the features: the prior's own predictions
    probability_floor  see `models.purchases.churn.floor_shift`
    age_bands          of the holdout evaluation: how far the youngest customers can be trusted
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
    prior_columns: Annotated[tuple[str, ...], left_out_at(())] = ()
    probability_floor: Annotated[float, left_out_at(PROBABILITY_FLOOR)] = PROBABILITY_FLOOR
    season: Season
    churn: Trees
    spend: Trees
    spread: RevenueDistribution
    economics: Economics
    bounds: Cutoffs | None = None
    metrics: dict[str, float]
    age_bands: Annotated[tuple[AgeBand, ...], left_out_at(())] = ()
    training: Training

    @property
    def matches_refunds(self) -> bool:
        """Whether refunds met their purchases in the log, which they did not before 0.3.0."""
        data = self.training.settings.get("data", {})
        return bool(data.get("refund_matching", "none") == "match")
