"""What the command lines of all packages share."""

from __future__ import annotations

import argparse
import errno
import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from features.command_line import horizon_days, run, text_or_none, whole_number
from features.errors import ConfigError, DataError


def test_a_result_is_json_on_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(lambda: {"rows": 3}) == 0
    assert capsys.readouterr().out == '{"rows": 3}\n'


@pytest.mark.parametrize("kind", [ConfigError, DataError])
def test_bad_input_is_a_sentence_and_2(
    capsys: pytest.CaptureFixture[str], kind: type[Exception]
) -> None:
    def fail() -> dict[str, object]:
        raise kind("x.toml: no such file")

    assert run(fail) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "x.toml: no such file\n")


def raising(error: BaseException) -> Callable[[], dict[str, object]]:
    def command() -> dict[str, object]:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (KeyboardInterrupt(), 130, "interrupted; nothing half-written is left"),
        (MemoryError(), 2, "out of memory; give it more, or less data"),
        (RuntimeError("can't start new thread"), 2, "out of memory (can't start new thread); "),
        (duckdb.OutOfMemoryException("Out of Memory Error: no"), 2, "out of memory (Out of Memory"),
        (OSError(errno.ENOSPC, "No space left", "v/a.db"), 2, "v/a.db: No space left; free some"),
        (OSError(errno.ENAMETOOLONG, "Too long", "x" * 999), 2, "x" * 300 + "…: Too long; choose"),
        (UnicodeEncodeError("ascii", "é.csv", 0, 1, ""), 2, "'\\xe9.csv': the locale's encoding"),
        (sqlite3.OperationalError("database is locked"), 2, "the database cannot be used: data"),
        (ModuleNotFoundError("No module named 'x'"), 2, "a library cannot be loaded: No module"),
        (ValueError("?\nmore"), 1, "this is a defect of Perennial: ValueError: ? (tests/features/"),
    ],
)
def test_whatever_goes_wrong_is_one_sentence(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, sentence: str
) -> None:
    assert run(raising(error)) == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(sentence)


def test_what_json_does_not_know_is_a_defect(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(lambda: {"x": math.nan}, allow_nan=False) == 1
    assert "not JSON compliant" in capsys.readouterr().err


class CutShort:
    """What a library leaves that is interrupted in the middle of a constructor."""

    def __init__(self, number: int) -> None:
        os.kill(os.getpid(), number)
        time.sleep(60)
        self.made = True

    def __del__(self) -> None:
        assert self.made


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGTERM, 143, "ended by SIGTERM"), (signal.SIGINT, 130, "interrupted")],
)
def test_a_signal_ends_a_command_like_an_exception(
    capsys: pytest.CaptureFixture[str], number: int, code: int, said: str
) -> None:
    usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    # subtle: where the tests run in the background of a shell, Ctrl-C is ignored
    before = signal.signal(number, usual)
    try:
        assert run(lambda: {"never": CutShort(number)}) == code
        assert capsys.readouterr() == ("", f"{said}; nothing half-written is left\n")
        assert signal.getsignal(number) is usual
    finally:
        signal.signal(number, before)


def test_a_result_that_nobody_reads_is_no_traceback(tmp_path: Path) -> None:
    """Not from the flush at the end of Python either."""
    command = "from features.command_line import run; import sys; sys.exit(run(lambda: {'a': 1}))"
    for target, code, said in ((None, 141, "Broken pipe"), ("/dev/full", 2, "No space left")):
        reader, writer = os.pipe() if target is None else (None, os.open(target, os.O_WRONLY))
        if reader is not None:
            os.close(reader)
        ran = subprocess.run([sys.executable, "-c", command], stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        assert (ran.returncode, ran.stderr.count(b"\n")) == (code, 1)
        assert said in ran.stderr.decode()


def test_a_traceback_is_there_for_who_asks_and_holds_no_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_TRACEBACK", "1")
    monkeypatch.setenv("PERENNIAL_STORE", "postgresql://me:p%2Fss@word@host/db")
    monkeypatch.setenv("PGPASSWORD", "ge/heim")
    spellings = ["p/ss@word", "p%2Fss%40word", "ge/heim", "ge%2Fheim"]
    first = KeyError(" ".join(spellings[:2]))
    second = ValueError(" ".join([*spellings[2:], "postgresql://you:other@host"]))
    second.__cause__ = first
    assert run(raising(second)) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "KeyError" in err
    assert not [each for each in (*spellings, "other") if each in err]


def test_nothing_at_all_is_as_good_as_no_flag() -> None:
    assert text_or_none("") is None
    assert horizon_days("") is None
    assert text_or_none("2024-01-01") == "2024-01-01"
    assert horizon_days("90") == 90


@pytest.mark.parametrize("text", ["0", "-1", "3651", "9.5", "x", "\u00b2"])
def test_days_are_whole_and_within_ten_years(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"must be 1 to 3650 days, got '{text}'"):
        horizon_days(text)
    assert whole_number("7", most=7, unit="origins") == 7
