"""Models of subscriptions evaluated at rolling origins, each trained on its past only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from features.errors import DataError
from models.metrics import churn_metrics, value_metrics
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.shifted_beta_geometric import ShiftedBetaGeometric
from train.leaderboard import OURS
from train.progress import Step
from train.recipe import EvaluatedOrigin
from train.subscriptions.fit import fit
from train.subscriptions.holdout import SubscriptionHoldout, can_evaluate, evaluate_horizon
from train.subscriptions.person_months import history_as_of
from train.subscriptions.run_charts import of_holdout
from train.subscriptions.snapshot_cache import SubscriptionTask

CERTAIN = 1e9


def origins(task: SubscriptionTask, count: int) -> list[SubscriptionTask]:
    """The task as of `count` earlier origins, newest first, a horizon apart.

    Raises DataError for a table of one point in time, and where no origin has enough behind it.
    """
    if not task.data.source.dated:
        raise DataError(
            f"{task.config.data.customers}: a table of tenures is a single snapshot, so there is "
            "no past to go back to; training evaluates on customers that it did not learn from"
        )
    newest = task.as_of - timedelta(days=task.horizon_days)
    apart = timedelta(days=task.horizon_days)
    earlier = [replace(task, as_of=newest - apart * each) for each in range(count)]
    found = [each for each in earlier if can_evaluate(each)]
    if not found:
        raise DataError(
            f"too few subscriptions had started, or months been observed, by {newest.isoformat()}; "
            "take a shorter horizon"
        )
    return found


def evaluate_origin(task: SubscriptionTask, step: Step) -> EvaluatedOrigin:
    """Every model at the task's origin, against the horizon that followed."""
    scores, figures = {}, {}
    for name, model in MODELS.items():
        holdout = evaluate_horizon(model(task), task)
        scores[name] = {"everyone": _scores(holdout)}
        if name == OURS:
            figures = of_holdout(holdout, task.data.source.currency)
        step(f"{task.as_of:%Y-%m-%d} {name}")
    report = {
        "as_of": task.as_of.isoformat(),
        "customers": len(holdout.rows),
        "churned": float(holdout.rows["churned"].sum()),
        "scores": scores,
    }
    return EvaluatedOrigin(report, figures)


def _ours(task: SubscriptionTask) -> SubscriptionBundle:
    return fit(task).bundle


def _prior(task: SubscriptionTask) -> SubscriptionBundle:
    """The shifted beta-geometric alone."""
    none = task.config.churn.model_copy(update={"max_rounds": 0})
    return fit(replace(task, config=task.config.model_copy(update={"churn": none}))).bundle


def _plain(task: SubscriptionTask) -> SubscriptionBundle:
    """Trees that start from one hazard for all, which they must bend by tenure themselves."""
    lifetimes = history_as_of(task.data.source, task.as_of).lifetimes
    hazard = (lifetimes.left.sum() + 0.5) / ((lifetimes.periods - lifetimes.entered).sum() + 1.0)
    return fit(task, ShiftedBetaGeometric(hazard * CERTAIN, (1.0 - hazard) * CERTAIN)).bundle


MODELS: dict[str, Callable[[SubscriptionTask], SubscriptionBundle]] = {
    OURS: _ours,
    "shifted_beta_geometric": _prior,
    "plain_xgboost": _plain,
}


def _scores(holdout: SubscriptionHoldout) -> dict[str, float]:
    seen = {name: holdout.rows[name].to_numpy(dtype=float) for name in holdout.rows}
    return value_metrics(seen["revenue"], seen["expected_revenue"]) | churn_metrics(
        seen["churned"], seen["p_churn"]
    )
