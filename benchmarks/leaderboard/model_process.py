"""What a process does that evaluates one model: reads a request, answers it, says what it took.

Only the standard library is imported here: rivals run in environments that have nothing of ours.
A request and its reply are JSON files:

    {"horizon_days": 90, "origins": [...], ...}
    {"peak_memory_mb": 210.5, "origins": [{"seconds": 1.2, "p_order": [...], "revenue": [...]},
                                          {"error": "one sentence"}]}
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

# P(an order in the horizon) and E[revenue in it] of each customer.
Predicted = tuple[Iterable[float], Iterable[float]]
# A request -> one function an origin, which trains and predicts; what they need is ready.
Prepare = Callable[[dict[str, Any]], list[Callable[[], Predicted]]]


def answer(prepare: Prepare) -> None:
    """Answer the request in the first file of the command line in the second one."""
    request, reply = map(Path, sys.argv[1:])
    origins = [_timed(each) for each in prepare(json.loads(request.read_text(encoding="utf-8")))]
    found = {"peak_memory_mb": peak_memory_mb(), "origins": origins}
    reply.write_text(json.dumps(found), encoding="utf-8")


def _timed(predict: Callable[[], Predicted]) -> dict[str, Any]:
    """A model may fail at one origin and not at the next: that is a result, too."""
    start = time.perf_counter()
    try:
        p_order, revenue = predict()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "p_order": _plain(p_order), "revenue": _plain(revenue)}


def _plain(values: Iterable[float]) -> list[float | None]:
    return [float(each) if math.isfinite(each) else None for each in values]


def peak_memory_mb() -> float | None:
    """The most that was resident in this process, in MB; None where the system does not tell.

    subtle: getrusage would say no less than the process that started this one had.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = status.read_text(encoding="ascii").splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) / 1024
