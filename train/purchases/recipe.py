"""The recipe of purchases: churn and spend, their holdout evaluation, what their runs record."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from models.purchases.card import PurchaseCard
from models.purchases.explain import importance
from train.charts.theme import Spec
from train.holdout_table import CHURN, VALUE, HoldoutTable, Rows, lines_of
from train.leaderboard import OURS
from train.progress import Step
from train.purchases import run_charts as figures
from train.purchases.backtest import evaluate_origin, origins
from train.purchases.baselines import BASELINES
from train.purchases.snapshot_cache import PurchaseTask
from train.purchases.train import BOTH, TrainedPurchases, train
from train.recipe import BacktestRecipe, EvaluatedOrigin, Recipe

logger = logging.getLogger(__name__)
DESCRIPTIONS = {
    "churn": "**Churn**: P(no order in the horizon). XGBoost on top of the probability model's "
    "log odds. Metrics without a prefix are this model's on the newest matured window, which it "
    "had not seen; `prior_` is BG/NBD on the same customers.",
    "spend": "**Spend**: E[revenue in the horizon, given an order]. XGBoost (gamma) on top of the "
    "probability model's log spend. Metrics are over customers who ordered, on the newest matured "
    "window; `prior_` is BG/NBD x Gamma-Gamma.",
    "clv": "**CLV**: churn and spend as one bundle. Metrics compare expected with actual revenue "
    "of every customer on the newest matured window; `prior_` is BG/NBD x Gamma-Gamma. The child "
    "runs hold each model; `card.json` is everything about the bundle that is not a tree.",
}
RETURNERS = {
    "gini": "returners: Gini",
    "spearman": "returners: Spearman",
    "mae": "returners: MAE",
    "rmse": "returners: RMSE",
    "bias": "returners: bias",
    "decile_error": "returners: decile err.",
}


def holdout_table(trained: TrainedPurchases) -> HoldoutTable:
    """Metrics on the newest matured window beside the classical model's."""
    holdout, metrics = trained.holdout, trained.bundle.card.metrics
    if holdout is None:
        return HoldoutTable(
            "held out: nothing, too few customers or days lie before the last horizon"
        )
    title = (
        f"held out: {len(holdout.customers)} customers as of {holdout.as_of:%Y-%m-%d}, "
        f"the {holdout.horizon_days} days that followed"
    )
    return HoldoutTable(title, metrics, holdout_rows(metrics), prior="BG/NBD x GG")


def holdout_rows(metrics: Mapping[str, float]) -> Rows:
    """The lines of that table."""
    # The spend model's own metrics are for whoever trains it alone.
    spend = {} if "clv_mae" in metrics else {"spend": RETURNERS}
    return lines_of({"churn": CHURN, "clv": VALUE, **spend})


def params(card: PurchaseCard) -> dict[str, Any]:
    """What the runs of both models and of the bundle have in common."""
    return {
        "as_of": card.trained_as_of.isoformat(),
        "horizon_days": card.horizon_days,
        "fitted_horizon_days": card.fitted_horizon_days,
        "snapshots_used": len(card.training.snapshots),
        "data_sha256": card.training.data_sha256,
        "prior": card.prior.purchases.variant,
    }


def _train(task: PurchaseTask, models: Sequence[str], step: Step) -> TrainedPurchases:
    trained = train(task, models=models, step=step)
    fitted_days = trained.bundle.card.fitted_horizon_days
    if fitted_days < task.horizon_days:
        logger.warning(
            "the log is long enough to learn from %d days; the probability model carries the "
            "answers on to %d",
            fitted_days,
            task.horizon_days,
        )
    return trained


def _steps(task: PurchaseTask) -> int:
    """Those of two trainings: that of the holdout evaluation, and the real one."""
    return 2 * (task.config.problem.snapshots + 3)


def _model_figures(name: str, task: PurchaseTask, trained: TrainedPurchases) -> dict[str, Spec]:
    bundle, card = trained.bundle, trained.bundle.card
    gains = figures.gains(getattr(bundle, name), card)
    attributions = importance(bundle, task.table)[name]
    return {
        **figures.of_model(name, trained.curves[name], gains, attributions),
        **figures.of_holdout(name, trained.holdout, card),
    }


def _bundle_figures(trained: TrainedPurchases) -> dict[str, Spec]:
    return figures.of_holdout("clv", trained.holdout, trained.bundle.card)


def _holdout_figures(trained: TrainedPurchases) -> dict[str, Spec]:
    """Of who buys, and of what everybody is worth."""
    holdout, card = trained.holdout, trained.bundle.card
    return figures.of_holdout("churn", holdout, card) | figures.of_holdout("clv", holdout, card)


def _evaluate(task: PurchaseTask, step: Step) -> EvaluatedOrigin:
    origin = evaluate_origin(task, step=step)
    return EvaluatedOrigin(origin.report, figures.of_origin(origin, task.data))


PURCHASES = Recipe(
    models=BOTH,
    steps=_steps,
    train=_train,
    holdout_table=holdout_table,
    holdout_rows=holdout_rows,
    holdout_figures=_holdout_figures,
    description=lambda name, _: DESCRIPTIONS[name],
    params=params,
    model_figures=_model_figures,
    bundle_figures=_bundle_figures,
    backtest=BacktestRecipe(
        description="**Backtest**: every model, trained on the past of each origin and evaluated "
        "on the horizon that followed. One child run a model and origin: select them all and press "
        "Compare. `perennial` is this product, `bg_nbd_gamma_gamma` the field's standard.",
        models=lambda: (*BASELINES, OURS),
        origins=origins,
        evaluate=_evaluate,
        stored=True,
    ),
)
