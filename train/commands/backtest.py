"""Run a backtest: one origin after the other, kept as they finish, recorded, reported."""

from __future__ import annotations

import json
import logging
import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from features.atomic_file import write_atomically
from features.config.read import read_purchase_config
from features.dataset import show_counts
from features.errors import DataError
from features.ingest.transactions import read_transactions
from features.timestamps import parse_as_of
from train.fingerprint import fingerprint
from train.leaderboard import intervals, leaderboard, render
from train.progress import Step, bar
from train.purchases import figures as pictures
from train.purchases.backtest import OURS, Origin, evaluate_origin, origins
from train.purchases.baselines import BASELINES
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask, truncate
from train.tracking import runs as tracking
from train.tracking.serialization import to_json

logger = logging.getLogger(__name__)
ABOUT = (
    "**Backtest**: every model of the ladder, trained on the past of each origin and judged on "
    "the horizon that followed. One child run a model and origin: select them all and press "
    "Compare. `perennial` is this product, `bg_nbd_gamma_gamma` the field's standard."
)


def backtest(arguments: Namespace) -> dict[str, Any]:
    """Judge the ladder at rolling origins; write the report, record it, return its summary."""
    config = read_purchase_config(arguments.config)
    require_place(arguments.out)
    horizon_days = arguments.horizon_days or config.problem.horizon_days
    log = read_transactions(config.data)
    logger.info("%s", show_counts(log))
    as_of = parse_as_of(arguments.as_of, log.timezone) if arguments.as_of else log.end
    task = PurchaseTask(config, PurchaseSnapshots(truncate(log, as_of)), as_of, horizon_days)
    tasks = origins(task, arguments.origins)
    tracking.connect(config.tracking.experiment)
    started = tracking.Record(description=ABOUT, params={"horizon_days": horizon_days})
    with tracking.parent("backtest", started, config=config.model_dump()) as run_id:
        with bar("backtest", len(tasks) * (len(BASELINES) + 1)) as step:
            reports = [_origin(each, step) for each in tasks]
        return _finish(reports, arguments, task, run_id)


def require_place(out: Path) -> None:
    """Raises DataError before the work where its report could not be written."""
    if out.suffix == ".csv":
        raise DataError(
            f"{out}: the leaderboard takes the name that ends in .csv; let --out end in .json"
        )
    if out.is_dir():
        raise DataError(f"{out}: is a folder; give the name of a file as --out")
    folder = next(each for each in out.absolute().parents if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise DataError(f"{out}: cannot be written in {folder}; choose another --out")


def _origin(task: PurchaseTask, step: Step) -> dict[str, Any]:
    """The report of one origin: kept from an earlier, interrupted run, or made and kept."""
    kept, as_of = _kept(task), task.as_of
    if kept.exists():
        report: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        logger.info("%s: kept from an earlier run", f"{as_of:%Y-%m-%d}")
        for _ in range(len(BASELINES) + 1):
            step(f"{as_of:%Y-%m-%d} kept")
        _record(report, None, task)
        return report
    origin = evaluate_origin(task, step=step)
    with write_atomically(kept) as path:
        path.write_text(to_json(origin.report), encoding="utf-8")
    _record(origin.report, origin, task)
    return origin.report


def _kept(task: PurchaseTask) -> Path:
    """Where an origin's report is kept: named after all that it depends on, the code included."""
    settings = task.config.model_dump_json(exclude={"tracking", "economics"})
    name = fingerprint(
        settings, task.data.source.sha256, task.as_of.isoformat(), str(task.horizon_days)
    )
    return Path(os.environ.get("PERENNIAL_VAR") or "var") / "backtest" / f"{name}.json"


def _record(report: dict[str, Any], origin: Origin | None, task: PurchaseTask) -> None:
    """One child run a model; pictures, of ours beside the classical, where judged just now."""
    for model, parts in report["scores"].items():
        metrics = {
            name if segment == "everyone" else f"{segment}_{name}": value
            for segment, scores in parts.items()
            for name, value in scores.items()
            if value is not None
        }
        if model == OURS:
            metrics |= {f"interval_{name}": at for name, at in report["intervals"].items()}
        drawn = pictures.of_origin(origin, task.data) if origin and model == OURS else {}
        tracking.child(
            f"{model} {report['as_of'][:10]}",
            tracking.Record(
                params={"model": model, "as_of": report["as_of"]},
                metrics={name: at for name, at in metrics.items() if at is not None},
                figures=drawn,
                documents={"differences": report["differences"].get(model, {})},
                tags={"model": model, "as_of": report["as_of"][:10]},
            ),
        )


def _finish(
    reports: Sequence[dict[str, Any]],
    arguments: Namespace,
    task: PurchaseTask,
    run_id: str,
) -> dict[str, Any]:
    """Write and record the leaderboard and the whole report."""
    board, covered = leaderboard(reports), intervals(reports)
    logger.info("%s", render(board))
    logger.info("80 %% intervals: %s", {name: round(at, 3) for name, at in covered.items()})
    rows = json.loads(to_json(board.reset_index().to_dict("records")))
    summary = {
        "horizon_days": task.horizon_days,
        "currency": task.data.source.currency,
        "data_sha256": task.data.source.sha256,
        "run_id": run_id,
        "leaderboard": rows,
        "intervals": json.loads(to_json(covered)),
    }
    with write_atomically(arguments.out) as path:
        path.write_text(to_json({**summary, "origins": list(reports)}), encoding="utf-8")
    with write_atomically(arguments.out.with_suffix(".csv")) as path:
        board.to_csv(path)
    tracking.leave(
        tracking.Record(
            metrics={f"{OURS}_{name}": at for name, at in board.T[OURS].astype(float).items()}
            | {f"interval_{name}": at for name, at in covered.items()},
            figures={"leaderboard": pictures.of_board(board)},
            documents={"report": {**summary, "origins": list(reports)}},
            texts={"leaderboard.csv": board.to_csv()},
        )
    )
    return summary | {"origins": [report["as_of"] for report in reports], "out": str(arguments.out)}
