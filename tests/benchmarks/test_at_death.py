"""What a test or a benchmark has started ends with it, even where it is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.soak.at_death import AtDeath

ROOT = Path(__file__).resolve().parent.parent.parent
STARTS = """
import sys, time
from benchmarks.soak.at_death import AtDeath
AtDeath('echo "$2" > "$1"', *sys.argv[1:])
print("begun", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_runs_when_the_process_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    written = tmp_path / "a name with blanks"
    command = [sys.executable, "-S", "-c", STARTS, str(written), "gone"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"begun\n"
        assert not written.exists()
        parent.send_signal(number)
    deadline = time.monotonic() + 30
    while not written.exists() or written.read_text() != "gone\n":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_runs_once_when_asked_to(tmp_path: Path) -> None:
    written = tmp_path / "lines"
    end = AtDeath('echo gone >> "$1"', str(written))
    end.now()
    end.now()
    assert written.read_text() == "gone\n"
