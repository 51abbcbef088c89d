"""Models of contracts judged at rolling origins, each trained on its past only."""

from __future__ import annotations

import json
import logging
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from features.atomic_file import write_atomically
from features.errors import DataError
from models.metrics import churn_metrics, value_metrics
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.shifted_beta_geometric import ShiftedBetaGeometric
from train.arguments import read_task
from train.commands.backtest import require_place
from train.leaderboard import leaderboard, render
from train.progress import bar
from train.purchases import figures as pictures
from train.purchases.backtest import OURS
from train.subscriptions.figures import of_holdout
from train.subscriptions.fit import fit
from train.subscriptions.holdout import SubscriptionHoldout, can_evaluate, evaluate_horizon
from train.subscriptions.months import known_by
from train.subscriptions.records import TODAYS
from train.subscriptions.snapshot_cache import SubscriptionTask
from train.tracking import runs as tracking
from train.tracking.serialization import to_json

logger = logging.getLogger(__name__)
CERTAIN = 1e9
ABOUT = (
    "**Backtest** of contracts: every model trained on the past of each origin and judged on the "
    f"horizon that followed. {TODAYS}"
)


def backtest(arguments: Namespace) -> dict[str, Any]:
    """Judge the models at rolling origins; write the report, record it, return its summary.

    Raises DataError for a table of one moment, and where no origin has enough behind it.
    """
    require_place(arguments.out)
    task = cast(SubscriptionTask, read_task(arguments))
    origins = _origins(task, arguments)
    tracking.connect(task.config.tracking.experiment)
    started = tracking.Record(description=ABOUT, params={"horizon_days": task.horizon_days})
    with tracking.parent("backtest", started, config=task.config.model_dump()) as run_id:
        with bar("backtest", len(origins) * len(MODELS)) as step:
            reports = [_report(each, step) for each in origins]
        return _finish(reports, arguments, task, run_id)


def _origins(task: SubscriptionTask, arguments: Namespace) -> list[SubscriptionTask]:
    """The task as of each origin, newest first, a horizon apart."""
    if not task.data.source.dated:
        raise DataError(
            f"{arguments.config}: a table of tenures tells of one moment, so there is no past to "
            "go back to; training judges itself on customers that it did not learn from"
        )
    newest = task.as_of - timedelta(days=task.horizon_days)
    apart = timedelta(days=task.horizon_days)
    wanted = [replace(task, as_of=newest - apart * each) for each in range(arguments.origins)]
    found = [each for each in wanted if can_evaluate(each)]
    if not found:
        raise DataError(
            f"too few subscriptions had started, or months been watched, by {newest.isoformat()}; "
            "take a shorter horizon"
        )
    return found


def _ours(task: SubscriptionTask) -> SubscriptionBundle:
    return fit(task).bundle


def _prior(task: SubscriptionTask) -> SubscriptionBundle:
    """The shifted beta-geometric alone."""
    none = task.config.churn.model_copy(update={"max_rounds": 0})
    return fit(replace(task, config=task.config.model_copy(update={"churn": none}))).bundle


def _plain(task: SubscriptionTask) -> SubscriptionBundle:
    """Trees that start from one hazard for all, which they must bend by tenure themselves."""
    lives = known_by(task.data.source, task.as_of).lives
    hazard = (lives.left.sum() + 0.5) / ((lives.periods - lives.entered).sum() + 1.0)
    return fit(task, ShiftedBetaGeometric(hazard * CERTAIN, (1.0 - hazard) * CERTAIN)).bundle


MODELS: dict[str, Callable[[SubscriptionTask], SubscriptionBundle]] = {
    OURS: _ours,
    "shifted_beta_geometric": _prior,
    "plain_xgboost": _plain,
}


def _report(task: SubscriptionTask, step: Callable[[str], None]) -> dict[str, Any]:
    """Every model at one origin, as plain data; pictures of ours are recorded."""
    scores = {}
    for name, model in MODELS.items():
        holdout = evaluate_horizon(model(task), task)
        scores[name] = {"everyone": _scores(holdout)}
        drawn = of_holdout(holdout, task.data.source.currency) if name == OURS else {}
        tracking.child(
            f"{name} {task.as_of:%Y-%m-%d}",
            tracking.Record(
                params={"model": name, "as_of": task.as_of.isoformat()},
                metrics=scores[name]["everyone"],
                figures=drawn,
                tags={"model": name, "as_of": f"{task.as_of:%Y-%m-%d}"},
            ),
        )
        step(f"{task.as_of:%Y-%m-%d} {name}")
    return {
        "as_of": task.as_of.isoformat(),
        "customers": len(holdout.rows),
        "churned": float(holdout.rows["churned"].sum()),
        "scores": scores,
    }


def _scores(holdout: SubscriptionHoldout) -> dict[str, float]:
    seen = {name: holdout.rows[name].to_numpy(dtype=float) for name in holdout.rows}
    return value_metrics(seen["revenue"], seen["expected_revenue"]) | churn_metrics(
        seen["churned"], seen["p_churn"]
    )


def _finish(
    reports: list[dict[str, Any]], arguments: Namespace, task: SubscriptionTask, run_id: str
) -> dict[str, Any]:
    board = leaderboard(reports)
    logger.info("%s", render(board))
    summary = {
        "horizon_days": task.horizon_days,
        "currency": task.data.source.currency,
        "data_sha256": task.data.source.sha256,
        "run_id": run_id,
        "leaderboard": json.loads(to_json(board.reset_index().to_dict("records"))),
    }
    whole = {**summary, "origins": reports}
    with write_atomically(arguments.out) as path:
        path.write_text(to_json(whole), encoding="utf-8")
    with write_atomically(arguments.out.with_suffix(".csv")) as path:
        board.to_csv(path)
    tracking.leave(
        tracking.Record(
            metrics={f"{OURS}_{name}": at for name, at in board.T[OURS].astype(float).items()},
            figures={"leaderboard": pictures.of_board(board)},
            documents={"report": whole},
            texts={"leaderboard.csv": board.to_csv()},
        )
    )
    return summary | {"origins": [each["as_of"] for each in reports], "out": str(arguments.out)}
