"""What the command lines of all packages share: how a command runs, and types of its values."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from features.errors import ConfigError, DataError
from features.failure import failure
from features.redaction import redacted

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

    Whatever else goes wrong is one sentence, too (`features.failure`).
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s", force=True)
    with _signals_as_exceptions():
        try:
            result = command()
            sys.stdout.write(json.dumps(result, allow_nan=allow_nan) + "\n")
            sys.stdout.flush()
        except BaseException as error:
            refusal = isinstance(error, refused) and not isinstance(error, BrokenPipeError)
            code, sentence = (2, redacted(str(error))) if refusal else failure(error)
            with suppress(OSError, ValueError):
                sys.stderr.write(f"{sentence}\n")
            _abandon_stdout()
            return code
    return 0


@contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does: whatever is open is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: FrameType | None) -> None:
        # what is cut short in the middle of its making complains when it is cleared away
        sys.unraisablehook = lambda _: None
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    hook = sys.unraisablehook
    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, end)}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored
        before[signal.SIGINT] = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def _abandon_stdout() -> None:
    """Python flushes it at the end: where that fails there would be a traceback."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def state_folder() -> Path:
    """The folder of the local state: PERENNIAL_VAR, else ./var."""
    return Path(os.environ.get("PERENNIAL_VAR") or "var")


def databases() -> list[Path]:
    """The databases of the local state, which no output may take the place of."""
    return [state_folder() / each for each in DATABASES]


def add_strict(parser: argparse.ArgumentParser, *, default: Any = False) -> None:
    """The flag of commands that read data: what the health check finds stops them."""
    parser.add_argument(
        "--strict",
        action="store_true",
        default=default,
        help="findings of the health check are errors",
    )


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
