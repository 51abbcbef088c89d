"""One bundle from what was known as of one time: both models, calibrated, nothing later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from scipy.special import logit

from features.config.sections import Boosting
from features.errors import DataError
from features.ingest.health.finding import counted
from features.purchases.table import expressions
from models.card import Feature, Training, Trees
from models.design_matrix import levels
from models.intervals import assumed
from models.purchases.bundle import PurchaseBundle
from models.purchases.card import PurchaseCard
from models.purchases.churn import ChurnModel
from models.purchases.mixture import MixedTrees
from models.purchases.predictor import PurchasePredictor
from models.purchases.prior import PRIOR_COLUMNS
from models.purchases.spend import SpendModel
from train.progress import Step
from train.purchases.calibration import expected_calibration, expected_totals, shifts
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.purchases.snapshots import Stack, empty_stack, fitted_horizon, matured_snapshots, stack
from train.training_result import Fitted, library_versions

FEWEST_ROWS = 50


@dataclass(frozen=True)
class _Basis:
    """What both models learn from, as of one time."""

    fitted_days: int
    snapshots: list[datetime]
    names: list[str]
    levels: dict[str, tuple[str, ...]]


def fit(
    task: PurchaseTask,
    *,
    models: Sequence[str] = ("churn", "spend"),
    step: Step,
) -> Fitted[PurchaseBundle]:
    """Learn churn and spend from snapshots that had matured by `as_of`; no later row is used.

    models  which of the two get trees; the other is left as the probability model

    Raises DataError when nobody has bought before `as_of`.
    """
    basis, config = _basis(task), task.config
    rows = stack(
        task.data,
        basis.snapshots,
        basis.fitted_days,
        by=task.as_of,
        features=basis.names,
        levels=basis.levels,
        step=step,
    )
    none = empty_stack(len(basis.names))
    shared = {"seed": config.problem.seed, "columns": len(basis.names) + len(PRIOR_COLUMNS)}
    churn = _fit_churn(
        config.churn,
        rows if "churn" in models else none,
        horizon_days=basis.fitted_days,
        **shared,
    )
    step("churn model")
    spend = _fit_spend(
        config.spend,
        rows if "spend" in models else none,
        horizon_days=basis.fitted_days,
        **shared,
    )
    step("spend model")
    bundle = _bundle(task, basis, churn, spend)
    step("level")
    return Fitted(bundle, {"churn": churn.curve_, "spend": spend.curve_})


def _basis(task: PurchaseTask) -> _Basis:
    table = task.table
    if table.empty:
        raise DataError(
            f"nobody has bought before as_of {task.as_of.isoformat()}; the log begins at "
            f"{task.data.source.first.isoformat()}, take a later as_of"
        )
    fitted = fitted_horizon(task)
    snapshots = matured_snapshots(task, fitted)
    return _Basis(
        fitted_days=fitted,
        snapshots=snapshots,
        names=task.data.names,
        levels=levels([task.data.table(each) for each in snapshots] or [table]),
    )


def _bundle(
    task: PurchaseTask, basis: _Basis, churn: ChurnModel, spend: SpendModel
) -> PurchaseBundle:
    """The bundle, calibrated to the totals that are expected of the customers of today."""
    data, as_of, table, prior = task.data, task.as_of, task.table, task.data.prior(task.as_of)
    season, error = expected_calibration(task, basis.snapshots, fitted=basis.fitted_days)
    card = PurchaseCard(
        trained_as_of=as_of,
        horizon_days=task.horizon_days,
        fitted_horizon_days=basis.fitted_days,
        currency=data.source.currency,
        timezone=data.source.timezone,
        optional=data.source.optional,
        features=_features(data, [*basis.snapshots, as_of]),
        levels=basis.levels,
        prior=prior,
        prior_columns=PRIOR_COLUMNS,
        probability_floor=churn.floor_,
        season=season,
        churn=_trees(churn),
        spend=_trees(spend),
        spread=assumed(float(np.hypot(error.purchase_rate_sd, error.revenue_sd))),
        economics=task.config.economics,
        metrics={},
        training=_training(task, basis),
    )
    bundle = PurchaseBundle(card, churn.booster_, spend.booster_)
    effective = season.effective_days(as_of, task.horizon_days)
    return _at_level(
        bundle,
        task,
        expected_totals(
            table, effective, prior=prior, classical=data.classical(as_of), error=error
        ),
    )


def _at_level(
    bundle: PurchaseBundle, task: PurchaseTask, totals: tuple[float, float]
) -> PurchaseBundle:
    """The bundle with the shifts that bring its totals to those expected of the horizon."""
    predicted = PurchasePredictor(bundle).forecast_table(task.table, as_of=task.as_of)
    p_order, spend = predicted.p_order_and_spend(task.horizon_days)
    by_model = zip(("churn", "spend"), shifts(logit(p_order), np.log(spend), totals), strict=True)
    moved = {
        name: getattr(bundle.card, name).model_copy(update={"shift": by}) for name, by in by_model
    }
    return PurchaseBundle(bundle.card.model_copy(update=moved), bundle.churn, bundle.spend)


def _trees(model: MixedTrees) -> Trees:
    """How the booster is applied; the level is not known yet."""
    rounds = model.booster_.num_boosted_rounds()
    return Trees(rounds=rounds, strength=1.0, shift=0.0, slope=model.slope_)


def _fit_churn(
    settings: Boosting, rows: Stack, *, horizon_days: int, seed: int, columns: int
) -> ChurnModel:
    """The churn model; one without trees where there is too little to learn from."""
    model = ChurnModel(**settings.model_dump(), random_state=seed)
    if len(rows.churned) < FEWEST_ROWS:
        return model.of_prior(columns)
    return model.fit(
        rows.matrix,
        rows.churned,
        p_order=rows.p_order,
        as_of=rows.as_of_days,
        customer=rows.customer,
        horizon_days=horizon_days,
    )


def _fit_spend(
    settings: Boosting, rows: Stack, *, horizon_days: int, seed: int, columns: int
) -> SpendModel:
    """The spend model, of customers who ordered in the horizon only: it predicts for those.

    One without trees where there is too little to learn from.
    """
    model = SpendModel(**settings.model_dump(), random_state=seed)
    ordered = rows.churned == 0
    if ordered.sum() < FEWEST_ROWS:
        return model.of_prior(columns)
    return model.fit(
        rows.matrix[ordered],
        rows.revenue[ordered],
        spend=rows.spend[ordered],
        as_of=rows.as_of_days[ordered],
        customer=rows.customer[ordered],
        horizon_days=horizon_days,
    )


def _features(data: PurchaseSnapshots, seen: Sequence[datetime]) -> tuple[Feature, ...]:
    """The features with the bounds of what was seen of them; text has none."""
    tables = [data.table(each).select_dtypes("number") for each in seen]
    lowest = pd.concat([table.min() for table in tables], axis=1).min(axis=1).dropna()
    highest = pd.concat([table.max() for table in tables], axis=1).max(axis=1).dropna()
    return tuple(
        Feature(
            name=each.name,
            unit=each.unit,
            meaning=each.meaning,
            lowest=lowest.get(each.name),
            highest=highest.get(each.name),
        )
        for each in expressions(data.source.optional)
    )


def _training(task: PurchaseTask, basis: _Basis) -> Training:
    return Training(
        data_sha256=task.data.source.sha256,
        counts=task.data.source.counts | counted(task.data.source.findings),
        snapshots=tuple(basis.snapshots),
        customers=len(task.table),
        settings=task.config.model_dump(mode="json", exclude={"tracking"}),
        versions=library_versions(),
    )
