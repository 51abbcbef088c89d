"""The budget of a request: the work that it asks for, and the most that one reply may take.

Work is counted before any of it is done. A unit is about 5 microseconds of one core and 150 bytes
of the reply: whatever fills the budget takes about two seconds and 50 MB. Imports nothing of
weight, so that a client can split its requests by the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from serve.errors import ServeError

# Units: of a prediction (a customer in a horizon), of a month of its curve, of its explanation.
PREDICTION, MONTH, EXPLANATION = 10, 1, 200
MOST_WORK = 300_000
# JSON lines are sent as they are made: they take as long, but no more memory.
MOST_STREAMED_WORK = 100 * MOST_WORK
# As `features.timestamps` has it, which a client cannot afford to import.
MONTH_DAYS = 365.25 / 12
LINES_TYPE = "application/x-ndjson"


def curve_months(horizon_days: float) -> int:
    """How many months the curve of a horizon has; the last one may be shorter."""
    return max(1, ceil(horizon_days / MONTH_DAYS - 1e-9))


def work_per_customer(horizons: Sequence[int], *, curve: bool, explain: bool) -> int:
    """Units of work for each customer who is asked about."""
    months = sum(map(curve_months, horizons)) if curve else 0
    return len(horizons) * (PREDICTION + explain * EXPLANATION) + months * MONTH


def most_customers(per_customer: int, *, streamed: bool = False) -> int:
    """How many customers of so much work each fit into one reply; of any work, at least one."""
    return (MOST_STREAMED_WORK if streamed else MOST_WORK) // per_customer


def check_budget(
    customers: int, horizons: Sequence[int], *, curve: bool, explain: bool, streamed: bool
) -> int:
    """The work of a request, if one reply may take it; else ServeError (413).

    streamed   the reply is sent as JSON lines
    """
    per_customer = work_per_customer(horizons, curve=curve, explain=explain)
    work, most = customers * per_customer, MOST_STREAMED_WORK if streamed else MOST_WORK
    if work <= most:
        return work
    extras = [f"{sum(map(curve_months, horizons)):,} months of curves"] if curve else []
    extras += ["explanations"] if explain else []
    also = f", each with {' and '.join(extras)}," if extras else ""
    lines = f", or for JSON lines (Accept: {LINES_TYPE})" if work <= MOST_STREAMED_WORK else ""
    raise ServeError(
        f"{_counted(customers, 'customer')} x {_counted(len(horizons), 'horizon')}{also} are too "
        f"much for one reply: {work:,} units of work where at most {most:,} may be asked for (a "
        f"prediction is {PREDICTION}, a month of a curve {MONTH}, an explanation {EXPLANATION}); "
        f"ask for at most {_counted(most // per_customer, 'customer')} at once, for fewer "
        f"horizons{lines}",
        status=413,
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
