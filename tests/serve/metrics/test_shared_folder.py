"""Metrics of several workers: what the living share stays, what the dead left is bounded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.metrics import shared_folder
from serve.metrics.record import choose_storage
from serve.metrics.shared_folder import KINDS, SHARED_FOLDER_VARIABLE, open_folder

WORKER = """
import sys, time
from pathlib import Path
from serve.metrics.shared_folder import open_folder

print(open_folder(Path(sys.argv[1])).name, flush=True)
time.sleep(60)
"""
ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A worker of another service, and its folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        yield process, tmp_path / process.stdout.readline().decode().strip()
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_the_folder_of_a_living_worker_stays_whatever_its_number_says_here(
    tmp_path: Path, worker: tuple[subprocess.Popen[bytes], Path], dead: int
) -> None:
    """As that of another container, whose numbers mean nothing in this one."""
    process, folder = worker
    elsewhere = folder.rename(tmp_path / f"{dead}-00000000")
    (elsewhere / "counter_7.db").touch()
    ours = open_folder(tmp_path)
    assert (elsewhere / "counter_7.db").exists()
    assert ours.name.startswith(f"{os.getppid()}-")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert open_folder(tmp_path) == ours
    assert not elsewhere.exists()


def test_what_is_not_ours_stays_and_what_earlier_versions_left_goes(
    tmp_path: Path, dead: int
) -> None:
    for name in (str(dead), "notes", str(os.getpid())):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1, 1))
    (tmp_path / "7-00000000").mkdir()  # of somebody who is about to lock it
    ours = open_folder(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {
        *("notes", str(os.getpid()), "7-00000000", ours.name)
    }


def test_counters_of_dead_workers_stay_but_not_without_end(
    tmp_path: Path, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_folder, "MOST_FILES", 2)
    ours = open_folder(tmp_path)
    for number, kind in enumerate(("counter", "gauge_max", "histogram", "gauge_livesum")):
        (ours / f"{kind}_{dead}.db").touch()
        os.utime(ours / f"{kind}_{dead}.db", (number, number))
    assert open_folder(tmp_path) == ours
    assert {each.name for each in ours.glob("*.db")} == {
        *(f"gauge_max_{dead}.db", f"histogram_{dead}.db"),
        *(f"{kind}_{os.getpid()}.db" for kind in KINDS),
    }


def test_without_a_folder_each_worker_counts_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(SHARED_FOLDER_VARIABLE, "of an earlier choice")
    (tmp_path / "var").write_text("a file in its place")
    choose_storage(tmp_path / "var", workers=2)
    assert SHARED_FOLDER_VARIABLE not in os.environ
    assert "counts for one worker each" in caplog.text
