"""The commands `python -m features inspect | build | labels | dictionary`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from features.command_line import LONGEST_DAYS, add_strict, run


def main(argv: list[str]) -> int:
    """Run one command: JSON on stdout's last line, progress on stderr; 2 for bad input."""
    arguments = _parser().parse_args(argv)
    return run(lambda: _result(arguments))


def _result(arguments: argparse.Namespace) -> dict[str, Any]:
    # imported here so that --help answers at once
    if arguments.command == "inspect":
        from features.inspect.command import inspect

        return inspect(arguments)
    from features import commands

    result: dict[str, Any] = getattr(commands, arguments.command)(arguments)
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m features", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    inspect = commands.add_parser("inspect", help="propose a configuration for a source")
    inspect.add_argument("source", help="a file, a folder, a glob, or the address of a table")
    inspect.add_argument("--out", type=Path, help="TOML file to write; default: print it")
    build = commands.add_parser("build", help="the feature table as of a time, as Parquet")
    _add_shared(build, "the log's end")
    labels = commands.add_parser("labels", help="what happened in the horizon after a time")
    _add_shared(labels, "the log's end minus the horizon")
    labels.add_argument("--horizon-days", type=_days, help="default: problem.horizon_days")
    dictionary = commands.add_parser("dictionary", help="write the data dictionary")
    dictionary.add_argument("--out", type=Path, default=Path("docs/features.md"))
    return parser


def _days(text: str) -> int:
    """A whole number, of either sign: what is not positive is refused with the data at hand."""
    if not text.lstrip("-").isdigit() or abs(int(text)) > LONGEST_DAYS:
        raise argparse.ArgumentTypeError(
            f"must be a whole number up to {LONGEST_DAYS} days, got {text!r}"
        )
    return int(text)


def _add_shared(parser: argparse.ArgumentParser, default_as_of: str) -> None:
    parser.add_argument("--config", type=Path, required=True, help="TOML of the problem")
    parser.add_argument("--as-of", help=f"date or ISO timestamp; default: {default_as_of}")
    parser.add_argument("--out", type=Path, required=True, help="Parquet file to write")
    add_strict(parser)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
