"""Requests made up from the document: every answer is one that the document foresees."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.schemathesis_long import command, environment

EXAMPLES = 8
AT_LEAST = 100


def test_made_up_requests_find_nothing(server: Any, scored: dict[str, Any], tmp_path: Path) -> None:
    options = ("--phases", "examples,fuzzing", "-n", str(EXAMPLES), "--seed", "7", "-w", "2")
    run = subprocess.run(
        command(server.address, tmp_path, *options),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    cases = re.search(r"(\d+) generated", run.stdout)
    assert cases is not None
    assert int(cases[1]) >= AT_LEAST
    assert "Traceback" not in server.printed.read_text()
