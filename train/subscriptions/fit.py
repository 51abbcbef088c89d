"""One bundle of subscriptions from what was known as of one time, nothing later."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from features.ingest.health.finding import counted
from features.subscriptions.table import UNITS
from features.timestamps import MONTH_DAYS
from models.boosting import Array, Matrix, no_trees, tree_correction
from models.boosting_rounds import NO_CURVE
from models.card import Feature, Training, Trees
from models.design_matrix import levels
from models.intervals import UNKNOWN_SD
from models.subscriptions import shifted_beta_geometric as retention
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.card import SubscriptionCard, SurvivalCard
from models.subscriptions.churn import MonthlyChurnModel
from models.subscriptions.shifted_beta_geometric import ShiftedBetaGeometric
from models.subscriptions.survival import ObservedMonths
from train.customer_codes import customer_codes
from train.subscriptions.person_months import (
    SubscriberHistory,
    history_as_of,
    last_hazard,
    last_observed_month,
    month_rows,
    recent_months,
)
from train.subscriptions.snapshot_cache import SubscriptionTask
from train.total_shift import total_shift
from train.training_result import Fitted, library_versions

FEWEST_LEFT = 50


def fit(
    task: SubscriptionTask, start_from: ShiftedBetaGeometric | None = None
) -> Fitted[SubscriptionBundle]:
    """Learn from the months that had been observed by `as_of`.

    start_from  where the trees start; else the shifted beta-geometric of these customers

    Raises DataError when nothing had been observed by then.
    """
    history = history_as_of(task.data.source, task.as_of)
    texts = levels([history.table[task.data.names]])
    months, rows = month_rows(history, task.data.names, texts)
    prior = start_from or retention.fit(history.lifetimes)
    start = prior.log_odds_of_leaving(months.month)
    model = _leaving(task, history, months, rows=rows, start=start)
    margin = start + model.strength * tree_correction(model.booster_, rows)
    last = last_observed_month(months)
    card = SubscriptionCard(
        trained_as_of=task.as_of,
        horizon_days=task.horizon_days,
        fitted_horizon_days=int(last * MONTH_DAYS),
        currency=task.data.source.currency,
        timezone=task.data.source.timezone,
        features=_features(task, history, rows),
        levels=texts,
        prior=SurvivalCard(
            alpha=float(prior.alpha),
            beta=prior.beta,
            last_month=last,
            floor=float(logit(last_hazard(months, last))),
        ),
        churn=Trees(
            rounds=model.curve_.chosen,
            strength=model.strength,
            shift=_shift(margin, float(months.left.sum())),
        ),
        level_sd=float(np.hypot(UNKNOWN_SD, max(months.left.sum(), 1.0) ** -0.5)),
        economics=task.config.economics,
        metrics={},
        training=_training(task, history),
    )
    return Fitted(SubscriptionBundle(card, model.booster_), {"churn": model.curve_})


def _leaving(
    task: SubscriptionTask,
    history: SubscriberHistory,
    months: ObservedMonths,
    *,
    rows: Matrix,
    start: Array,
) -> MonthlyChurnModel:
    """The trees; none where too few have left to learn from."""
    settings = task.config.churn.model_dump()
    model = MonthlyChurnModel(**settings, random_state=task.config.problem.seed)
    if months.left.sum() < FEWEST_LEFT:
        model.curve_, model.booster_ = NO_CURVE, no_trees(rows.shape[1], "binary:logistic")
        return model
    return model.fit(
        rows,
        months.left,
        log_odds=start,
        customer=customer_codes(history.table.index)[months.life],
        recent=recent_months(history, months, task.horizon_days),
    )


def _shift(margin: Array, left: float) -> float:
    """What makes the expected number of those who left the actual one, on the log odds."""
    if not 0.0 < left < len(margin):
        return 0.0
    return total_shift(margin, left, within=20.0)


def _features(
    task: SubscriptionTask, history: SubscriberHistory, rows: Matrix
) -> tuple[Feature, ...]:
    """The features with the bounds of what was seen of them; text has none."""
    found = []
    for place, name in enumerate(task.data.names):
        unit, meaning = UNITS.get(name, ("", name.replace("_", " ")))
        text = not np.issubdtype(history.table[name].dtype.type, np.number)
        seen = rows[~np.isnan(rows[:, place]), place]
        ends = (None, None) if text or not seen.size else (float(seen.min()), float(seen.max()))
        unit = unit or ("text" if text else "number")
        found.append(
            Feature(name=name, unit=unit, meaning=meaning, lowest=ends[0], highest=ends[1])
        )
    return tuple(found)


def _training(task: SubscriptionTask, history: SubscriberHistory) -> Training:
    return Training(
        data_sha256=task.data.source.sha256,
        counts=task.data.source.counts | counted(task.data.source.findings),
        snapshots=(),
        customers=history.table.index.nunique(),
        settings=task.config.model_dump(mode="json", exclude={"tracking"}),
        versions=library_versions(),
    )
