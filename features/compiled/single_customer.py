"""The features of one customer in microseconds: the statement, compiled to Python."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from features.compiled.code_block import Value
from features.compiled.compiler import Compiled, compile_statement
from features.purchases.statement import compose
from features.purchases.table import expressions
from features.schema import OPTIONAL
from features.timestamps import EPOCH

Row = tuple[int, str | None, float, str | None, str | None]


class Line(NamedTuple):
    """A canonical line of one customer: see `features.ingest.canonical.canonical_lines`."""

    order_id: str
    us: int
    local_us: int
    amount: float
    category: str | None
    channel: str | None


LINE = {
    "order_id": Value("", "text"),
    "us": Value("", "int"),
    "local_us": Value("", "int"),
    "amount": Value("", "float"),
    "category": Value("", "text", nullable=True),
    "channel": Value("", "text", nullable=True),
}
DAY_SECONDS = 86_400
ZONES_DAYS = 2**16


def customer_lines(rows: Sequence[Row], timezone: str) -> list[Line]:
    """Raw transactions of one customer -> its canonical lines.

    They are those of `features.ingest.canonical.canonical_lines`.

    A row is (UTC microseconds, order_id, amount, category, channel), texts null where unknown,
    the amount finite, the year within 1901 to 2099: who calls has checked them.
    """
    merged: dict[tuple[int, str, str | None, str | None], list[float]] = {}
    for us, order_id, amount, category, channel in rows:
        key = (us, f"@{us}" if order_id is None else order_id, category, channel)
        merged.setdefault(key, []).append(amount)
    lines = [
        Line(order_id, us, us + _offset_us(us, timezone), _total(amounts), category, channel)
        for (us, order_id, category, channel), amounts in merged.items()
    ]
    lines.sort(key=_sort_key)
    return lines


def customer_features(
    lines: Sequence[Line], as_of_us: int, optional: tuple[str, ...]
) -> list[float | str | None] | None:
    """Canonical lines of one customer -> one value per `expressions(optional)`, in that order.

    `as_of_us` in UTC microseconds. A value is None where it is unknown, and there is no list
    where the customer has no purchase before `as_of`. The numbers are those of
    `features.purchases.table.build_features`, to the last bit. The first call for an `optional`
    compiles.
    """
    found = _compiled(optional)(lines, as_of_us)
    if not found:
        return None
    return [None if each != each else each for each in found[0]]


@cache
def _compiled(optional: tuple[str, ...]) -> Compiled:
    present = tuple(each for each in OPTIONAL if each in optional)
    return compile_statement(compose(expressions(present), present), LINE)


def _total(amounts: list[float]) -> float:
    """Small before large, one by one: Python's own sum would compensate for what is rounded."""
    total = 0.0
    for amount in sorted(amounts):
        total += amount
    return total


def _sort_key(line: Line) -> tuple[int, str, str, str]:
    """By timestamp, order, category and channel, where an unknown label comes first."""
    category = "" if line.category is None else f".{line.category}"
    channel = "" if line.channel is None else f".{line.channel}"
    return line.us, line.order_id, category, channel


def _offset_us(us: int, timezone: str) -> int:
    """What the wall clock is ahead of UTC at an instant."""
    seconds = us // 1_000_000
    offset = _offset_of_day(seconds // DAY_SECONDS, timezone)
    return (_offset_at(seconds, timezone) if offset is None else offset) * 1_000_000


@lru_cache(maxsize=ZONES_DAYS)
def _offset_of_day(day: int, timezone: str) -> int | None:
    """The offset of a whole UTC day in seconds, None when it changes.

    No zone ever changed its clock twice within one UTC day, so the ends of a day are enough.
    """
    start = _offset_at(day * DAY_SECONDS, timezone)
    return start if start == _offset_at((day + 1) * DAY_SECONDS, timezone) else None


def _offset_at(seconds: int, timezone: str) -> int:
    instant = EPOCH + timedelta(seconds=seconds)
    wall = instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=UTC)
    return (wall - instant) // timedelta(seconds=1)
