"""Who is compared: how each is called, and the environment that a rival's own code runs in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.leaderboard.own_models import ZILN
from train.leaderboard import OURS

INSTALL_SECONDS = 1800


@dataclass(frozen=True)
class Competitor:
    """A model of the leaderboard.

    title        how it is called on the page
    requirement  the package, of a rival whose own code runs in an environment of its own
    program      the module of the process that evaluates it
    """

    name: str
    title: str
    requirement: str | None = None
    program: str = "benchmarks.leaderboard.own_models"


COMPETITORS = (
    Competitor(OURS, "Perennial"),
    Competitor("past_spend", "past spend carried forward"),
    Competitor("bg_nbd_gamma_gamma", "BG/NBD x Gamma-Gamma"),
    Competitor("mbg_nbd_gamma_gamma", "MBG/NBD x Gamma-Gamma"),
    Competitor("tweedie", "Tweedie boosting"),
    Competitor("two_stage", "two-stage boosting"),
    Competitor(ZILN, "ZILN boosting"),
    Competitor(
        "lifetimes",
        "lifetimes BG/NBD x GG",
        "lifetimes==0.11.3",
        "benchmarks.leaderboard.lifetimes_btyd",
    ),
    Competitor(
        "pymc_marketing",
        "pymc-marketing BG/NBD x GG",
        "pymc-marketing==0.19.2",
        "benchmarks.leaderboard.pymc_marketing_btyd",
    ),
)


@dataclass(frozen=True)
class Environment:
    """A Python that has a rival's package, or why there is none."""

    python: str
    error: str | None = None


def environment(competitor: Competitor, folder: Path) -> Environment:
    """This Python for our own models; for a rival one in `folder`, made where it is not there.

    uv installs, or pip where uv cannot, from whatever index they are configured for.
    """
    if competitor.requirement is None:
        return Environment(sys.executable)
    place = folder.resolve() / competitor.requirement
    python, ready = place / "bin" / "python", place / ".ready"
    if ready.exists():
        return Environment(str(python))
    sys.stderr.write(f"installing {competitor.requirement} into {place}\n")
    shutil.rmtree(place, ignore_errors=True)
    error = _run([sys.executable, "-m", "venv", str(place)])
    error = error or install(competitor.requirement, str(python))
    if error:
        shutil.rmtree(place, ignore_errors=True)
        return Environment("", f"{competitor.requirement} could not be installed: {error}")
    ready.touch()
    return Environment(str(python))


def install(requirement: str, python: str) -> str | None:
    """Why the package could not be installed, in one line; None where it is."""
    uv = Path(sys.executable).with_name("uv")
    commands = [[python, "-m", "pip", "install", "--quiet", requirement]]
    if uv.exists():
        with_uv = [str(uv), "pip", "install", "--quiet", "--system-certs", "--python", python]
        commands.insert(0, [*with_uv, requirement])
    error: str | None = None
    for command in commands:
        error = _run(command)
        if error is None:
            return None
    return error


def _run(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return last_line(done.stderr or done.stdout) if done.returncode else None


def quiet(folder: Path) -> dict[str, str]:
    """What a rival's process is started with: what it compiles is stored beside it."""
    flags = f"base_compiledir={(folder / 'compiled').resolve()}"
    return {**os.environ, "PYTENSOR_FLAGS": flags, "PYTHONWARNINGS": "ignore"}


def last_line(text: str) -> str:
    """What a program said last, which is what is wrong; at most 300 characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
