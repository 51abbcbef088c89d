"""The examples of README.md and docs/api.md as they stand, but for address and customers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/api.md")]
TEXT = "\n".join(PAGES)
ADDRESS, STORED = "http://127.0.0.1:3000", ("18102", "14646")
COMMANDS = [
    re.sub(r"^ {4}", "", each, flags=re.MULTILINE).strip()
    for each in re.findall(r"^ {4}curl (?:.*\\\n)*.*$", TEXT, flags=re.MULTILINE)
]
PROGRAMS = [
    each
    for each in re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    if "serve.client" in each
]


def here(text: str, server: Any, table: Any) -> str:
    """The example with the address of this service, and with customers whom its store has."""
    text = text.replace(ADDRESS, server.address)
    for written, stored in zip(STORED, table.index, strict=False):
        text = text.replace(written, stored)
    return text


def test_the_examples_are_found_and_name_every_endpoint() -> None:
    assert len(COMMANDS) == 2 + 9
    assert len(PROGRAMS) == 1 + 4
    endpoints = (
        "/predict ",
        "/predict_features ",
        "/lookup ",
        "/customers/",
        "/customers?",
        "/model",
    )
    for endpoint in (*endpoints, "/overview", "/readyz"):
        assert any(f"{ADDRESS}{endpoint}" in f"{each} " for each in COMMANDS), endpoint


@pytest.mark.parametrize("command", COMMANDS)
def test_a_curl_command_succeeds(
    server: Any, scored: dict[str, Any], table: Any, command: str
) -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {here(command, server, table)}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    if "format=csv" in command:
        assert done.stdout.startswith("customer_id,")
    else:
        assert "error" not in json.loads(done.stdout)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_runs(server: Any, scored: dict[str, Any], table: Any, program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", here(program, server, table)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
