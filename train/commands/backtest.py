"""The command `backtest`: models evaluated at rolling origins, recorded, as a leaderboard."""

from __future__ import annotations

import json
import logging
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from features.atomic_file import check_out, write_atomically
from features.command_line import databases
from features.config.read import AnyConfig, read_config
from features.dataset import files_read
from features.errors import DataError
from train.kept_origins import keep, read_kept
from train.leaderboard import OURS, chart, intervals, leaderboard, render
from train.progress import Step, bar
from train.read_task import AnyTask, task_of
from train.recipe import BacktestRecipe, EvaluatedOrigin
from train.recipe_lookup import recipe_of
from train.run_records import in_both_names, run_name, training_data
from train.tracking import runs as tracking
from train.tracking.serialization import to_json

logger = logging.getLogger(__name__)


def backtest(arguments: Namespace) -> dict[str, Any]:
    """Evaluate the models at rolling origins; write the report, record it, return its summary.

    Raises ConfigError, DataError or ConnectionError for what cannot be used.
    """
    config = read_config(arguments.config)
    _check_out(arguments, config)
    task = task_of(config, arguments)
    recipe = recipe_of(task.config).backtest
    origins = recipe.origins(task, arguments.origins)
    tracking.connect(task.config.tracking.experiment)
    started = tracking.Record(
        description=recipe.description,
        params={"horizon_days": task.horizon_days},
        dataset=training_data(task),
    )
    title = run_name("backtest", task)
    with tracking.start_run(title, started, config=task.config.model_dump()) as run_id:
        with bar("backtest", len(origins) * len(recipe.models())) as step:
            reports = [_report(recipe, each, step) for each in origins]
        return _finish(reports, arguments.out, task, run_id)


def _check_out(arguments: Namespace, config: AnyConfig) -> None:
    """Raises DataError before the work where report or leaderboard could not be written."""
    out: Path = arguments.out
    if out.suffix == ".csv":
        raise DataError(
            f"{out}: the leaderboard takes the name that ends in .csv; let --out end in .json"
        )
    inputs = [*files_read(arguments.config, config), *databases()]
    for each in (out, out.with_suffix(".csv")):
        check_out(each, inputs=inputs)


def _report(recipe: BacktestRecipe, task: AnyTask, step: Step) -> dict[str, Any]:
    """The report of one origin: stored by an earlier, interrupted run, or evaluated and stored."""
    day = f"{task.as_of:%Y-%m-%d}"
    kept = read_kept(task, recipe.models()) if recipe.stored else None
    if kept is not None:
        logger.info("%s: kept from an earlier run", day)
        for _ in recipe.models():
            step(f"{day} kept")
        _record(EvaluatedOrigin(kept, {}))
        return kept
    origin = recipe.evaluate(task, step)
    if recipe.stored:
        keep(task, origin.report)
    _record(origin)
    return origin.report


def _record(origin: EvaluatedOrigin) -> None:
    """One child run a model; with charts of ours where it was evaluated just now."""
    report = origin.report
    for model, segments in report["scores"].items():
        metrics = {
            name if segment == "everyone" else f"{segment}_{name}": value
            for segment, scores in segments.items()
            for name, value in scores.items()
        }
        if model == OURS:
            metrics |= {f"interval_{name}": at for name, at in report.get("intervals", {}).items()}
        documents = {}
        if "differences" in report:
            documents["differences"] = report["differences"].get(model, {})
        tracking.log_run(
            f"{model} {report['as_of'][:10]}",
            tracking.Record(
                params={"model": model, "as_of": report["as_of"]},
                metrics=in_both_names(
                    {name: value for name, value in metrics.items() if value is not None}
                ),
                figures=origin.figures if model == OURS else {},
                documents=documents,
                tags={"model": model, "as_of": report["as_of"][:10]},
            ),
        )


def _finish(
    reports: Sequence[dict[str, Any]], out: Path, task: AnyTask, run_id: str
) -> dict[str, Any]:
    """Write and record the leaderboard and the whole report."""
    board, covered = leaderboard(reports), intervals(reports)
    logger.info("%s", render(board))
    source = task.data.source
    summary = {
        "horizon_days": task.horizon_days,
        "currency": source.currency,
        "data_sha256": source.sha256,
        "run_id": run_id,
        "leaderboard": json.loads(to_json(board.reset_index().to_dict("records"))),
    }
    if covered:
        shown = {name: round(at, 3) for name, at in covered.items()}
        logger.info("80 %% intervals: %s", shown)
        summary["intervals"] = json.loads(to_json(covered))
    whole = {**summary, "origins": list(reports)}
    with write_atomically(out) as path:
        path.write_text(to_json(whole), encoding="utf-8")
    with write_atomically(out.with_suffix(".csv")) as path:
        board.to_csv(path)
    tracking.log(
        tracking.Record(
            metrics={f"{OURS}_{name}": at for name, at in board.T[OURS].astype(float).items()}
            | {f"interval_{name}": at for name, at in covered.items()},
            figures={"leaderboard": chart(board)},
            documents={"report": whole},
            texts={"leaderboard.csv": board.to_csv()},
        )
    )
    return summary | {"origins": [report["as_of"] for report in reports], "out": str(out)}
