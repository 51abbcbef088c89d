"""All that the chapters tell of, gathered once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import pandas as pd

from features.config.purchases import PurchaseConfig
from features.config.sections import Economics
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from models.segmentation.cutoffs import cutoffs, name_customers
from train.purchases.snapshot_cache import PurchaseSnapshots
from train.report.facts.holdout import Judged
from train.report.facts.shared import About, Earlier, Told
from train.report.facts.wording import PURCHASES
from train.report.page.text import Words

EARLIER_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class Subject(About):
    """What a report of purchases is about; without `previous`, tiers then are worked out.

    judged     what the model's rehearsal showed; none where there was too little to judge by
    countries  customer_id -> country, where the source names one
    """

    bundle: PurchaseBundle
    config: PurchaseConfig
    history: PurchaseSnapshots
    judged: Judged | None
    countries: pd.Series | None = None


@dataclass(frozen=True)
class Facts(Told):
    """The facts of purchases."""

    subject: Subject
    kind = PURCHASES

    @cached_property
    def table(self) -> pd.DataFrame:
        """The feature table."""
        return self.subject.history.table(self.subject.as_of)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """The model's answers with tier, segment, and the cost of retention, money."""
        return self.with_names(self._answers(self.table, self.subject.as_of))

    @cached_property
    def earlier(self) -> Earlier | None:
        """Tiers some time ago: the earlier batch's, else those of the same model on that day.

        None where hardly anything was known by then.
        """
        subject = self.subject
        if subject.previous is not None:
            return subject.previous
        moment = subject.as_of - timedelta(days=EARLIER_DAYS)
        if moment <= subject.history.source.first or subject.history.table(moment).empty:
            return None
        table = subject.history.table(moment)
        found = self._answers(table, moment)
        if not found["clv"].notna().any():
            return None
        then = cutoffs(table, found["clv"], subject.config.tiers)
        return Earlier(
            as_of=moment, names=found[["clv"]].join(name_customers(table, found["clv"], then))
        )

    def _answers(self, table: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
        terms = self.subject.config.economics
        found = self._asked(table, as_of, terms)
        if not terms.retention_cost_annual:
            return found.assign(cost=found["clv"] * 0.0)
        free = self._asked(table, as_of, terms.model_copy(update={"retention_cost_annual": 0.0}))
        return found.assign(cost=free["clv"] - found["clv"])

    def _asked(self, table: pd.DataFrame, as_of: datetime, terms: Economics) -> pd.DataFrame:
        return PurchasePredictor(self.subject.bundle).predict(
            table,
            as_of=as_of,
            horizon_days=self.subject.horizon_days,
            economics=terms,
        )


def gather(subject: Subject) -> Facts:
    """The facts of a subject."""
    return Facts(subject, Words(subject.bundle.card.currency))
