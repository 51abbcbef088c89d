"""A model of subscriptions, evaluated, as one bundle."""

from __future__ import annotations

import numpy as np

from features.errors import DataError
from models.predictor_interface import UnboundedValueError
from models.segmentation.cutoffs import Cutoffs
from models.segmentation.tiers import tier_cutoffs
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.predictor import SubscriptionPredictor
from train.progress import Step
from train.subscriptions.fit import fit
from train.subscriptions.holdout import SubscriptionHoldout, evaluate, scores
from train.subscriptions.snapshot_cache import SubscriptionTask
from train.training_result import Trained

STEPS = 2


TrainedSubscriptions = Trained[SubscriptionBundle, SubscriptionHoldout]


def train(task: SubscriptionTask, *, step: Step) -> TrainedSubscriptions:
    """Train as of a point in time; nothing that happened at or after it is used.

    Raises DataError when no month of any subscription had been observed by then.
    """
    fitted = fit(task)
    step("trees")
    holdout = evaluate(task, fitted)
    step("holdout")
    card = fitted.bundle.card
    if holdout is not None:
        card = card.model_copy(
            update={"metrics": scores(holdout), "level_sd": _level_sd(card.level_sd, holdout)}
        )
    bundle = _with_tiers(SubscriptionBundle(card, fitted.bundle.churn), task)
    return TrainedSubscriptions(bundle, fitted.curves, holdout)


def _with_tiers(bundle: SubscriptionBundle, task: SubscriptionTask) -> SubscriptionBundle:
    """The bundle with the cutoffs of today's subscribers' tiers; there may be none."""
    try:
        clv = SubscriptionPredictor(bundle).predict(task.table)["clv"]
    except UnboundedValueError as error:
        raise DataError(str(error)) from None
    tiers = tier_cutoffs(clv, task.config.tiers) if clv.notna().any() else None
    named = bundle.card.model_copy(update={"bounds": Cutoffs(tiers=tiers, rfm=None)})
    return SubscriptionBundle(named, bundle.churn)


def _level_sd(assumed: float, holdout: SubscriptionHoldout) -> float:
    """How far the number of departures was off, where that is known to be further than assumed."""
    if holdout.of == "months":
        return assumed
    left, expected = holdout.rows["churned"].sum(), holdout.rows["p_churn"].sum()
    return max(assumed, float(abs(np.log(max(left, 0.5) / expected))))
