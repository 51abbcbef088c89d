"""The recipe of subscriptions: churn, its holdout evaluation, what its runs record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.subscriptions.card import SubscriptionCard
from train.charts.theme import Spec
from train.holdout_table import CHURN, VALUE, HoldoutTable, Rows, lines_of
from train.progress import Step
from train.recipe import BacktestRecipe, Recipe
from train.subscriptions import run_charts as figures
from train.subscriptions.backtest import MODELS, evaluate_origin, origins
from train.subscriptions.holdout import CAVEAT
from train.subscriptions.person_months import history_as_of, month_rows
from train.subscriptions.snapshot_cache import SubscriptionTask
from train.subscriptions.train import STEPS, TrainedSubscriptions, train

DESCRIPTIONS = {
    "churn": "**Churn**: P(a subscriber cancels in a month). XGBoost on top of the shifted "
    "beta-geometric's log odds. Metrics without a prefix are this model's; `prior_` is the "
    "shifted beta-geometric on the same rows.",
    "clv": "**CLV** of subscriptions: what is paid is known, so that the churn model and the "
    "economics give the value of the remaining life. The child run holds the model; `card.json` is "
    "everything about the bundle that is not a tree.",
}
VALUE_SHOWN = ("gini", "spearman", "mae", "rmse", "bias", "decile_error")


def holdout_table(trained: TrainedSubscriptions) -> HoldoutTable:
    """Metrics beside the probability model's."""
    holdout, metrics = trained.holdout, trained.bundle.card.metrics
    if holdout is None:
        return HoldoutTable("held out: nothing, too few months of too few customers were observed")
    title = f"held out: {holdout.about}"
    return HoldoutTable(title, metrics, holdout_rows(metrics), prior="sBG", note=CAVEAT)


def holdout_rows(metrics: Mapping[str, float]) -> Rows:
    """The lines of that table: of a horizon, or month by month."""
    churn = "churn_month" if any(each.startswith("churn_month_") for each in metrics) else "churn"
    return lines_of({churn: CHURN, "clv": {name: VALUE[name] for name in VALUE_SHOWN}})


def describe(name: str, trained: TrainedSubscriptions) -> str:
    """What a newcomer reads in the run of the model, or of the bundle: clv."""
    holdout = trained.holdout
    evaluated = (
        f" Evaluated on {holdout.about}." if holdout else " There was too little to evaluate on."
    )
    return f"{DESCRIPTIONS[name]}{evaluated} {CAVEAT}"


def params(card: SubscriptionCard) -> dict[str, Any]:
    """What the runs of the model and of the bundle have in common."""
    return {
        "as_of": card.trained_as_of.isoformat(),
        "horizon_days": card.horizon_days,
        "relationship": card.relationship,
        "data_sha256": card.training.data_sha256,
        "prior": "sbg",
        "prior.alpha": card.prior.alpha,
        "prior.beta": card.prior.beta,
        # a parameter of runs, compared with earlier ones: the name stays
        "months_watched": card.prior.last_month,
    }


def _train(task: SubscriptionTask, models: Sequence[str], step: Step) -> TrainedSubscriptions:
    return train(task, step=step)


def _model_figures(
    name: str, task: SubscriptionTask, trained: TrainedSubscriptions
) -> dict[str, Spec]:
    card, history = trained.bundle.card, history_as_of(task.data.source, task.as_of)
    _, rows = month_rows(history, task.data.names, card.levels)
    return figures.of_trees(trained, rows) | _bundle_figures(trained)


def _bundle_figures(trained: TrainedSubscriptions) -> dict[str, Spec]:
    return figures.of_holdout(trained.holdout, trained.bundle.card.currency)


SUBSCRIPTIONS = Recipe(
    models=("churn",),
    refused={
        "spend": "a contract says what is paid each month, so there is no spend model to learn; "
        "train without a command, or churn",
        "tune": "settings are searched for models of purchases only; change [churn] by hand and "
        "compare the runs in MLflow",
    },
    result={"relationship": "contract"},
    steps=lambda _: STEPS,
    train=_train,
    holdout_table=holdout_table,
    holdout_rows=holdout_rows,
    holdout_figures=_bundle_figures,
    description=describe,
    params=params,
    model_figures=_model_figures,
    bundle_figures=_bundle_figures,
    backtest=BacktestRecipe(
        description="**Backtest** of subscriptions: every model trained on the past of each origin "
        f"and evaluated on the horizon that followed. {CAVEAT}",
        models=lambda: tuple(MODELS),
        origins=origins,
        evaluate=evaluate_origin,
        stored=False,
    ),
)
