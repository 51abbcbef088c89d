"""The door: `python -m train [churn | spend]`, trains, records in MLflow and registers."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    """Run one command: JSON on stdout's last line, progress on stderr; 2 for bad input."""
    arguments = _arguments(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s", force=True)

    # subtle: waiting threads of XGBoost spin by default, which a busy machine pays for fivefold
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # imported here so that --help answers at once
    from features.config import ConfigError
    from features.contracts import ContractError
    from train import commands

    try:
        result = getattr(commands, arguments.command)(arguments)
    except (ConfigError, ContractError, ConnectionError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


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
    _add_shared(parser)
    commands = parser.add_subparsers(dest="command", metavar="{churn,spend,backtest}")
    for name in ("churn", "spend"):
        _add_shared(commands.add_parser(name, help=f"the {name} model alone, one run"))
    backtest = commands.add_parser("backtest", help="judge the ladder of models on past horizons")
    _add_shared(backtest)
    backtest.add_argument("--origins", type=_origins, default=3, help="how many; default: 3")
    backtest.add_argument("--out", type=Path, required=True, help="JSON file to write")
    return parser


def _add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="TOML of the problem (required)")
    parser.add_argument(
        "--as-of", help="date or ISO timestamp; no later row is used; default: the log's end"
    )
    parser.add_argument("--horizon-days", type=_days, help="default: problem.horizon_days")


def _days(text: str) -> int | None:
    """A positive whole number; nothing at all is as good as no flag (MLflow passes those on)."""
    if not text:
        return None
    if not text.isdigit() or not 0 < int(text) <= 3650:
        raise argparse.ArgumentTypeError(f"must be 1 to 3650 days, got {text!r}")
    return int(text)


def _origins(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 100:
        raise argparse.ArgumentTypeError(f"must be 1 to 100 origins, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
