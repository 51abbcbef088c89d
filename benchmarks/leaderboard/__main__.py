"""Perennial beside its rungs and its rivals: `python -m benchmarks.leaderboard`.

Each log of transactions (configs/*.toml unless configurations are named) is evaluated at several
past origins; every model learns in a process of its own. Writes leaderboard.md, .html and .json
into var/leaderboard and a run into MLflow; `--page` puts the tables into a page, too. The last line
counts the differences beyond chance in favour of another model.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.leaderboard.blocks import html, markdown
from benchmarks.leaderboard.document import document
from benchmarks.leaderboard.measuring import ROOT, Measured, measure
from benchmarks.leaderboard.own_models import read
from benchmarks.leaderboard.records import put_into, record, write, write_into
from benchmarks.leaderboard.rivals import COMPETITORS
from benchmarks.leaderboard.scoring import Log, Origin, losses, score
from features.command_line import state_folder
from features.errors import ConfigError, DataError
from train.progress import Step, bar
from train.purchases.backtest import origins
from train.purchases.snapshot_cache import PurchaseTask
from train.tracking import runs as tracking

LOGS = ("online_retail", "cdnow", "complete_journey")
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
    except (ConfigError, DataError, OSError) as error:
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
        write(text, page, logs)
        if arguments.page:
            write_into(arguments.page, text)
        record(logs, found, {"leaderboard.md": text, "leaderboard.html": page})
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
