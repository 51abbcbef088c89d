"""The card of a model of subscriptions: everything about it that is not a tree."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, PositiveFloat, PositiveInt

from features.config.sections import Economics
from models.card import FORMAT_VERSION, CardPart, Feature, Training, Trees
from models.segmentation.cutoffs import Cutoffs
from models.subscriptions.shifted_beta_geometric import ShiftedBetaGeometric
from models.subscriptions.survival import TailExtrapolation


class SurvivalCard(CardPart):
    """The shifted beta-geometric, and what is assumed beyond the months that were observed.

    last_month  the last month of tenure that enough customers were observed in
    floor       log odds of leaving that no later month goes below
    """

    alpha: PositiveFloat
    beta: PositiveFloat
    last_month: PositiveInt
    floor: float

    @property
    def model(self) -> ShiftedBetaGeometric:
        """The prior from which the trees start."""
        return ShiftedBetaGeometric(self.alpha, self.beta)

    @property
    def tail(self) -> TailExtrapolation:
        """What holds beyond the observed months."""
        return TailExtrapolation(float(self.last_month), self.floor)


class SubscriptionCard(CardPart):
    """A trained model of subscriptions but for its trees, readable by people and checked on load.

    level_sd  standard deviation of the log of the departures' level, which all customers share
    bounds    of the tiers of the customers of trained_as_of; a subscriber has no segment
    """

    format_version: int = FORMAT_VERSION
    relationship: Literal["contract"] = "contract"
    trained_as_of: AwareDatetime
    horizon_days: PositiveInt
    fitted_horizon_days: PositiveInt
    currency: str
    timezone: str
    features: tuple[Feature, ...]
    levels: dict[str, tuple[str, ...]]
    prior: SurvivalCard
    churn: Trees
    level_sd: float
    economics: Economics
    bounds: Cutoffs | None = None
    metrics: dict[str, float]
    training: Training
