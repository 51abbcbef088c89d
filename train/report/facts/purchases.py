"""What the chapters show of customers who buy: features, predictions, earlier tiers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import pandas as pd

from features.config.sections import Economics
from features.ingest.transactions import TransactionLog
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from models.segmentation.assign import assign_tiers_and_segments
from models.segmentation.cutoffs import cutoffs
from train.purchases.snapshot_cache import PurchaseTask
from train.report.facts.phrases import PURCHASES
from train.report.facts.purchase_holdout import PurchaseSummary
from train.report.facts.shared import EarlierTiers, ReportFacts, ReportInput

EARLIER_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class PurchaseInput(ReportInput):
    """What a report on purchases is made from; without `previous`, earlier tiers are worked out.

    holdout    how the recipe did one horizon earlier; none where there was too little to evaluate
    countries  customer_id -> country, where the source names one
    """

    bundle: PurchaseBundle
    task: PurchaseTask
    holdout: PurchaseSummary | None
    countries: pd.Series | None = None

    @property
    def log(self) -> TransactionLog:
        """The transactions before the day of the report."""
        return self.task.data.source


@dataclass(frozen=True)
class PurchaseFacts(ReportFacts):
    """The facts of purchases."""

    inputs: PurchaseInput
    wording = PURCHASES

    @cached_property
    def table(self) -> pd.DataFrame:
        """The feature table."""
        return self.inputs.task.table

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The model's predictions with tier, segment, and the cost of retention, money."""
        return self.with_tiers(self._predicted(self.table, self.inputs.as_of))

    @cached_property
    def earlier(self) -> EarlierTiers | None:
        """Tiers some time ago: the earlier batch's, else those of the same model on that day.

        None where hardly anything was known by then.
        """
        inputs = self.inputs
        if inputs.previous is not None:
            return inputs.previous
        date = inputs.as_of - timedelta(days=EARLIER_DAYS)
        if date <= inputs.log.first or inputs.task.data.table(date).empty:
            return None
        table = inputs.task.data.table(date)
        found = self._predicted(table, date)
        if not found["clv"].notna().any():
            return None
        then = cutoffs(table, found["clv"], inputs.config.tiers)
        return EarlierTiers(
            as_of=date,
            customers=found[["clv"]].join(assign_tiers_and_segments(table, found["clv"], then)),
        )

    def _predicted(self, table: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
        terms = self.inputs.config.economics
        found = self._valued(table, as_of, terms)
        if not terms.retention_cost_annual:
            return found.assign(cost=found["clv"] * 0.0)
        free = self._valued(table, as_of, terms.model_copy(update={"retention_cost_annual": 0.0}))
        return found.assign(cost=free["clv"] - found["clv"])

    def _valued(self, table: pd.DataFrame, as_of: datetime, terms: Economics) -> pd.DataFrame:
        return PurchasePredictor(self.inputs.bundle).predict(
            table,
            as_of=as_of,
            horizon_days=self.inputs.horizon_days,
            economics=terms,
        )
