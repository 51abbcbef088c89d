"""What the pages say holds: commands, flags, keys, variables, paths, names and links."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from features.__main__ import main as features_cli
from features.config.purchases import PurchaseConfig
from features.config.read import read_purchase_config
from serve.__main__ import main as serve_cli
from serve.api import requests as wire
from serve.api.endpoints import ENDPOINTS
from serve.settings import Settings
from train.__main__ import main as train_cli

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "data" / "README.md",
        *(ROOT / "tests").rglob("README.md"),
    ]
)
# What was renamed stands in the changelog under the name that it had.
CURRENT = [each for each in PAGES if each.name != "CHANGELOG.md"]
SOURCES = sorted(
    [
        *(ROOT / "Makefile", ROOT / "MLproject", ROOT / "pyproject.toml"),
        *(ROOT / "configs").glob("*.toml"),
        *(
            each
            for folder in ("features", "models", "train", "serve", "tests", "benchmarks")
            for each in (ROOT / folder).rglob("*.py")
        ),
    ]
)
COMMANDS = {"features": features_cli, "serve": serve_cli, "train": train_cli}
FOLDERS = r"(?:features|models|train|serve|tests|benchmarks|configs|docs|requirements)"
A_PATH = re.compile(rf"(?<![\w/.<>*]){FOLDERS}/[\w./-]*\w\.(?:py|toml|md|txt|json|png)\b(?!/)")
A_NAME = re.compile(
    r"(?<![\w/.@-])(?:features|models|train|serve|benchmarks)(?:\.[A-Za-z_]\w*)+(?::[A-Za-z]\w+)?"
)
MADE_UP = {"configs/mine.toml"}  # what a user would call a file of theirs
FILES = ("parquet", "json", "md", "db", "csv", "txt", "py")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def exists(dotted: str) -> bool:
    """Whether a module, or what it holds, has this name: a.b.c, a.b.Class.method, a.b:Class."""
    parts = dotted.replace(":", ".").split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            fields = getattr(found, "model_fields", {}) | getattr(found, "__annotations__", {})
            if not hasattr(found, part) and part not in fields:
                return False
            found = getattr(found, part, None)
        return True
    return False


def names_in(text: str) -> set[str]:
    """Dotted names of modules and of what they hold; names of files are none."""
    found = {each.group() for each in A_NAME.finditer(text)}
    return {each for each in found if each.rpartition(".")[2] not in FILES}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_make_command_that_is_written_down_exists(path: Path) -> None:
    targets = re.findall(r"^([a-z-]+):.*##", page("Makefile"), flags=re.MULTILINE)
    commands = re.findall(r"(?:^ {4}|`)make ([a-z-]+)", path.read_text(), flags=re.MULTILINE)
    assert set(commands) <= set(targets)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", path.read_text())
    assert not [
        link for link in links if "://" not in link and not (path.parent / link).resolve().exists()
    ]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_into_a_page_lead_to_a_heading(path: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", path.read_text()):
        text = (path.parent / target if target else path).read_text()
        titles = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
        assert heading in {
            re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in titles
        }


def test_every_file_that_is_named_is_there() -> None:
    missing = {}
    for path in [*CURRENT, *SOURCES]:
        named = {each.group() for each in A_PATH.finditer(path.read_text(encoding="utf-8"))}
        missing[name_of(path)] = {each for each in named - MADE_UP if not (ROOT / each).exists()}
    assert not {name: each for name, each in missing.items() if each}


def test_every_module_and_symbol_that_is_named_is_there() -> None:
    """On a page anywhere, in a program between backticks."""
    missing = {}
    for path in [*CURRENT, *SOURCES]:
        text = path.read_text(encoding="utf-8")
        quoted = [text] if path in CURRENT else re.findall(r"`([^`\n]+)`", text)
        named = {name for each in quoted for name in names_in(each)}
        missing[name_of(path)] = {each for each in named if not exists(each)}
    assert not {name: each for name, each in missing.items() if each}


def test_every_test_that_shows_a_promise_is_there() -> None:
    """Of a test its file and function, of an event of the soak its function."""
    text = page("docs/reliability.md")
    tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    events = set(re.findall(r"\bsoak `(\w+)`", text))
    soak = "\n".join(each.read_text() for each in (ROOT / "benchmarks" / "soak").glob("*.py"))
    assert tests
    assert not {each for each in tests if f"\ndef {each[1]}(" not in page(each[0])}
    assert not {each for each in events if f"\ndef {each}(" not in soak}
    injected = r"(?:champion|hostile_callers|\w+_faults)\.(\w+),"
    assert {*re.findall(injected, page("benchmarks/soak/schedule.py"))} <= events
    assert "hang_store" in events


def test_what_a_module_is_called_now_is_its_name() -> None:
    """The newest version's table of old names and new ones in the changelog."""
    rows = re.findall(r"^\| (`[^|]*) \| (`[^|]*) \|$", page("CHANGELOG.md"), flags=re.MULTILINE)
    assert rows
    named = {name for _, new in rows for name in re.findall(r"`([a-z_.]+)`", new)}
    assert not {each for each in named if "." in each.strip(".") and not exists(each)}


def test_names_are_found_where_they_stand() -> None:
    """The two tests above would be silent if nothing were found."""
    text = "`serve.service:ClvService`, models.bundle.load and features/schema.py; scores.parquet"
    assert names_in(text) == {"serve.service:ClvService", "models.bundle.load"}
    assert A_PATH.findall(text) == ["features/schema.py"]
    assert not exists("models.bundle.no_such_name")
    assert not exists("models.no_such_module.load")


def commands_in(text: str) -> Iterator[tuple[str, list[str], set[str]]]:
    """Package, command and flags of each `python -m ...` in code."""
    for line in re.findall(r"python -m ((?:features|serve|train)\b[^`\n]*)", text):
        package, *rest = re.sub(r" +#.*", "", line).split()
        yield (
            package,
            rest[:1] if rest and rest[0].isalpha() else [],
            set(re.findall(r"--[a-z-]+", line)),
        )


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_command_that_is_written_down_has_its_flags(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for package, command, flags in commands_in(path.read_text(encoding="utf-8")):
        with pytest.raises(SystemExit) as stop:
            COMMANDS[package]([*command, "--help"])
        assert stop.value.code == 0, (package, command)
        assert flags <= set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))


def test_the_table_of_commands_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    written = {(package, *command) for package, command, _ in commands_in(page("docs/commands.md"))}
    for package, main in COMMANDS.items():
        with pytest.raises(SystemExit):
            main(["--help"])
        [choices] = set(re.findall(r"\{([a-z,]+)\}", capsys.readouterr().out))
        assert {(package, each) for each in choices.split(",")} <= written


def test_the_five_lines_of_the_readme_are_a_configuration(tmp_path: Path) -> None:
    [block] = re.findall(r"```toml\n(.*?)```", page("README.md"), flags=re.DOTALL)
    (tmp_path / "mine.toml").write_text(block)
    assert read_purchase_config(tmp_path / "mine.toml").problem.horizon_days > 0


def test_the_example_of_a_configuration_is_one_and_every_key_is_explained(tmp_path: Path) -> None:
    text = page("docs/configuration.md")
    [block] = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "mine.toml").write_text(block)
    config = read_purchase_config(tmp_path / "mine.toml")
    for section, found in config:
        assert f"`{section}." in text
        keys = {**dict(found), **dict(getattr(found, "columns", {}))}
        assert not {key for key in keys if not re.search(rf"[`.]{key}`", text) and key != "columns"}
    assert set(PurchaseConfig.model_fields) == set(dict(config))


def test_every_variable_of_the_service_is_explained_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|([^|]*)\|", page("docs/serving.md"), re.MULTILINE))
    fields = {f"PERENNIAL_{name.upper()}": each for name, each in Settings.model_fields.items()}
    fields["MLFLOW_TRACKING_URI"] = fields.pop("PERENNIAL_TRACKING_URI")
    assert {*rows} == {*fields}
    for name, each in fields.items():
        if isinstance(each.default, int | float) and each.default < 1e6:
            assert float(rows[name]) == each.default, name


def test_the_request_of_the_examples_is_one_that_the_service_reads() -> None:
    text = page("docs/api.md")
    [path] = set(re.findall(r"-d @(\S+\.json)", text))
    asked: BaseModel = wire.parse(wire.PredictRequest, (ROOT / path).read_bytes())
    assert isinstance(asked, wire.PredictRequest)
    assert all(f'"{each.customer_id}"' in text for each in asked.customers)


def test_every_endpoint_is_listed() -> None:
    text = page("docs/api.md")
    described = {each.path for each in ENDPOINTS if each.documented}
    assert not {each for each in described if f"{each}`" not in text}


def test_decisions_are_numbered_and_short() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for record in records:
        number = int(record.name.split("-")[0])
        assert record.read_text().startswith(f"# {number}. ")
        assert len(record.read_text().splitlines()) <= 30
