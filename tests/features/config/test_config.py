from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from features.config.read import read_purchase_config
from features.errors import ConfigError

SHORTEST = """
data.transactions = "log.csv"
data.columns = { customer_id = "c", timestamp = "t", amount = "a" }
problem.horizon_days = 90
"""


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "x.toml"
    path.write_text(text)
    return read_purchase_config(path)


def test_six_lines_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(SHORTEST)
    config = read_purchase_config(path)
    assert (config.data.timezone, config.data.refunds, config.data.guests) == ("UTC", "net", "drop")
    assert (config.problem.snapshots, config.problem.spacing_days) == (8, 30)
    assert config.economics.margin == 1.0
    assert config.churn == config.spend
    with pytest.raises(ValidationError, match="frozen"):
        config.problem.seed = 8  # type: ignore[misc]


@pytest.mark.parametrize("name", ["online_retail", "cdnow", "complete_journey"])
def test_the_repositorys_own_configurations_are_valid(at_root: Path, name: str) -> None:
    config = read_purchase_config(Path("configs") / f"{name}.toml")
    assert Path(config.data.transactions).exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("problem.seed = -3", "problem.seed must be at least 0, got -3"),
        ("problem.snapshots = 0", "problem.snapshots must be positive, got 0"),
        ("problem.snapshots = 2.5", "problem.snapshots must be a whole number, got 2.5"),
        ("problem.horizon = 9", "problem.horizon is an unknown key, did you mean horizon_days?"),
        ("guests = 1", "guests is an unknown key, known are data, problem, economics, churn"),
        ("data.guests = 'keep'", "data.guests must be one of 'drop' or 'error', got 'keep'"),
        ("data.timezone = 'Mars'", "data.timezone must be an IANA time zone such as Europe/London"),
        ("data.currency = 'pounds'", "data.currency must be three capital letters such as GBP"),
        ("economics.margin = 1.5", "economics.margin must be at most 1, got 1.5"),
        ("economics.margin = nan", "economics.margin must be a finite number, got nan"),
        ("economics.margin = '1'", "economics.margin must be a number, got '1'"),
        ("churn.max_bin = 1", "churn.max_bin must be at least 2, got 1"),
        ("spend = 3", "spend must be a table of keys, got 3"),
        ("tiers.names = ['A', 'A']", "tiers.names must be different from each other"),
        ("tiers.names = ['A', '']", "tiers.names.1 must not be empty, got ''"),
        ("tiers.names = 'A'", "tiers.names must be a list, got 'A'"),
        ("tiers.names = ['A']", "tiers.names must have at least two entries, got ['A']"),
        ("tiers.names = ['A', 'B']", "tiers must have as many shares as names, got"),
        ("tiers.shares = [0.5, 0.4]", "tiers.shares must sum to 1, got [0.5, 0.4]"),
        ("tiers.shares = [1, 0]", "tiers.shares.1 must be positive, got 0"),
        ("tiers.margin = 0.25", "tiers must have a margin below every share, got"),
        ("tiers.cuts = [1]", "tiers.cuts is an unknown key"),
        ("tracking.experiment = ''", "tracking.experiment must not be empty, got ''"),
    ],
)
def test_each_violation_is_a_sentence(tmp_path: Path, change: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, SHORTEST + change)
    assert str(caught.value).startswith(f"{tmp_path / 'x.toml'}: {sentence}")


def test_all_violations_are_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "problem.horizon_days = -3\ndata.transactions = 'log.csv'\n")
    assert str(caught.value) == (
        f"{tmp_path / 'x.toml'}: data.columns is missing, add it; "
        "problem.horizon_days must be positive, got -3"
    )


def test_a_file_that_is_not_there_or_not_toml_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: no such file"):
        read_purchase_config(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_purchase_config(tmp_path)
    with pytest.raises(ConfigError, match="is not valid TOML"):
        read(tmp_path, "[data")


def test_a_file_that_is_no_configuration_is_one_sentence(tmp_path: Path) -> None:
    for name, text in (("deep", f"a = {'[' * 20_000}"), ("long", f"# {'x' * 1_000_001}")):
        (tmp_path / name).write_text(text)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "nul").write_bytes(b"\0" * 10)
    for name, sentence in {
        "deep": "is nested too deeply",
        "long": "is longer than a megabyte",
        "pipe": "is a device or a pipe",
        "loop": "cannot be read: Too many levels",
        "nul": "is not valid TOML",
    }.items():
        with pytest.raises(ConfigError, match=f"{name}: {sentence}"):
            read_purchase_config(tmp_path / name)
