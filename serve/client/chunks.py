"""Many customers -> requests that are small enough, in the order given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from features.single_values import read_id
from serve.api.budget import most_customers, work_per_customer
from serve.api.field_types import LONGEST_DAYS
from serve.api.requests import MOST_CUSTOMERS, MOST_TRANSACTIONS

MOST_BYTES = 30 * 1024 * 1024


@dataclass(frozen=True)
class Chunk:
    """Customers of one request, each as the JSON that it is in the body.

    name  of the list in the body: customers, rows or customer_ids
    """

    name: str
    items: tuple[bytes, ...]

    def body(self, options: Mapping[str, object]) -> bytes:
        """The body of the request."""
        rest = encode(options)[1:]
        start = b'{"' + self.name.encode() + b'":[' + b",".join(self.items) + b"]"
        return start + (rest if rest == b"}" else b"," + rest)

    def halves(self) -> tuple[Chunk, Chunk]:
        """The same in two requests."""
        middle = len(self.items) // 2
        return Chunk(self.name, self.items[:middle]), Chunk(self.name, self.items[middle:])


def split_into_chunks(
    name: str,
    items: Iterable[Any],
    lines: Callable[[Any], int] = lambda item: 0,
    *,
    options: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Chunk]:
    """Fill a request until one more customer would be too many customers, lines, bytes or work.

    lines    how many transactions an item holds
    options  what is asked of each customer

    Raises ValueError for a customer who is in the list twice, TypeError for what JSON cannot hold.
    """
    seen: set[str] = set()
    most = min(MOST_CUSTOMERS, most_customers(_work(options)))
    held: list[bytes] = []
    total_bytes = total_lines = 0
    for item in items:
        _once(item, seen)
        encoded, more = encode(item), lines(item)
        full = len(held) >= most or total_bytes + len(encoded) > MOST_BYTES
        if held and (full or total_lines + more > MOST_TRANSACTIONS):
            yield Chunk(name, tuple(held))
            held, total_bytes, total_lines = [], 0, 0
        held.append(encoded)
        total_bytes += len(encoded) + 1
        total_lines += more
    # without any customers there is one request, and the service says what it thinks of it
    yield Chunk(name, tuple(held))


def encode(value: object) -> bytes:
    """A value as JSON; a date or a datetime as its ISO text. Raises ValueError for a NaN."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), default=_other)
    return text.encode()


def _work(options: Mapping[str, object]) -> int:
    """The work for each customer; where the service chooses the horizon, as of the longest."""
    given = options.get("horizon_days")
    named = given if isinstance(given, Sequence) else [given]
    # about what is no number of days, the service will have its say
    days = [each for each in named if isinstance(each, int) and 1 <= each <= LONGEST_DAYS]
    horizons = days or [LONGEST_DAYS]
    return work_per_customer(
        horizons, curve=bool(options.get("curve")), explain=bool(options.get("explain"))
    )


def _once(item: object, seen: set[str]) -> None:
    given = item.get("customer_id") if isinstance(item, Mapping) else item
    try:
        name = read_id(given)
    except ValueError:
        return  # about what is no id, the service will have its say
    if name in seen:
        raise ValueError(f"customer_id must be unique, {name!r} is in the list twice")
    seen.add(name)


def _other(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"a request holds texts, numbers, dates and lists, not {type(value).__name__}")
