"""What the command lines of all packages share."""

from __future__ import annotations

import argparse
import math

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


def test_what_is_not_refused_is_a_failure() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        run(lambda: {"x": math.nan}, allow_nan=False)


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
