"""The command line: `python -m train [churn | spend]` trains, records in MLflow and registers."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from features.command_line import add_strict, horizon_days, run, text_or_none, whole_number
from features.errors import ConfigError, DataError

MODULES = {"clv": "train", "churn": "train", "spend": "train"}  # else named like the command
TUNE = (
    "Search better settings for [churn] and [spend]: learning_rate, max_depth, min_child_weight, "
    "subsample, colsample_bytree, reg_lambda, strength. Both models are trained as of one and two "
    "horizons before --as-of and evaluated on what followed: churn by its log loss, spend by the "
    "gamma deviance of customers who ordered. No row at or after --as-of is used. Trial 0 are the "
    "settings of the configuration: they stay unless others beat them at both origins, with other "
    "seeds too, and significantly. Every trial is a run in MLflow and is kept in tuning.db (in "
    "PERENNIAL_VAR or ./var): the same command goes on where the last one stopped, and more "
    "--trials add to them. Ctrl-C stops early; what is best by then is written all the same. The "
    "result is a piece of TOML: tables to put into the configuration. Two horizons are little "
    "evidence: to see what tuning is worth on a log, tune with an earlier --as-of and evaluate the "
    "result by a backtest after it."
)


def main(argv: list[str]) -> int:
    """Run one command: JSON on stdout's last line, progress on stderr; 2 for bad input."""
    arguments = _arguments(argv)
    # subtle: threads that wait spin by default, and algebra of four numbers is not worth any
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return run(lambda: _result(arguments), refused=(ConfigError, DataError, ConnectionError))


def _result(arguments: argparse.Namespace) -> dict[str, Any]:
    # imported here so that --help answers at once, and Optuna only where it is needed
    command = arguments.command
    module = import_module(f"train.commands.{MODULES.get(command, command)}")
    result: dict[str, Any] = getattr(module, command)(arguments)
    return result


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.config is None:
        parser.error("--config is required: the TOML of the problem, e.g. configs/cdnow.toml")
    arguments.command = arguments.command or "clv"
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train",
        description="Train churn and spend on a transaction log. Without a command: both models, "
        "their bundle, registered as clv.",
    )
    _add_shared(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="{churn,spend,backtest,tune,report}")
    for name in ("churn", "spend"):
        _add_shared(commands.add_parser(name, help=f"the {name} model alone, one run"))
    backtest = commands.add_parser("backtest", help="evaluate models on past horizons")
    _add_shared(backtest)
    backtest.add_argument(
        "--origins",
        type=partial(whole_number, most=100, unit="origins"),
        default=3,
        help="how many; default: 3",
    )
    backtest.add_argument("--out", type=Path, required=True, help="JSON file to write")
    _add_tune(commands.add_parser("tune", help="search better settings", description=TUNE))
    _add_report(commands.add_parser("report", help="customers and their value as one HTML file"))
    return parser


def _add_tune(parser: argparse.ArgumentParser) -> None:
    _add_shared(parser)
    parser.add_argument(
        "--trials",
        type=partial(whole_number, most=10_000, unit="trials"),
        default=30,
        help="settings to try of each model; default: 30",
    )
    parser.add_argument("--minutes", type=_minutes, help="no trial begins later; default: no limit")
    parser.add_argument("--out", type=Path, required=True, help="TOML file to write")


def _add_report(parser: argparse.ArgumentParser) -> None:
    _add_shared(parser)
    parser.add_argument(
        "--model",
        help="models:/name@alias, models:/name/version or a folder; default: models:/clv@champion",
    )
    parser.add_argument(
        "--previous",
        type=Path,
        help="scores of an earlier batch, to tell who changed tier; default: 90 days before",
    )
    parser.add_argument("--out", type=Path, required=True, help="HTML file to write")


def _add_shared(
    parser: argparse.ArgumentParser,
    *,
    default: str | None = argparse.SUPPRESS,
) -> None:
    """subtle: a command's own default would overwrite what was given before its name."""
    parser.add_argument(
        "--config", type=Path, default=default, help="TOML of the problem (required)"
    )
    parser.add_argument(
        "--as-of",
        type=text_or_none,
        default=default,
        help="date or ISO timestamp; no later row is used; default: the log's end",
    )
    parser.add_argument(
        "--horizon-days", type=horizon_days, default=default, help="default: problem.horizon_days"
    )
    add_strict(parser, default=default or False)


def _minutes(text: str) -> float | None:
    """A positive number; nothing at all is as good as no flag."""
    if not text:
        return None
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0.0 < minutes <= 1e6:
        raise argparse.ArgumentTypeError(f"must be a positive number of minutes, got {text!r}")
    return minutes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
