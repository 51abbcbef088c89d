"""How well departures are predicted, by month: `python -m benchmarks.subscriptions [CONFIG]`.

The first table: every month that was observed, predicted by models that learnt from two thirds of
the customers, of which its own was none. The second: months of life beyond the last one learnt
from, where something has to be assumed of those that nobody was observed in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from features.config.read import read_subscription_config
from features.ingest.subscribers import read_subscribers
from models import boosting
from models.metrics import log_loss, roc_auc
from models.subscriptions import shifted_beta_geometric as retention
from models.subscriptions.churn import MonthlyChurnModel
from models.subscriptions.shifted_beta_geometric import Lifetimes
from models.subscriptions.survival import ObservedMonths
from train.customer_codes import customer_codes
from train.subscriptions.person_months import history_as_of, last_hazard, month_rows
from train.subscriptions.snapshot_cache import SubscriptionSnapshots

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
FOLDS = 3
ROUNDS = 120
CUTS = (24, 36, 48, 60)


class Table:
    """The months of a configuration's customers, and each model's word on them."""

    def __init__(self, path: Path) -> None:
        config = read_subscription_config(path)
        subscriptions = read_subscribers(config.data)
        names = SubscriptionSnapshots(subscriptions).names
        self.history = history_as_of(subscriptions, subscriptions.end)
        texts = {
            name: tuple(sorted(self.history.table[name].dropna().unique()))
            for name in names
            if not pd.api.types.is_numeric_dtype(self.history.table[name])
        }
        self.months, self.rows = month_rows(self.history, names, texts)
        self.tenure = names.index("tenure_months")
        self.fold = (customer_codes(self.history.table.index) % FOLDS)[self.months.life]
        model = MonthlyChurnModel(**config.churn.model_dump(), random_state=config.problem.seed)
        self.parameters = model.xgboost_parameters("binary:logistic")

    def prior(self, others: int, until: float) -> retention.ShiftedBetaGeometric:
        """The shifted beta-geometric of two thirds of the customers, as observed until a month."""
        lifetimes = self.history.of(
            customer_codes(self.history.table.index) % FOLDS != others
        ).lifetimes
        seen = np.minimum(lifetimes.periods, until)
        return retention.fit(
            Lifetimes(lifetimes.entered, seen, lifetimes.left & (lifetimes.periods <= until))
        )

    def trees(self, learnt: Flags, start: Array, asked: Flags, until: float) -> Array:
        """What trees on top of `start` add to the months asked about; tenure stops at `until`."""
        sample = boosting.TrainingRows(
            self.rows, self.months.left, start, np.zeros(len(start)), self.months.life
        )
        booster = boosting.fit_trees(sample.at(learnt), self.parameters, ROUNDS)
        rows = self.rows[asked].copy()
        rows[:, self.tenure] = np.minimum(rows[:, self.tenure], until - 1.0)
        return boosting.tree_correction(booster, rows)


def inside(table: Table) -> dict[str, Array]:
    """Log odds of leaving in each month, by model."""
    months, longest = table.months, float(table.months.month.max())
    found: dict[str, Array] = {}
    for fold in range(FOLDS):
        own = table.fold == fold
        start = table.prior(fold, longest).log_odds_of_leaving(months.month)
        flat = np.full(len(start), logit(months.left[~own].mean()))
        by_month = pd.Series(months.left[~own]).groupby(months.month[~own]).mean().clip(1e-5)
        added = table.trees(~own, start, own, longest)
        curves = {
            "Kaplan-Meier": logit(by_month.reindex(months.month[own]).to_numpy()),
            "shifted beta-geometric": start[own],
            "the same with half of the trees": start[own] + 0.5 * added,
            "the same with the trees": start[own] + added,
            "XGBoost alone": flat[own] + table.trees(~own, flat, own, longest),
        }
        for name, values in curves.items():
            found.setdefault(name, np.empty(len(start)))[own] = values
    return found


def beyond(table: Table, cut: int) -> tuple[Array, dict[str, Array]]:
    """What happened, and log odds, in the months after `cut`, learnt from those until then."""
    months = table.months
    left: list[Array] = []
    found: dict[str, list[Array]] = {}
    for fold in range(FOLDS):
        learnt = (table.fold != fold) & (months.month <= cut)
        asked = (table.fold == fold) & (months.month > cut)
        prior = table.prior(fold, float(cut))
        start = prior.log_odds_of_leaving(months.month)
        held = prior.log_odds_of_leaving(np.minimum(months.month, cut))
        added = table.trees(learnt, start, asked, float(cut))
        seen = ObservedMonths(months.life[learnt], months.month[learnt], months.left[learnt])
        floor = logit(last_hazard(seen, cut))
        left.append(months.left[asked])
        curves = {
            "goes on falling": start[asked] + added,
            "stays": held[asked] + added,
            "stays, not below last year's mean": np.maximum(held[asked] + added, floor),
        }
        for name, values in curves.items():
            found.setdefault(name, []).append(values)
    return np.concatenate(left), {name: np.concatenate(each) for name, each in found.items()}


def main(path: Path) -> None:
    """Print both tables as Markdown."""
    table = Table(path)
    left = table.months.left
    show: Callable[[str], int] = sys.stdout.write
    show(
        f"{len(left):,} months of {len(table.history.table):,} customers, "
        f"{left.sum():,.0f} left\n\n"
    )
    show("| model | AUC | log loss of a month | expected to leave |\n|---|---|---|---|\n")
    for name, log_odds in inside(table).items():
        chance = expit(log_odds)
        show(f"| {name} | {roc_auc(left, chance):.4f} | {log_loss(left, chance):.5f} ")
        show(f"| {chance.sum():,.0f} |\n")
    show("\n| learnt until month | beyond it the odds of leaving | log loss of a month | ")
    show("expected to leave | left |\n|---|---|---|---|---|\n")
    for cut in CUTS:
        happened, curves = beyond(table, cut)
        for name, log_odds in curves.items():
            chance = expit(log_odds)
            show(f"| {cut} | {name} | {log_loss(happened, chance):.5f} | {chance.sum():,.0f} ")
            show(f"| {happened.sum():,.0f} |\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "configs/telco.toml"))
