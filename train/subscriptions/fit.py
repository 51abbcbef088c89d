"""One bundle of subscriptions from what was known as of one time, nothing later."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from features.subscriptions.table import UNITS
from features.timestamps import MONTH_DAYS
from models.boosting import NO_CURVE, Array, Matrix, no_trees, tree_correction
from models.card import Feature, Training, Trees
from models.design_matrix import levels
from models.intervals import UNKNOWN_SD
from models.subscriptions import shifted_beta_geometric as retention
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.card import SubscriptionCard, SurvivalCard
from models.subscriptions.churn import MonthlyChurnModel
from models.subscriptions.shifted_beta_geometric import ShiftedBetaGeometric
from models.subscriptions.survival import WatchedMonths
from train.customer_codes import customer_codes
from train.subscriptions.person_months import (
    Known,
    known_by,
    last_hazard,
    last_watched,
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
    """Learn from the months that had been watched by `as_of`.

    start_from  where the trees start; else the shifted beta-geometric of these customers

    Raises DataError when nothing had been watched by then.
    """
    known = known_by(task.data.source, task.as_of)
    texts = levels([known.table[task.data.names]])
    months, rows = month_rows(known, task.data.names, texts)
    prior = start_from or retention.fit(known.lives)
    start = prior.log_odds_of_leaving(months.month)
    model = _leaving(task, known, months, rows=rows, start=start)
    margin = start + model.strength * tree_correction(model.booster_, rows)
    last = last_watched(months)
    card = SubscriptionCard(
        trained_as_of=task.as_of,
        horizon_days=task.horizon_days,
        fitted_horizon_days=int(last * MONTH_DAYS),
        currency=task.data.source.currency,
        timezone=task.data.source.timezone,
        features=_features(task, known, rows),
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
        training=_training(task, known),
    )
    return Fitted(SubscriptionBundle(card, model.booster_), {"churn": model.curve_})


def _leaving(
    task: SubscriptionTask, known: Known, months: WatchedMonths, *, rows: Matrix, start: Array
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
        customer=customer_codes(known.table.index)[months.life],
        recent=recent_months(known, months, task.horizon_days),
    )


def _shift(margin: Array, left: float) -> float:
    """What makes the expected number of those who left the actual one, on the log odds."""
    if not 0.0 < left < len(margin):
        return 0.0
    return total_shift(margin, left, within=20.0)


def _features(task: SubscriptionTask, known: Known, rows: Matrix) -> tuple[Feature, ...]:
    """The features with the bounds of what was seen of them; text has none."""
    found = []
    for place, name in enumerate(task.data.names):
        unit, meaning = UNITS.get(name, ("", name.replace("_", " ")))
        text = not np.issubdtype(known.table[name].dtype.type, np.number)
        seen = rows[~np.isnan(rows[:, place]), place]
        ends = (None, None) if text or not seen.size else (float(seen.min()), float(seen.max()))
        unit = unit or ("text" if text else "number")
        found.append(
            Feature(name=name, unit=unit, meaning=meaning, lowest=ends[0], highest=ends[1])
        )
    return tuple(found)


def _training(task: SubscriptionTask, known: Known) -> Training:
    return Training(
        data_sha256=task.data.source.sha256,
        counts=task.data.source.counts,
        snapshots=(),
        customers=len(known.table),
        settings=task.config.model_dump(mode="json", exclude={"tracking"}),
        versions=library_versions(),
    )
