"""A lock is one process's at a time, and the death of its owner releases it."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from features.file_lock import LockTimeout, locked, try_lock

OWNER = """
import sys, time
from pathlib import Path
from features.file_lock import locked

with locked(Path(sys.argv[1]), wait_seconds=0):
    print("ready", flush=True)
    time.sleep(60)
"""
ROOT = Path(__file__).resolve().parent.parent.parent


def test_another_process_waits_until_the_owner_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "new" / ".lock"
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    with owner.stdout:
        assert owner.stdout.readline() == b"ready\n"
        with pytest.raises(LockTimeout), locked(path, wait_seconds=0):
            pass
        owner.send_signal(signal.SIGKILL)
        with locked(path, wait_seconds=60):
            owner.wait()


def test_it_is_free_again_after_a_failure(tmp_path: Path) -> None:
    def fail() -> None:
        with locked(tmp_path / ".lock", wait_seconds=0):
            raise ValueError("inside")

    for _ in range(2):
        with pytest.raises(ValueError, match="inside"):
            fail()


def test_a_file_system_without_locks_is_warned_of_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked(tmp_path / ".lock", wait_seconds=0):
        assert "has no locks" in caplog.text


def test_an_open_file_is_locked_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    one, other = os.open(path, os.O_RDWR), os.open(path, os.O_RDWR)
    try:
        assert (try_lock(one), try_lock(other)) == (True, False)
    finally:
        os.close(one)
    try:
        assert try_lock(other)
    finally:
        os.close(other)
