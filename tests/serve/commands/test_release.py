"""A release answers without MLflow, from anywhere, as the checkout does."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import httpx
import pytest

from serve.__main__ import main
from serve.commands.release import _copy_out
from serve.handlers.predict import predict
from serve.model.live import load
from serve.settings import read_settings

NO_MLFLOW = """
import sys


class Refuses:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("mlflow", "train"):
            raise ImportError(f"{name} is not here")


sys.meta_path.insert(0, Refuses())
"""
BODY = {
    "customers": [
        {
            "customer_id": "c1",
            "transactions": [
                {"timestamp": f"1997-0{month}-03T10:00:00", "amount": 20.0 + month}
                for month in range(1, 9)
            ],
        },
        {"customer_id": "c2", "transactions": []},
    ],
    "as_of": "1997-12-01",
    "horizon_days": [30, 365],
    "curve": True,
}
SUFFIXES = {".py", ".json", ".ubj", ".txt", ".in", ".yaml", ".md", ".sh", ""}
PAGES = {".html", ".css", ".js", ".svg"}


@pytest.fixture(scope="module")
def result(store: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The result of the command that has made a release."""
    out = tmp_path_factory.mktemp("release") / "made" / "clv.bento"
    printed, temporary = io.StringIO(), tmp_path_factory.mktemp("temporary")
    dead = temporary / f"perennial-{'0' * 16}"
    dead.mkdir()
    (dead / ".perennial-lock").touch()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        for name, value in store.environment().items():
            patch.setenv(name, value)
        patch.delenv("PERENNIAL_MODEL", raising=False)
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", str(temporary))
        asked = ["release", "--model", "models:/clv/1", "--out", str(out), "--tag", "shop-7"]
        assert main(asked) == 0
    result: dict[str, Any] = json.loads(printed.getvalue().splitlines()[-1])
    return result | {"temporary": [each.name for each in temporary.iterdir()]}


@pytest.fixture(scope="module")
def released(result: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(result["out"]) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def address(
    released: Path, start_service: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The release as a process of its own that never heard of MLflow, in a folder of its own."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "sitecustomize.py").write_text(NO_MLFLOW)
    environment = {
        "PYTHONPATH": str(elsewhere),
        "PERENNIAL_VAR": str(elsewhere / "var"),
        "BENTOML_HOME": str(elsewhere / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    service = start_service(str(released), elsewhere, environment, cwd=elsewhere)
    service.wait_until_ready()
    yield service.address
    service.end()


def test_it_answers_without_mlflow_as_the_checkout_does(store: Any, address: str) -> None:
    settings = read_settings({"PERENNIAL_VAR": str(store.var), "PERENNIAL_MODEL": "models:/clv/1"})
    model = load(settings)
    found = httpx.post(f"{address}/predict", json=BODY, timeout=30).json()
    assert found == json.loads(predict(model, json.dumps(BODY).encode()))
    assert found["model"]["version"] == "1"
    info = httpx.get(f"{address}/model").json()
    assert (info["source"], info["run_id"]) == ("folder", store.champion_run)


def test_it_has_the_page(address: str) -> None:
    assert "<html" in httpx.get(f"{address}/").text


def test_it_holds_nothing_that_is_not_needed(released: Path) -> None:
    files = [each for each in released.rglob("*") if each.is_file()]
    kinds = {each.suffix for each in files if "static" not in each.parts}
    assert kinds - {"Dockerfile"} <= SUFFIXES
    assert {each.suffix for each in files if "static" in each.parts} <= PAGES
    assert not [each for each in files if each.read_bytes()[:2] in (b"\x80\x04", b"\x80\x05")]
    assert not [each for each in files if {"train", "tests", "data", "__pycache__"} & {*each.parts}]


def test_no_index_is_named_and_no_mlflow_is_asked_for(released: Path) -> None:
    pins = (released / "env" / "python" / "requirements.txt").read_text()
    assert "bentoml==" in pins
    assert "--hash=" in pins
    for word in ("mlflow", "index", "://"):
        assert word not in pins, word
    assert not list(released.rglob("requirements.lock.txt"))


def test_the_command_says_what_it_made_and_leaves_nothing_else(
    result: dict[str, Any],
) -> None:
    assert result["bento"] == "clv:shop-7"
    assert result["model"]["version"] == "1"
    assert [each.name for each in Path(result["out"]).parent.iterdir()] == ["clv.bento"]
    assert result["temporary"] == [], "what a killed one left is gone, too"


def test_its_file_is_as_readable_as_any_new_file(result: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    assert Path(result["out"]).stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_full_disk_is_one_sentence_and_nothing_is_left(
    store: Any, tmp_path: Path, full_disk: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "clv"
    with full_disk(20_000):
        assert main(["release", "--model", str(store.folder), "--out", str(out)]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said == f"{out}: the release cannot be written: File too large"
    assert not list(tmp_path.iterdir())


def test_a_folder_is_delivered_whole(tmp_path: Path) -> None:
    made = tmp_path / "work" / "home" / "bentos" / "clv" / "7" / "src"
    made.mkdir(parents=True)
    (made / "code.py").write_text("pass")
    _copy_out(tmp_path / "work", "7", tmp_path / "out" / "clv")
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["clv"]
    assert (tmp_path / "out" / "clv" / "src" / "code.py").is_file()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--out", "{taken}"], "exists already"),
        (["--out", "{free}", "--model", "models:/clv@"], "models:/name@alias"),
        (["--out", "{free}", "--model", "{taken}"], "is this a bundle?"),
        (["--out", "{free}", "--model", "{bundle}", "--tag", "A B"], "--tag must be"),
    ],
)
def test_what_cannot_be_released_is_refused_in_one_sentence(
    store: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
    sentence: str,
) -> None:
    places = {"taken": tmp_path, "free": tmp_path / "free", "bundle": store.folder}
    assert main(["release", *(each.format(**places) for each in flags)]) == 2
    printed = capsys.readouterr().err.strip().splitlines()[-1]
    assert sentence in printed
    assert not list(tmp_path.iterdir())
