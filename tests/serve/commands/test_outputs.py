"""No command destroys what it reads: each output is looked at before the work."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features.__main__ import main as features
from serve.__main__ import main as serve
from train.__main__ import main as train

Command = tuple[Callable[[list[str]], int], list[str]]
COMMANDS: dict[str, Command] = {
    "build": (features, ["build"]),
    "labels": (features, ["labels"]),
    "backtest": (train, ["backtest"]),
    "report": (train, ["report"]),
    "tune": (train, ["tune"]),
    "score": (serve, ["score"]),
}


@pytest.fixture
def place(tmp_path: Path, config_path: Path, store: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a log, a configuration of it, a bundle and a state."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PERENNIAL_VAR", str(tmp_path / "var"))
    log = config_path.parent / "log.parquet"
    shutil.copy(log, tmp_path / "log.parquet")
    text = config_path.read_text().replace(str(log), "log.parquet")
    (tmp_path / "shop.toml").write_text(text)
    shutil.copytree(store.folder, tmp_path / "bundle")
    (tmp_path / "var").mkdir()
    shutil.copy(store.var / "mlflow.db", tmp_path / "var")
    shutil.copy(log, tmp_path / "before.parquet")
    os.symlink("log.parquet", tmp_path / "link.parquet")
    os.mkfifo(tmp_path / "pipe.parquet")
    return tmp_path


def contents(place: Path) -> dict[str, bytes | None]:
    return {
        str(each.relative_to(place)): each.read_bytes() if each.is_file() else None
        for each in sorted(place.rglob("*"))
    }


def refused(capsys: pytest.CaptureFixture[str], command: Command, *flags: str) -> str:
    """The one sentence of a command that ends with 2, before any work."""
    main, words = command
    assert main([*words, "--config", "shop.toml", *flags]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    [sentence] = captured.err.splitlines()
    return str(sentence)


@pytest.mark.parametrize("name", COMMANDS)
def test_an_input_a_pipe_and_a_folder_are_refused_as_out(
    place: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before = contents(place)
    for out in ("log.parquet", "link.parquet", "./var/../log.parquet"):
        said = refused(capsys, COMMANDS[name], "--out", out)
        assert "is read by this command" in said
    assert "is a device or a pipe" in refused(capsys, COMMANDS[name], "--out", "pipe.parquet")
    if name != "score":
        assert "is read by this" in refused(capsys, COMMANDS[name], "--out", "shop.toml")
        assert "is a folder" in refused(capsys, COMMANDS[name], "--out", "bundle")
    if COMMANDS[name][0] is train:
        assert "is read by this" in refused(capsys, COMMANDS[name], "--out", "var/mlflow.db")
    assert contents(place) == before


def test_a_report_replaces_neither_its_model_nor_the_scores_before(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(place)
    flags = ["--model", "bundle", "--previous", "before.parquet"]
    for out in ("bundle/card.json", "before.parquet"):
        assert "is read by" in refused(capsys, COMMANDS["report"], *flags, "--out", out)
    assert contents(place) == before


def test_a_leaderboard_replaces_no_input_either(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = place / "log.csv"
    log.write_text("customer_id,ts,amount,shelf\nann,1997-01-01,3,low\n")
    text = (place / "shop.toml").read_text().replace("log.parquet", "log.csv")
    (place / "shop.toml").write_text(text)
    assert "log.csv: is read by" in refused(capsys, COMMANDS["backtest"], "--out", "log.json")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--out", "a.parquet", "--features-out", "log.parquet"], "--features-out would destroy"),
        (["--out", "a.parquet", "--features-out", "shop.toml"], "--features-out would destroy"),
        (["--out", "a.parquet", "--features-out", "var/mlflow.db"], "--features-out would destroy"),
        (["--out", "a.parquet", "--features-out", "bundle/card.json"], "--features-out would"),
        (["--out", "a.parquet", "--features-out", "var/../a.parquet"], "another file than --out"),
        (["--out", "a.parquet", "--store", "sqlite:///a.parquet"], "is read by this command"),
        (["--store", "sqlite:///log.parquet"], "choose another --store"),
        (["--store", "sqlite:///shop.toml"], "choose another --store"),
        (["--store", "sqlite:///var/mlflow.db"], "is a database of something else"),
    ],
)
def test_scores_features_and_store_replace_neither_an_input_nor_each_other(
    place: Path, capsys: pytest.CaptureFixture[str], flags: list[str], sentence: str
) -> None:
    before = contents(place)
    assert sentence in refused(capsys, COMMANDS["score"], "--model", "bundle", *flags)
    assert contents(place) == before


@pytest.mark.parametrize("out", ["bundle/card.json", "dangling", "x" * 300, "bundle/card.json/x"])
def test_a_release_takes_no_place_that_is_taken(
    place: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    os.symlink("nothing", place / "dangling")
    before = contents(place)
    assert serve(["release", "--model", "bundle", "--out", out]) == 2
    captured = capsys.readouterr()
    [sentence] = captured.err.splitlines()
    assert sentence.startswith(out)
    assert contents(place) == before


def test_a_full_disk_is_one_sentence_and_the_scores_before_stay(
    place: Path, capsys: pytest.CaptureFixture[str], full_disk: Any
) -> None:
    (place / "scores.csv").write_text("the scores before")
    before = contents(place)
    flags = ["--config", "shop.toml", "--model", "bundle", "--out", "scores.csv"]
    with full_disk(100_000):
        assert serve(["score", *flags]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    # the temporary files of reading are the first to find no room
    assert re.fullmatch(
        r"\S+perennial-intake-\S+: cannot be written: .*File too large; make .*", said
    )
    assert contents(place) == before | {"var/transactions": None}  # where nothing could be kept
