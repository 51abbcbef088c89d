"""Each model evaluated in a process of its own: what it predicted, how long it took, how large."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.leaderboard.rivals import Competitor, environment, last_line, quiet
from train.json_values import plain
from train.purchases.baselines import Predictions
from train.purchases.snapshot_cache import PurchaseTask

ROOT = Path(__file__).resolve().parent.parent.parent
MOST_SECONDS = 1800.0
# The sufficient statistics of BTYD models, and the columns of the feature table that hold them.
RFM = {
    "repeats": "repeat_days",
    "last_repeat": "last_repeat_days",
    "age": "age_days",
    "value": "repeat_value_mean",
}


@dataclass(frozen=True)
class Measured:
    """A model at one origin: predictions, or the error that there is instead.

    seconds         to train and to predict; reading the log and importing libraries aside
    peak_memory_mb  of its process, which evaluates the origins of a log one after another
    """

    predictions: Predictions | None = None
    seconds: float | None = None
    peak_memory_mb: float | None = None
    error: str | None = None


def measure(
    competitor: Competitor, config: Path, tasks: Sequence[PurchaseTask], folder: Path
) -> list[Measured]:
    """One model at each origin. folder: where the environments of rivals are."""
    found = environment(competitor, folder)
    if found.error:
        return [Measured(error=found.error)] * len(tasks)
    origins: list[dict[str, Any]] = [{"as_of": each.as_of.isoformat()} for each in tasks]
    if competitor.requirement:
        origins = [statistics(each) for each in tasks]
    request = {
        "model": competitor.name,
        "config": str(config.resolve()),
        "horizon_days": tasks[0].horizon_days,
        "origins": origins,
    }
    command = [found.python, "-m", competitor.program]
    reply = ask(command, request, quiet(folder))
    if isinstance(reply, str):
        return [Measured(error=reply)] * len(tasks)
    memory = reply["peak_memory_mb"]
    pairs = zip(tasks, reply["origins"], strict=True)
    return [_measured(each, memory, len(task.table)) for task, each in pairs]


def statistics(task: PurchaseTask) -> dict[str, Any]:
    """What a BTYD model reads of each customer as of the origin; value is null without repeats."""
    return {name: plain(task.table[column].to_list()) for name, column in RFM.items()}


def ask(
    command: Sequence[str], request: dict[str, Any], environment: dict[str, str]
) -> dict[str, Any] | str:
    """The reply of a process, or why there is none: in one line."""
    with TemporaryDirectory() as folder:
        asked, replied = Path(folder, "request.json"), Path(folder, "reply.json")
        asked.write_text(json.dumps(request), encoding="utf-8")
        try:
            done = subprocess.run(
                [*command, str(asked), str(replied)],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=MOST_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"took more than {MOST_SECONDS:,.0f} seconds"
        except OSError as error:
            return str(error)
        if done.returncode:
            return last_line(done.stderr)
        found: dict[str, Any] = json.loads(replied.read_text(encoding="utf-8"))
    return found


def _measured(origin: dict[str, Any], memory: float | None, customers: int) -> Measured:
    """Raises nothing: numbers that cannot be scored are a failure of the model."""
    if "error" in origin:
        return Measured(error=origin["error"], peak_memory_mb=memory)
    p_order, revenue = (_array(origin[name]) for name in ("p_order", "revenue"))
    error = unusable(p_order, revenue, customers)
    return Measured(
        predictions=None if error else Predictions(p_order, revenue),
        seconds=origin["seconds"],
        peak_memory_mb=memory,
        error=error,
    )


def unusable(p_order: NDArray[np.float64], revenue: NDArray[np.float64], customers: int) -> str:
    """A model may predict no probability at all, but not for some only; "" where all is well."""
    if len(p_order) != customers or len(revenue) != customers:
        return f"predicted {len(revenue)} of {customers} customers"
    for name, values in (("P(an order)", p_order), ("revenue", revenue)):
        unknown = int(np.isnan(values).sum())
        if unknown and not (name != "revenue" and unknown == customers):
            return f"predicted no {name} for {unknown} of {customers} customers"
    outside = int(((p_order < -1e-9) | (p_order > 1 + 1e-9)).sum())
    return f"predicted P(an order) outside of 0 to 1 for {outside} customers" if outside else ""


def _array(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if each is None else each for each in values], dtype=float)
