"""How well settings would have done at earlier origins, customer by customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import logit

from features.config.purchases import PurchaseConfig
from features.config.sections import Boosting
from features.errors import DataError
from models.boosting import log_loss
from models.purchases.spend import LEAST_REVENUE, gamma_deviance
from train.customer_codes import FEWEST_CUSTOMERS
from train.purchases.fit import fit
from train.purchases.holdout import PurchaseHoldout, evaluate
from train.purchases.snapshot_cache import PurchaseTask
from train.purchases.snapshots import fitted_horizon, matured_snapshots

Model = Literal["churn", "spend"]
ORIGINS = 2
SURE = 1e-9  # nearer to 0 or 1 no probability is taken at its word
SEEDS = 3
Losses = list["pd.Series[float]"]


@dataclass(frozen=True)
class Gain:
    """By how much the mean loss falls against other settings', the same customers compared.

    mean   over the origins; least: at the origin where it is smallest
    sd     standard error of the mean: other customers and other seeds, but not other times
    """

    mean: float
    sd: float
    least: float


@dataclass(frozen=True)
class Objective:
    """One model's recipe, to be tried with any settings at origins whose horizon is over.

    origins  the task as of each; its horizon is what followed
    by       what was known then is all that is used, labels included
    """

    model: Model
    origins: tuple[PurchaseTask, ...]
    by: datetime

    @property
    def config(self) -> PurchaseConfig:
        """The configuration whose settings are to be beaten."""
        return self.origins[0].config

    @property
    def configured(self) -> Boosting:
        """The settings that are to be beaten."""
        found: Boosting = getattr(self.config, self.model)
        return found

    @cached_property
    def baseline(self) -> Losses:
        """The losses of the configured settings."""
        return self.losses(self.configured)

    @cached_property
    def reseeded_baseline(self) -> list[Losses]:
        """The same by other seeds."""
        return self.reseeded(self.configured)

    def losses(self, settings: Boosting) -> Losses:
        """Loss of each customer at each origin, index customer_id; lower is better.

        churn  log loss in nats; spend: half the gamma deviance, of customers who ordered

        Totals are made equal first: the total of a horizon is not the trees' to explain.
        """
        return self._seeded(settings, self.config.problem.seed)

    def reseeded(self, settings: Boosting) -> list[Losses]:
        """The same by other seeds than the configured one: a lucky seed is no merit of settings."""
        first = self.config.problem.seed + 1
        return [self._seeded(settings, (first + each) % 2**32) for each in range(SEEDS)]

    def _seeded(self, settings: Boosting, seed: int) -> Losses:
        problem = self.config.problem.model_copy(update={"seed": seed})
        config = self.config.model_copy(update={self.model: settings, "problem": problem})
        return [self._at(replace(each, config=config)) for each in self.origins]

    def _at(self, task: PurchaseTask) -> pd.Series[float]:
        fitted = fit(task, models=(self.model,), step=lambda _: None)
        holdout = evaluate(fitted.bundle, task, by=self.by)
        return churn_losses(holdout) if self.model == "churn" else spend_losses(holdout)


def objectives(task: PurchaseTask) -> dict[Model, Objective]:
    """Churn and spend at one or two origins before the task's `as_of`; no later row is used.

    Raises DataError where no origin has two matured snapshots, so that nothing could be chosen.
    """
    as_of, days = task.as_of, fitted_horizon(task)
    earlier = (as_of - timedelta(days=days * each) for each in range(1, ORIGINS + 1))
    tasks = [replace(task, as_of=each, horizon_days=days) for each in earlier]
    origins = tuple(each for each in tasks if _informative(each, by=as_of))
    if not origins:
        raise DataError(
            f"the log is too short to tune on: as of {as_of.isoformat()} no earlier origin has two "
            f"snapshots whose {days} days are over; keep the settings, or take a shorter horizon"
        )
    return {name: Objective(name, origins, as_of) for name in ("churn", "spend")}


def churn_losses(holdout: PurchaseHoldout) -> pd.Series[float]:
    """Log loss of each customer, nats, index customer_id."""
    seen = holdout.customers
    ordered = 1.0 - seen["churned"].to_numpy(dtype=float)
    p_order = np.clip(1.0 - seen["p_churn"].to_numpy(dtype=float), SURE, 1.0 - SURE)
    return pd.Series(log_loss(ordered, logit(p_order)), index=seen.index)


def spend_losses(holdout: PurchaseHoldout) -> pd.Series[float]:
    """Half the gamma deviance of each customer who ordered, up to a constant."""
    seen = holdout.customers[holdout.customers["churned"] == 0]
    revenue = np.maximum(seen["revenue"].to_numpy(dtype=float), LEAST_REVENUE)
    margin = np.log(seen["expected_spend"].to_numpy(dtype=float))
    return pd.Series(gamma_deviance(revenue, margin), index=seen.index)


def mean_loss(losses: Losses) -> float:
    """The mean over the origins of the mean over their customers."""
    return float(np.mean([each.mean() for each in losses]))


def gain(baseline: Sequence[Losses], losses: Sequence[Losses]) -> Gain:
    """How much lower `losses` are than `baseline`; both as one objective gave them, by seed."""
    by_seed = [
        [first - second for first, second in zip(ours, theirs, strict=True)]
        for ours, theirs in zip(baseline, losses, strict=True)
    ]
    falls = [pd.concat(each, axis=1).mean(axis=1) for each in zip(*by_seed, strict=True)]
    means = [float(each.mean()) for each in falls]
    # A customer who is evaluated at both origins is one piece of evidence, not two.
    shares = [(fall - mean) / len(fall) for fall, mean in zip(falls, means, strict=True)]
    own = pd.concat(shares).groupby(level=0).sum() / len(falls)
    variance = float(np.square(own).sum())
    if len(by_seed) > 1:
        variance += float(np.var([mean_loss(each) for each in by_seed], ddof=1)) / len(by_seed)
    return Gain(float(np.mean(means)), float(np.sqrt(variance)), min(means))


def _informative(task: PurchaseTask, *, by: datetime) -> bool:
    """Whether settings make a difference at this origin, and there is somebody to see it by."""
    if task.as_of <= task.data.source.first or len(task.table) < FEWEST_CUSTOMERS:
        return False
    ordered = task.data.outcome(task.as_of, task.horizon_days, by=by)["churned"] == 0
    snapshots = matured_snapshots(task, fitted_horizon(task))
    return len(snapshots) > 1 and bool(ordered.any()) and not bool(ordered.all())
