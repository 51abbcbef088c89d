"""What the repository says of itself holds: commands, flags, configurations, pins and links."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from features.__main__ import main as features_door
from features.config.read import read_config, read_purchase_config
from features.config.subscriptions import SubscriptionData
from serve.__main__ import main as serve_door
from serve.api import requests as wire
from train.__main__ import main as train_door

ROOT = Path(__file__).resolve().parent.parent
DOORS: dict[str, Callable[[list[str]], int]] = {
    "features": features_door,
    "serve": serve_door,
    "train": train_door,
}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "data" / "README.md"])
PINS = sorted((ROOT / "requirements").glob("*.txt"))
ENTRY_POINTS: dict[str, Any] = yaml.safe_load((ROOT / "MLproject").read_text())["entry_points"]
ROOMS = ("features", "models", "train", "serve")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def targets() -> set[str]:
    text = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z-]+):.*##", text, flags=re.MULTILINE))


def flags_of(door: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The flags that a door's own --help names."""
    with pytest.raises(SystemExit) as stop:
        DOORS[door]([*arguments, "--help"])
    assert stop.value.code == 0
    return set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))


def words(command: str, **parameters: str) -> list[str]:
    """What `python` is called with once MLflow has filled in the parameters, told by the shell."""
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


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_make_command_that_is_written_down_exists(path: Path) -> None:
    commands = re.findall(r"(?:^ {4}|`)make ([a-z-]+)", path.read_text(), flags=re.MULTILINE)
    assert set(commands) <= targets()


def test_every_target_says_what_to_type_next() -> None:
    assert targets() >= {"demo", "test", "serve", "ui", "score", "backtest", "pins", "clean"}
    recipes = re.split(r"^(?=[a-z-]+:.*##)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    silent = [text.split(":")[0] for text in recipes[1:] if not re.search("Next:|Ctrl-C", text)]
    assert not silent


def test_the_gate_of_ci_is_the_gate_of_people() -> None:
    gate = ROOT / ".ci" / "run"
    assert gate.stat().st_mode & 0o111
    assert gate.read_text().rstrip().endswith("make test")


@pytest.mark.parametrize("entry", ENTRY_POINTS)
def test_an_mlflow_entry_point_has_the_names_and_flags_of_its_door(
    entry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = given(entry, **dict.fromkeys(ENTRY_POINTS[entry]["parameters"], "1"))
    assert filled[0] == "-m"
    door, rest = filled[1], filled[2:]
    used = {word for word in rest if word.startswith("--")}
    command = [rest[0]] if not rest[0].startswith("--") else []
    assert used <= flags_of(door, command, capsys)
    assert used == {f"--{name.replace('_', '-')}" for name in ENTRY_POINTS[entry]["parameters"]}


@pytest.mark.parametrize("entry", ENTRY_POINTS)
def test_a_parameter_that_is_left_out_reaches_no_door_as_an_empty_value(
    entry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The doors of train and serve read an empty flag as none; the door of features is spared."""
    if given(entry)[1] == "features":
        assert "" not in given(entry)
    else:
        with pytest.raises(SystemExit) as stop:
            DOORS[given(entry)[1]]([*given(entry)[2:], "--help"])
        assert stop.value.code == 0, capsys.readouterr().err


def test_what_a_parameter_holds_reaches_the_door_as_one_word() -> None:
    assert "2011-09-10 10:00" in given("features", as_of="2011-09-10 10:00")
    assert "2011-09-10 10:00" in given("main", as_of="2011-09-10 10:00")


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.toml")), ids=name_of)
def test_every_configuration_is_read_and_its_log_is_there(path: Path) -> None:
    data = read_config(path).data
    source = data.customers if isinstance(data, SubscriptionData) else data.transactions
    assert (ROOT / source).is_file()


def test_the_five_lines_of_the_readme_are_a_configuration(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    (tmp_path / "mine.toml").write_text(blocks[0])
    assert read_purchase_config(tmp_path / "mine.toml").problem.horizon_days > 0


def test_the_readmes_request_is_one_that_the_service_reads() -> None:
    readme = (ROOT / "README.md").read_text()
    path = re.findall(r"-d @(\S+)", readme)[0]
    asked = wire.parse(wire.PredictRequest, (ROOT / path).read_bytes())
    assert all(f'"{each.customer_id}"' in readme for each in asked.customers)


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


def test_the_packages_are_the_rooms() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    listed = project["setuptools"]["packages"]["find"]["include"]
    assert listed == [name for room in ROOMS for name in (room, f"{room}.*")]
    assert project["mypy"]["packages"] == list(ROOMS)
    assert project["coverage"]["run"]["source"] == list(ROOMS)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text())
    assert not [
        link for link in links if "://" not in link and not (path.parent / link).resolve().exists()
    ]


def test_decisions_are_numbered_and_short() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for record in records:
        number = int(record.name.split("-")[0])
        assert record.read_text().startswith(f"# {number}. ")
        assert len(record.read_text().splitlines()) <= 30
