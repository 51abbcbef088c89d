"""The doors beside the service: `python -m serve score`, `release`, and `key` for a new API key."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    """Run one command: JSON on stdout's last line, progress on stderr; 2 for bad input."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s", force=True)

    # imported here so that --help answers at once
    from features.errors import ConfigError, DataError
    from serve.errors import ServeError

    try:
        result = COMMANDS[arguments.command](arguments)
    except (ConfigError, DataError, ServeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(result, allow_nan=False) + "\n")
    return 0


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
    score = commands.add_parser("score", help="a prediction for every customer of a log")
    score.add_argument("--config", type=Path, required=True, help="TOML of the problem")
    score.add_argument("--as-of", help="date or ISO timestamp; default: the log's end")
    score.add_argument("--horizon-days", type=_days, help="default: problem.horizon_days")
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
    _add_release(commands.add_parser("release", help="a Bento that needs no MLflow"))
    key = commands.add_parser(
        "key",
        help="a new API key, told this once, and the line to keep in the service's environment",
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


def _days(text: str) -> int | None:
    """A horizon; nothing at all is as good as no flag (MLflow passes those on)."""
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) <= 3650:
        raise argparse.ArgumentTypeError(f"must be 1 to 3650 days, got {text!r}")
    return int(text)


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _batches(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"must be 1 to 10000 batches, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
