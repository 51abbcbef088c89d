"""Perennial beside its rungs and its rivals: `python -m benchmarks.leaderboard`.

Each log of transactions (configs/*.toml unless configurations are named) is evaluated at several
past origins; every model learns in a process of its own. Writes leaderboard.md, .html and .json
into var/leaderboard and a run into MLflow; `--page` puts the tables into a page, too. The last line
counts the differences beyond chance in favour of another model.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.leaderboard.measuring import ROOT, Measured, measure
from benchmarks.leaderboard.own_models import read
from benchmarks.leaderboard.render import document, html, markdown
from benchmarks.leaderboard.rivals import COMPETITORS
from benchmarks.leaderboard.scoring import Log, Losses, Origin, losses, score
from features.atomic_file import write_atomically
from features.command_line import state_folder
from features.errors import ConfigError, DataError
from train.progress import Step, bar
from train.purchases.backtest import origins
from train.purchases.snapshot_cache import PurchaseTask
from train.tracking import runs as tracking
from train.tracking.serialization import to_json

LOGS = ("online_retail", "cdnow", "complete_journey")
MARKED = re.compile(r"(<!-- leaderboard -->\n).*(<!-- end -->)", re.DOTALL)
DESCRIPTION = (
    "**Leaderboard**: Perennial, the rungs of the backtest and rivals at past origins of several "
    "logs. One child run a log and model; `losses_` counts the differences from Perennial that are "
    "beyond chance in favour of another model."
)


def main(argv: Sequence[str]) -> int:
    """Measure, write, record; 2 for what cannot be used."""
    arguments = _parser().parse_args(argv)
    configs = arguments.config or [ROOT / "configs" / f"{each}.toml" for each in LOGS]
    try:
        lines = _leaderboard(configs, arguments)
    except (ConfigError, DataError, ConnectionError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(lines)
    return 0


def _leaderboard(configs: Sequence[Path], arguments: argparse.Namespace) -> str:
    started = time.monotonic()
    if arguments.page:  # before the work, not after it
        put_into(arguments.page.read_text(encoding="utf-8"), "")
    tracking.connect("leaderboard")
    settings = {"origins": arguments.origins, "horizon_days": arguments.horizon_days}
    with (
        tracking.start_run(
            "leaderboard", tracking.Record(description=DESCRIPTION, params=settings)
        ),
        bar("leaderboard", len(configs) * len(COMPETITORS)) as step,
    ):
        logs = [_log(each, arguments, step) for each in configs]
        found = losses(logs)
        blocks = document(logs, found, _about(time.monotonic() - started))
        text, page = markdown(blocks), html(blocks)
        _write(text, page, logs, arguments.page)
        _record(logs, found, {"leaderboard.md": text, "leaderboard.html": page})
    return f"{text}\n{found.line()}\n"


def _log(config: Path, arguments: argparse.Namespace, step: Step) -> Log:
    """One log at its origins, all models measured."""
    task = read(config, arguments.horizon_days)
    tasks = origins(task, arguments.origins)
    if len(tasks) < arguments.origins:
        raise DataError(
            f"{config}: has {len(tasks)} origins with enough customers before them, "
            f"{arguments.origins} were asked for"
        )
    measured = {}
    for each in COMPETITORS:
        measured[each.name] = measure(each, config, tasks, state_folder() / "rivals")
        errors = {one.error for one in measured[each.name] if one.error}
        sys.stderr.write(f"{config.stem}: {each.title}{''.join(f': {one}' for one in errors)}\n")
        step(f"{config.stem} {each.name}")
    scored = [
        _origin(at, {name: by_origin[place] for name, by_origin in measured.items()})
        for place, at in enumerate(tasks)
    ]
    return Log(config.stem, task.horizon_days, task.data.source.currency, scored)


def _origin(task: PurchaseTask, measured: dict[str, Measured]) -> Origin:
    actual = task.data.outcome(task.as_of, task.horizon_days, by=task.data.source.end)
    return score(task.as_of.isoformat(), actual, measured, seed=task.config.problem.seed)


def _about(seconds: float) -> str:
    return (
        f"Each model runs in a process of its own, on {os.cpu_count()} cores; all of it took "
        f"{seconds / 60:.0f} minutes. Seconds are those to train and to predict, without reading "
        f"the log or importing libraries (Perennial's include its holdout evaluation, "
        f"pymc-marketing's compiling); MB are the most that its process held, with the log, if the "
        f"model reads it, and libraries: the two BTYD packages are handed recency, frequency, age "
        f"and value alone. pymc-marketing is fitted by MAP; ZILN is the loss of Wang, Liu & Miao "
        f"(2019) as an objective of XGBoost."
    )


def _write(text: str, page: str, logs: Sequence[Log], into: Path | None) -> None:
    folder = state_folder() / "leaderboard"
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"md": text, "html": page, "json": to_json([_numbers(each) for each in logs])}
    for suffix, each in texts.items():
        with write_atomically(folder / f"leaderboard.{suffix}") as draft:
            draft.write_text(each, encoding="utf-8")
    if into:
        whole = put_into(into.read_text(encoding="utf-8"), text)
        with write_atomically(into) as draft:
            draft.write_text(whole, encoding="utf-8")


def _numbers(log: Log) -> dict[str, Any]:
    """All that is shown of a log, and each model's cost at each origin, as plain data."""
    return {
        "log": log.name,
        "horizon_days": log.horizon_days,
        "currency": log.currency,
        "origins": [
            {
                "as_of": origin.as_of,
                "customers": origin.customers,
                "scores": origin.scores,
                "differences_from_ours": origin.differences,
                "costs": {
                    name: {
                        "seconds": each.seconds,
                        "peak_memory_mb": each.peak_memory_mb,
                        "error": each.error,
                    }
                    for name, each in origin.measured.items()
                },
            }
            for origin in log.origins
        ],
    }


def put_into(page: str, text: str) -> str:
    """The page with the text between its marks.

    Raises DataError where it has none.
    """
    whole, count = MARKED.subn(lambda match: f"{match[1]}{text}{match[2]}", page)
    if count != 1:
        raise DataError(
            "the page must have one <!-- leaderboard --> and, after it, one <!-- end -->"
        )
    return whole


def _record(logs: Sequence[Log], found: Losses, texts: dict[str, str]) -> None:
    lost, compared = found.judged()
    metrics = {f"losses_{name}": float(found.of(name)) for name in found.compared}
    documents = {"losses": [asdict(each) for each in found.found]}
    tracking.log(
        tracking.Record(
            metrics={"losses": float(lost), "compared": float(compared), **metrics},
            documents=documents,
            texts=texts,
        )
    )
    for log in logs:
        for model in log.models:
            tracking.log_run(
                f"{log.name} {model}",
                tracking.Record(
                    params={"log": log.name, "model": model},
                    metrics={name: log.mean(model, name) for name in found.compared},
                    tags={"model": model, "log": log.name},
                ),
            )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.leaderboard", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("config", nargs="*", type=Path, help="TOML of each log of transactions")
    parser.add_argument("--origins", type=int, default=3)
    parser.add_argument("--horizon-days", type=int, default=90)
    parser.add_argument("--page", type=Path, help="a page with a marked place for the tables")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
