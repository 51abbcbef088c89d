"""Make targets, MLflow entry points, sample configurations and pins fit what they are for."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from features.__main__ import main as features_cli
from features.config.read import read_config
from features.config.subscriptions import SubscriptionData
from serve.__main__ import main as serve_cli
from train.__main__ import main as train_cli

ROOT = Path(__file__).resolve().parent.parent
COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "features": features_cli,
    "serve": serve_cli,
    "train": train_cli,
}
PINS = sorted((ROOT / "requirements").glob("*.txt"))
ENTRY_POINTS: dict[str, Any] = yaml.safe_load((ROOT / "MLproject").read_text())["entry_points"]
PACKAGES = ("features", "models", "train", "serve")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def targets() -> set[str]:
    text = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z-]+):.*##", text, flags=re.MULTILINE))


def flags_of(package: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The flags that a command's own --help names."""
    with pytest.raises(SystemExit) as stop:
        COMMANDS[package]([*arguments, "--help"])
    assert stop.value.code == 0
    return set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))


def words(command: str, **parameters: str) -> list[str]:
    """What `python` is called with once MLflow has filled in the parameters."""
    quoted = {name: f"'{value}'" for name, value in parameters.items()}
    script = 'python() { printf "%s\\n" "$@"; }; ' + command.format(**quoted)
    shown = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return shown.stdout.removesuffix("\n").split("\n")


def given(entry: str, **parameters: str) -> list[str]:
    defaults = {
        name: kind.get("default", name) if isinstance(kind, dict) else name
        for name, kind in ENTRY_POINTS[entry]["parameters"].items()
    }
    return words(ENTRY_POINTS[entry]["command"], **{**defaults, **parameters})


def test_every_target_says_what_to_type_next() -> None:
    assert targets() >= {"demo", "test", "serve", "ui", "score", "backtest", "pins", "clean"}
    recipes = re.split(r"^(?=[a-z-]+:.*##)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    silent = [text.split(":")[0] for text in recipes[1:] if not re.search("Next:|Ctrl-C", text)]
    assert not silent


def test_the_gate_of_ci_is_the_gate_of_people() -> None:
    gate = ROOT / ".ci" / "run"
    assert gate.stat().st_mode & 0o111
    assert gate.read_text().rstrip().endswith("make test")


def test_an_mlflow_project_runs_without_flags() -> None:
    """In an environment that MLflow makes of the pinned packages, on the sample data."""
    project = yaml.safe_load((ROOT / "MLproject").read_text())
    [packages] = yaml.safe_load((ROOT / project["python_env"]).read_text())["dependencies"]
    assert (ROOT / packages.removeprefix("-r ")) in PINS
    for entry in ENTRY_POINTS.values():
        assert all("default" in each for each in entry["parameters"].values())
        read_config(ROOT / entry["parameters"]["config"]["default"])


@pytest.mark.parametrize("entry", ENTRY_POINTS)
def test_an_mlflow_entry_point_has_the_names_and_flags_of_its_command(
    entry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = given(entry, **dict.fromkeys(ENTRY_POINTS[entry]["parameters"], "1"))
    assert filled[0] == "-m"
    package, rest = filled[1], filled[2:]
    used = {word for word in rest if word.startswith("--")}
    command = [rest[0]] if not rest[0].startswith("--") else []
    assert used <= flags_of(package, command, capsys)
    assert used == {f"--{name.replace('_', '-')}" for name in ENTRY_POINTS[entry]["parameters"]}


@pytest.mark.parametrize("entry", ENTRY_POINTS)
def test_a_parameter_that_is_left_out_reaches_no_command_as_an_empty_value(
    entry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """train and serve read an empty flag as none; to features it is not given."""
    if given(entry)[1] == "features":
        assert "" not in given(entry)
    else:
        with pytest.raises(SystemExit) as stop:
            COMMANDS[given(entry)[1]]([*given(entry)[2:], "--help"])
        assert stop.value.code == 0, capsys.readouterr().err


def test_what_a_parameter_holds_reaches_the_command_as_one_word() -> None:
    assert "2011-09-10 10:00" in given("features", as_of="2011-09-10 10:00")
    assert "2011-09-10 10:00" in given("main", as_of="2011-09-10 10:00")


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.toml")), ids=name_of)
def test_every_configuration_is_read_and_its_log_is_there(path: Path) -> None:
    data = read_config(path).data
    source = data.customers if isinstance(data, SubscriptionData) else data.transactions
    assert (ROOT / source).is_file()


@pytest.mark.parametrize("path", PINS, ids=name_of)
def test_pins_are_hashed_and_name_no_index(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"index|://|--find-links|--trusted-host", text)
    pins = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert all("==" in pin.split("\n")[0] and "--hash=sha256:" in pin for pin in pins)


def test_what_runs_and_what_tests_are_pinned_alike() -> None:
    run, dev, uv = (
        set(
            re.findall(r"^([\w.-]+==\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE)
        )
        for name in ("run.txt", "dev.txt", "uv.txt")
    )
    assert run < dev
    assert uv < dev
    assert len(uv) == 1


def test_the_packages_are_listed_wherever_tools_need_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    listed = project["setuptools"]["packages"]["find"]["include"]
    assert listed == [name for package in PACKAGES for name in (package, f"{package}.*")]
    assert project["mypy"]["packages"] == list(PACKAGES)
    assert project["coverage"]["run"]["source"] == list(PACKAGES)


def test_the_files_that_the_tests_are_shared_out_by_are_there() -> None:
    text = (ROOT / "tests" / "sharing_out.py").read_text()
    places = re.findall(r'^ +"([a-z_/]+)",$', text, flags=re.MULTILINE)
    assert len(places) > 20
    assert not [each for each in places if not list((ROOT / "tests").glob(f"{each}*"))]
