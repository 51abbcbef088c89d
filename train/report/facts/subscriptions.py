"""All that the chapters tell of contracts, gathered once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.config.subscriptions import SubscriptionConfig
from features.ingest.subscribers import SubscriberTable
from features.subscriptions.table import build_features
from models.economics import horizon_months
from models.intervals import NORMAL_80
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.forecast import SubscriptionForecast
from models.subscriptions.predictor import SubscriptionPredictor
from train.report.facts.shared import About, Earlier, Told
from train.report.facts.subscription_holdout import ContractJudged
from train.report.facts.wording import CONTRACTS
from train.report.page.text import Words

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ContractSubject(About):
    """What a report of contracts is about.

    judged  what the recipe showed on what it had not seen; none where there was too little
    """

    bundle: SubscriptionBundle
    config: SubscriptionConfig
    subscriptions: SubscriberTable
    judged: ContractJudged | None


@dataclass(frozen=True)
class ContractFacts(Told):
    """The facts of contracts. Raises EndlessError where a value has no end."""

    subject: ContractSubject
    kind = CONTRACTS

    @cached_property
    def table(self) -> pd.DataFrame:
        """The feature table."""
        return build_features(self.subject.subscriptions, self.subject.as_of)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """The model's answers with tier, segment, clv_if_more_leave and clv_if_fewer_leave."""
        subject = self.subject
        found = SubscriptionPredictor(subject.bundle).predict(
            self.table,
            horizon_days=subject.horizon_days,
            economics=subject.config.economics,
        )
        return self.with_names(found).join(self._ahead[0])

    @property
    def earlier(self) -> Earlier | None:
        """Tiers of an earlier batch, where one is given: a table seldom tells how it was."""
        return self.subject.previous

    @property
    def monthly(self) -> tuple[Array, Array]:
        """Ends of the horizon's months, days, and the expected revenue of each, money."""
        return horizon_months(self.subject.horizon_days).ends, self._ahead[1]

    @cached_property
    def _ahead(self) -> tuple[pd.DataFrame, Array]:
        """The value of each customer at either end of the departures' level; revenue by month."""
        subject, terms = self.subject, self.subject.config.economics
        off = NORMAL_80 * subject.bundle.card.level_sd
        ends: dict[str, list[Array]] = {"clv_if_more_leave": [], "clv_if_fewer_leave": []}
        revenue = np.zeros(len(horizon_months(subject.horizon_days).ends))
        for said in self._forecasts():
            for name, by in zip(ends, (off, -off), strict=True):
                ends[name].append(_moved(said, by).values(subject.horizon_days, terms).clv)
            revenue += said.value_curve(subject.horizon_days, terms).expected_revenue.sum(axis=0)
        columns = {name: np.concatenate(each or [np.empty(0)]) for name, each in ends.items()}
        return pd.DataFrame(columns, index=self._known.index), revenue

    @cached_property
    def _known(self) -> pd.DataFrame:
        """Those of whom enough is known to be answered."""
        return self.table.dropna(subset=["tenure_months", "monthly_amount"])

    def _forecasts(self) -> Iterator[SubscriptionForecast]:
        bundle = self.subject.bundle
        return SubscriptionPredictor(bundle).forecasts(bundle.feature_matrix(self._known))


def gather(subject: ContractSubject) -> ContractFacts:
    """The facts of a subject."""
    return ContractFacts(subject, Words(subject.bundle.card.currency))


def _moved(said: SubscriptionForecast, log_odds: float) -> SubscriptionForecast:
    """The same if the log odds of leaving were higher by so much in every month."""
    curve = said.survival_curve
    tail = curve.tail and replace(curve.tail, floor=curve.tail.floor + log_odds)
    moved = replace(curve, correction=curve.correction + log_odds, tail=tail)
    return replace(said, survival_curve=moved)
