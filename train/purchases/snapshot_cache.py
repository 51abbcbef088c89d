"""Transactions by point in time: feature tables, labels and priors, each computed once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pandas as pd

from features.config.purchases import PurchaseConfig
from features.errors import DataError
from features.ingest.transactions import TransactionLog
from features.purchases import labels
from features.purchases.table import build_features, expressions
from features.timestamps import require_aware
from models.purchases.calibration import CalibrationError, measure_error
from models.purchases.prior import Prior, fit_classical, fit_prior
from train.task import Task


@dataclass(frozen=True)
class PurchaseSnapshots:
    """Transactions, and what follows from them as of any point in time, cached by as_of.

    Nothing as of a point in time depends on a later row. One cache may serve several origins:
    what was known at a time is the same for all of them, and `outcome` refuses a horizon that is
    not over by the origin `by`.
    """

    source: TransactionLog
    _tables: dict[datetime, pd.DataFrame] = field(default_factory=dict, repr=False)
    _outcomes: dict[tuple[datetime, int], pd.DataFrame] = field(default_factory=dict, repr=False)
    _priors: dict[datetime, Prior] = field(default_factory=dict, repr=False)
    _classical: dict[datetime, Prior] = field(default_factory=dict, repr=False)
    _errors: dict[tuple[datetime, int], CalibrationError] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> list[str]:
        """The features in the order of the matrix."""
        return [each.name for each in expressions(self.source.optional)]

    def table(self, as_of: datetime) -> pd.DataFrame:
        """The feature table as of a point in time."""
        if as_of not in self._tables:
            self._tables[as_of] = build_features(
                self.source.stored, as_of, optional=self.source.optional
            )
        return self._tables[as_of]

    def outcome(self, as_of: datetime, horizon_days: int, *, by: datetime) -> pd.DataFrame:
        """The labels of a horizon that was over by the time `by`."""
        if as_of + timedelta(days=horizon_days) > by:
            raise DataError(
                f"the {horizon_days} days after {as_of.isoformat()} are not over by "
                f"{by.isoformat()}: their labels are not mature; take an earlier as_of"
            )
        if (as_of, horizon_days) not in self._outcomes:
            self._outcomes[as_of, horizon_days] = labels.build_labels(
                self.source.stored, as_of, horizon_days, end=self.source.end
            )
        return self._outcomes[as_of, horizon_days]

    def prior(self, as_of: datetime) -> Prior:
        """The probability model fitted as of a point in time, from which the trees start."""
        if as_of not in self._priors:
            self._priors[as_of] = fit_prior(self.table(as_of), self.classical(as_of))
        return self._priors[as_of]

    def classical(self, as_of: datetime) -> Prior:
        """BG/NBD x Gamma-Gamma as published, fitted as of a point in time."""
        if as_of not in self._classical:
            self._classical[as_of] = fit_classical(self.table(as_of))
        return self._classical[as_of]

    def error(self, as_of: datetime, horizon_days: int, *, by: datetime) -> CalibrationError:
        """How far the classical model's totals were off over a horizon that was over `by` then."""
        outcome = self.outcome(as_of, horizon_days, by=by)
        if (as_of, horizon_days) not in self._errors:
            self._errors[as_of, horizon_days] = measure_error(
                self.classical(as_of), self.table(as_of), outcome, horizon_days
            )
        return self._errors[as_of, horizon_days]


PurchaseTask = Task[PurchaseConfig, PurchaseSnapshots]


def truncate(log: TransactionLog, as_of: datetime) -> TransactionLog:
    """The log without any row at or after `as_of`; later rows cannot then matter.

    Raises DataError when `as_of` lies after the log's end: what happened until then is unknown.
    """
    if as_of > log.end:
        raise DataError(
            f"as_of {as_of.isoformat()} lies after the log's end {log.end.isoformat()}; "
            "take that or an earlier one"
        )
    stored = log.stored.before(require_aware(as_of))
    if as_of <= log.first:
        raise DataError(
            f"no transaction before as_of {as_of.isoformat()}; the log begins at "
            f"{log.first.isoformat()}, take a later as_of"
        )
    present = tuple(name for name in log.optional if stored.named(name))
    return replace(log, stored=stored, optional=present, end=as_of)
