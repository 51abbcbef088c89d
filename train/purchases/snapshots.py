"""Which past snapshots to learn from, and the stacked rows that the estimators learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from models.design_matrix import Levels, encode
from models.purchases.prior import PRIOR_COLUMNS
from train.customer_codes import FEWEST_CUSTOMERS, customer_codes
from train.progress import Step
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask

Array = NDArray[np.float64]
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stack:
    """Rows of all snapshots, one per customer and snapshot.

    prior_columns   `models.purchases.prior.PRIOR_COLUMNS`, of the horizon as it is
    p_order, spend  the prior's predictions, calibrated to what its totals turned out to be
    as_of_days      the snapshot's point in time, in days since 1970
    """

    features: NDArray[np.float32]
    prior_columns: NDArray[np.float32]
    churned: Array
    revenue: Array
    p_order: Array
    spend: Array
    as_of_days: Array
    customer: NDArray[np.int64]

    @property
    def matrix(self) -> NDArray[np.float32]:
        """What the trees read: features, then the prior's predictions."""
        return np.concatenate([self.features, self.prior_columns], axis=1)


def fitted_horizon(task: PurchaseTask) -> int:
    """The horizon to learn from: the one asked for, or a third of the log where that is shorter."""
    span = (task.as_of - task.data.source.first) / DAY
    return max(1, min(task.horizon_days, int(span // 3)))


def matured_snapshots(task: PurchaseTask, horizon_days: int) -> list[datetime]:
    """Snapshots whose horizon of so many days is over by the task's `as_of`, newest first.

    The first is one horizon before `as_of`; each has at least a horizon behind it. Where the
    transactions are too short for the spacing asked for, they move together, down to a week apart.
    """
    first, problem = task.data.source.first, task.config.problem
    newest = task.as_of - timedelta(days=horizon_days)
    available_days = (newest - first) / DAY - horizon_days
    spacing = problem.spacing_days
    if problem.snapshots > 1:
        spacing = int(min(spacing, max(7, available_days // (problem.snapshots - 1))))
    wanted = (newest - timedelta(days=spacing * each) for each in range(problem.snapshots))
    oldest = first + timedelta(days=horizon_days)
    return [
        each for each in wanted if each >= oldest and len(task.data.table(each)) >= FEWEST_CUSTOMERS
    ]


def stack(
    data: PurchaseSnapshots,
    snapshots: Sequence[datetime],
    horizon_days: int,
    *,
    by: datetime,
    features: Sequence[str],
    levels: Levels,
    step: Step,
) -> Stack:
    """Stack the snapshots' rows, with the prior's predictions for each as where to start from."""
    if not snapshots:
        return empty_stack(len(features))
    parts = []
    for as_of in snapshots:
        parts.append(_rows(data, as_of, horizon_days, by, features, levels))
        step(f"snapshot {as_of:%Y-%m-%d}")
    return Stack(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def empty_stack(columns: int) -> Stack:
    """No rows, of so many features."""
    nothing = np.empty(0)
    features, customer = np.empty((0, columns), np.float32), np.empty(0, np.int64)
    prior_columns = np.empty((0, len(PRIOR_COLUMNS)), np.float32)
    return Stack(features, prior_columns, nothing, nothing, nothing, nothing, nothing, customer)


def _rows(
    data: PurchaseSnapshots,
    as_of: datetime,
    horizon_days: int,
    by: datetime,
    features: Sequence[str],
    levels: Levels,
) -> tuple[NDArray[np.generic], ...]:
    """The columns of a Stack for one snapshot, in order.

    The horizon is counted in effective days, and the spend scaled, so that the prior's totals are
    right: season and chance, which all customers share, are then not the trees' to explain.
    """
    table = data.table(as_of)
    outcome = data.outcome(as_of, horizon_days, by=by)
    prior = data.prior(as_of).forecast(table)
    rate_error = data.error(as_of, horizon_days, by=by).purchase_rate
    effective = horizon_days * float(np.exp(rate_error))
    p_order, spend = prior.p_order_and_spend(effective)
    revenue = outcome["revenue_future"].to_numpy(dtype=float)
    level = max(revenue.sum(), 1e-3 * float(p_order @ spend)) / (p_order @ spend)
    return (
        encode(table, features, levels),
        prior.columns(horizon_days).astype(np.float32),
        outcome["churned"].to_numpy(dtype=float),
        revenue,
        p_order,
        spend * level,
        np.full(len(table), as_of.timestamp() / DAY.total_seconds()),
        customer_codes(table.index),
    )
