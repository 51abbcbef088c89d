"""What the wheel holds, and what importing the packages brings along."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("features", "models", "train", "serve")
# What setuptools would copy, of the same settings that a wheel is built by.
LISTED = """
import json, warnings
warnings.simplefilter("ignore")
from setuptools import Distribution
made = Distribution({"script_name": "setup.py"})
made.parse_config_files(["pyproject.toml"])
build = made.get_command_obj("build_py")
build.ensure_finalized()
print(json.dumps([each.removeprefix(build.build_lib + "/") for each in build.get_outputs(False)]))
"""
LIGHT = """
import sys, features, models, train, train.__main__, train.tracking.registry
print(sorted({"mlflow", "bentoml"} & set(sys.modules)))
"""


def ran(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


def test_the_wheel_holds_every_module_preset_and_asset() -> None:
    pytest.importorskip("setuptools", reason="there are no setuptools to ask, as from Python 3.12")
    there = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".pyo"}
    }
    assert {"features/ingest/presets/shopify.toml", "serve/static/index.html"} < there
    assert set(json.loads(ran(LISTED))) == there


def test_importing_brings_neither_mlflow_nor_bentoml() -> None:
    assert ran(LIGHT) == "[]"
