"""What the command lines of all packages share: how a command runs, and types of its values."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from features.errors import ConfigError, DataError

LONGEST_DAYS = 3650
DATABASES = ("mlflow.db", "scores.db", "tuning.db")


def run(
    command: Callable[[], dict[str, Any]],
    *,
    refused: tuple[type[Exception], ...] = (ConfigError, DataError),
    allow_nan: bool = True,
) -> int:
    """Run one command: JSON on stdout's last line, progress on stderr; 2 for bad input.

    refused    exceptions that mean bad input
    allow_nan  whether the JSON may hold NaN and infinities, which RFC 8259 does not know
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s", force=True)
    try:
        result = command()
    except refused as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(result, allow_nan=allow_nan) + "\n")
    return 0


def state_folder() -> Path:
    """The folder of the local state: PERENNIAL_VAR, else ./var."""
    return Path(os.environ.get("PERENNIAL_VAR") or "var")


def databases() -> list[Path]:
    """The databases of the local state, which no output may take the place of."""
    return [state_folder() / each for each in DATABASES]


def text_or_none(text: str) -> str | None:
    """A text; nothing at all is as good as no flag (MLflow passes those on)."""
    return text or None


def horizon_days(text: str) -> int | None:
    """1 to 3650 whole days; nothing at all is as good as no flag."""
    return whole_number(text, most=LONGEST_DAYS, unit="days") if text else None


def whole_number(text: str, *, most: int, unit: str) -> int:
    """A whole number from 1 to `most`. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 0 < int(text) <= most:
        raise argparse.ArgumentTypeError(f"must be 1 to {most} {unit}, got {text!r}")
    return int(text)
