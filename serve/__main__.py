"""The commands beside the service: `python -m serve score`, `release`, and `key` (an API key)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from features.command_line import add_strict, horizon_days, run, text_or_none, whole_number
from features.errors import ConfigError, DataError
from serve.errors import ServeError


def main(argv: list[str]) -> int:
    """Run one command: JSON on stdout's last line, progress on stderr; 2 for bad input."""
    arguments = _parser().parse_args(argv)
    return run(
        lambda: COMMANDS[arguments.command](arguments),
        refused=(ConfigError, DataError, ServeError),
        allow_nan=False,
    )


def _score(arguments: argparse.Namespace) -> dict[str, object]:
    from serve.commands.score import score

    return score(arguments)


def _key(arguments: argparse.Namespace) -> dict[str, object]:
    from serve.http.api_keys import make_key

    return {**make_key(arguments.name)}


def _release(arguments: argparse.Namespace) -> dict[str, object]:
    from serve.commands.release import release

    return release(arguments)


COMMANDS = {"score": _score, "key": _key, "release": _release}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m serve", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    score = commands.add_parser("score", help="a prediction for every customer of a data set")
    score.add_argument("--config", type=Path, required=True, help="TOML of the problem")
    score.add_argument(
        "--as-of", type=text_or_none, help="date or ISO timestamp; default: the end of the data"
    )
    score.add_argument("--horizon-days", type=horizon_days, help="default: problem.horizon_days")
    score.add_argument(
        "--model",
        help="models:/name@alias, models:/name/version or a bundle's folder; "
        "default: PERENNIAL_MODEL, else models:/clv@champion",
    )
    score.add_argument("--out", type=_path, help="file to write: .parquet or .csv")
    score.add_argument("--features-out", type=_path, help="also write the feature table, Parquet")
    score.add_argument(
        "--store",
        help="score store to write to, for look-ups: sqlite:///var/scores.db or "
        "postgresql://user:password@host/database; --out, --store or both",
    )
    score.add_argument(
        "--keep", type=_batches, help="how many batches stay in the store; default: 12"
    )
    add_strict(score)
    _add_release(commands.add_parser("release", help="a Bento that needs no MLflow"))
    key = commands.add_parser(
        "key",
        help="a new API key, shown this once, and the line to keep in the service's environment",
    )
    key.add_argument("--name", required=True, help="whose it is: crm, shop, ...")
    return parser


def _add_release(release: argparse.ArgumentParser) -> None:
    release.add_argument(
        "--model",
        help="models:/name@alias, models:/name/version or a bundle's folder; "
        "default: PERENNIAL_MODEL, else models:/clv@champion",
    )
    release.add_argument(
        "--out", type=Path, required=True, help="folder to make, or a file that ends with .bento"
    )
    release.add_argument("--tag", help="the Bento's version; default: from model and card")


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _batches(text: str) -> int | None:
    return whole_number(text, most=10_000, unit="batches") if text else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
