"""All that the chapters tell of, gathered once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import pandas as pd

from features.config import Config, Economics
from models.answers import answer
from models.bundle import Bundle
from models.called import has_tiers
from models.segments import Bounds, bounds, names
from train.history import History
from train.report.judged import Judged
from train.report.totals import Total, total
from train.report.words import Words

EARLIER_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """Who had which tier at an earlier moment: columns tier and clv, index customer_id."""

    as_of: datetime
    names: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a report is about.

    judged     what the model's rehearsal showed; none where there was too little to judge by
    version    of the model, "" where it has none yet
    previous   tiers of an earlier batch; none: worked out from the log
    countries  customer_id -> country, where the source names one
    named      whether customers are called by their ids, or numbered
    """

    bundle: Bundle
    config: Config
    history: History
    as_of: datetime
    horizon_days: int
    judged: Judged | None
    version: str = ""
    previous: Earlier | None = None
    countries: pd.Series | None = None
    named: bool = True


@dataclass(frozen=True)
class Facts:
    """The subject, and what follows from it, each worked out when it is first asked for."""

    subject: Subject
    words: Words = field(repr=False)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The feature table."""
        return self.subject.history.table(self.subject.as_of)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """The model's answers with tier, segment, and the cost of retention, money."""
        previous = self.subject.previous
        found = self._answers(self.table, self.subject.as_of)
        return found.join(
            names(
                self.table,
                found["clv"],
                self._bounds(found["clv"]),
                previous.names["tier"] if previous else None,
            )
        )

    @cached_property
    def whole(self) -> Total:
        """All customers together."""
        return total(self.subject.bundle, self.answers)

    @cached_property
    def earlier(self) -> Earlier | None:
        """Tiers some time ago: the earlier batch's, else those of the same model on that day.

        None where hardly anything was known by then.
        """
        subject = self.subject
        if subject.previous is not None:
            return subject.previous
        moment = subject.as_of - timedelta(days=EARLIER_DAYS)
        if moment <= subject.history.log.first or subject.history.table(moment).empty:
            return None
        table = subject.history.table(moment)
        found = self._answers(table, moment)
        if not found["clv"].notna().any():
            return None
        then = bounds(table, found["clv"], subject.config.tiers)
        return Earlier(as_of=moment, names=found[["clv"]].join(names(table, found["clv"], then)))

    def day(self, moment: datetime) -> str:
        """The day of a moment, in the log's own time: 10 Dec 2011."""
        local = moment.astimezone(ZoneInfo(self.subject.history.log.timezone))
        return f"{local.day} {local:%b %Y}"

    def called(self, customers: pd.Index) -> list[str]:
        """What customers are called in the report."""
        if self.subject.named:
            return [str(each) for each in customers]
        return [f"no. {place}" for place in range(1, len(customers) + 1)]

    def _answers(self, table: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
        terms = self.subject.config.economics
        found = self._asked(table, as_of, terms)
        if not terms.retention_cost_annual:
            return found.assign(cost=found["clv"] * 0.0)
        free = self._asked(table, as_of, terms.model_copy(update={"retention_cost_annual": 0.0}))
        return found.assign(cost=free["clv"] - found["clv"])

    def _asked(self, table: pd.DataFrame, as_of: datetime, terms: Economics) -> pd.DataFrame:
        return answer(
            self.subject.bundle,
            table,
            as_of=as_of,
            horizon_days=self.subject.horizon_days,
            economics=terms,
        )

    def _bounds(self, clv: pd.Series) -> Bounds:
        subject = self.subject
        own = has_tiers(subject.bundle, subject.horizon_days, subject.config.economics)
        kept = subject.bundle.card.bounds
        return kept if own and kept else bounds(self.table, clv, subject.config.tiers)


def gather(subject: Subject) -> Facts:
    """The facts of a subject."""
    return Facts(subject, Words(subject.bundle.card.currency))
