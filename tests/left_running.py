"""A process that the tests leave running fails the run, and is named and ended."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import psutil
import pytest

from tests.service_process import END_SECONDS, STARTED, end_with_children
from tests.shared_folder import RUN

LEFT = pytest.StashKey[list[str]]()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ends the shared services; a process that is left after that fails the run."""
    for process in STARTED:
        process.returncode = process.poll() or 0  # or Python complains of those that go on
    if hasattr(session.config, "workerinput"):
        return
    folder = Path(os.environ[RUN])
    for each in folder.glob("*.service"):
        end_with_children(json.loads(each.read_text())["pid"])
    left = _wait_for_the_others(str(folder))
    session.config.stash[LEFT] = [" ".join(_command(each))[:200] for each in left]
    for each in left:
        each.kill()
    if left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    shutil.rmtree(folder, ignore_errors=True)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Names the processes that the tests left running."""
    for each in config.stash.get(LEFT, []):
        terminalreporter.write_line(f"LEFT RUNNING by the tests, and killed: {each}", red=True)


def _wait_for_the_others(run: str) -> list[psutil.Process]:
    """The processes of a run beside this one that do not end on their own."""
    deadline = time.monotonic() + END_SECONDS
    while left := [each for each in psutil.process_iter() if _belongs(each, run)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return left


def _belongs(process: psutil.Process, run: str) -> bool:
    try:
        ours = process.environ().get(RUN) == run
        return ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False  # gone, or of somebody else


def _command(process: psutil.Process) -> list[str]:
    try:
        return [str(process.pid), *process.cmdline()]
    except psutil.Error:
        return [str(process.pid)]
