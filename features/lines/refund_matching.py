"""Refunds meet their purchase: which order each refund takes back, known from its moment on.

A refund belongs to the order whose id it has; else to the latest earlier order of the customer
with the same amount, of which nothing has been taken back; else it takes back the latest earlier
orders, one after the other, up to its amount. What is left of it was bought before the log begins.

A line that takes back an order becomes a line of that order, at its own moment. So nothing else
has to know of refunds: lines before a point in time, summed by order, are what was known of each
order then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

# Money within which two amounts are one: sums of floats differ in their last bits.
SAME = 1e-6
DIGITS = 4

BY_ORDER, BY_AMOUNT, LATEST, UNMATCHED = "by order", "by amount", "latest", "unmatched"


class OrderLine(NamedTuple):
    """A canonical line of one customer.

    order    whatever is the same for the lines of an order only
    us       UTC microseconds
    amount   money, negative where it is taken back
    cost     what the goods cost; None where nobody said
    """

    order: Hashable
    us: int
    amount: float
    category: str | None = None
    channel: str | None = None
    cost: float | None = None


class Change(NamedTuple):
    """A refund that is matched: which lines it was, what they become, and how it was matched."""

    was: slice
    becomes: list[OrderLine]
    how: str


@dataclass(slots=True)
class _Order:
    """An order as far as it is known: what it came to, what is left of that, its lines."""

    order: Hashable
    amount: float
    left: float
    lines: Sequence[OrderLine]

    def line(self, line: OrderLine) -> OrderLine:
        """A line of what is taken back, as one of this order, without labels that it has not."""
        categories = {each.category for each in self.lines}
        channels = {each.channel for each in self.lines}
        return line._replace(
            order=self.order,
            category=line.category if line.category in categories else None,
            channel=line.channel if line.channel in channels else None,
        )


@dataclass(slots=True)
class _History:
    """The orders of a customer so far, the latest last, and those of each amount."""

    known: dict[Hashable, _Order] = field(default_factory=dict)
    latest: list[_Order] = field(default_factory=list)
    of_amount: dict[float, list[_Order]] = field(default_factory=dict)

    def buy(self, lines: Sequence[OrderLine], amount: float) -> None:
        """An order, or more of one; of what was taken back of that, its own lines tell."""
        order = lines[0].order
        bought = self.known.get(order)
        if bought is None:
            bought = self.known[order] = _Order(order, amount, amount, lines)
        else:
            bought.amount, bought.left = bought.amount + amount, bought.left + amount
            bought.lines = [*bought.lines, *lines]
        self.latest.append(bought)
        self.of_amount.setdefault(round(bought.amount, DIGITS), []).append(bought)

    def same_amount(self, amount: float) -> _Order | None:
        """The latest order of this amount of which nothing was taken back; now all of it is."""
        orders = self.of_amount.get(round(amount, DIGITS), [])
        while orders:
            found = orders.pop()
            if found.left == found.amount and abs(found.amount - amount) <= SAME:
                found.left = 0.0
                return found
        return None

    def take_latest(self, amount: float) -> list[tuple[_Order, float]]:
        """Take an amount off the latest orders: which ones, and how much of each."""
        parts = []
        while amount > SAME and self.latest:
            order = self.latest[-1]
            if order.left <= SAME:
                self.latest.pop()
                continue
            part = min(amount, order.left)
            order.left -= part
            amount -= part
            parts.append((order, part))
        return parts


def match_refunds(lines: Sequence[OrderLine]) -> tuple[list[OrderLine], Counter[str]]:
    """The lines of one customer, sorted by moment and order, with refunds as lines of what they
    take back, these last; and how many refunds were matched by what.
    """
    changes = refund_changes(lines)
    changed = {place for each in changes for place in range(each.was.start, each.was.stop)}
    found = [line for place, line in enumerate(lines) if place not in changed]
    found += (line for each in changes for line in each.becomes)
    return found, Counter(each.how for each in changes)


def refund_changes(lines: Sequence[OrderLine]) -> list[Change]:
    """What becomes of the refunds among the lines of one customer, sorted by moment and order."""
    history, found = _History(), []
    for was, amount in _events(lines):
        if amount > SAME:
            history.buy(lines[was], amount)
        elif amount < -SAME:
            found.append(_matched(history, lines[was], was, -amount))
    return found


def _events(lines: Sequence[OrderLine]) -> list[tuple[slice, float]]:
    """What happened, with its amount: of one moment, what was bought before what was taken back."""
    events, start = [], 0
    while start < len(lines):
        first, stop = lines[start], start + 1
        amount = first.amount
        while stop < len(lines) and lines[stop][:2] == first[:2]:
            # subtle: from Python 3.12 on its own sum would compensate for what is rounded
            amount += lines[stop].amount
            stop += 1
        events.append((slice(start, stop), amount))
        start = stop
    return sorted(events, key=lambda event: (lines[event[0].start].us, event[1] < 0))


def _matched(history: _History, event: Sequence[OrderLine], was: slice, amount: float) -> Change:
    if bought := history.known.get(event[0].order):
        bought.left = max(bought.left - amount, 0.0)
        return Change(was, [bought.line(each) for each in event], BY_ORDER)
    becomes, how = _taken_back(history, event, amount)
    return Change(was, becomes, how)


def _taken_back(
    history: _History, event: Sequence[OrderLine], amount: float
) -> tuple[list[OrderLine], str]:
    """The lines of a refund, as lines of what it takes back."""
    if bought := history.same_amount(amount):
        return [bought.line(each) for each in event], BY_AMOUNT
    parts = history.take_latest(amount)
    if not parts:
        return [*event], UNMATCHED
    rest = amount - sum(part for _, part in parts)
    if len(parts) == 1 and rest <= SAME:
        return [parts[0][0].line(each) for each in event], LATEST
    first, costs = event[0], [line.cost for line in event if line.cost is not None]
    whole = first._replace(category=None, cost=sum(costs) if costs else None)
    split = [order.line(_share(whole, part, amount)) for order, part in parts]
    if rest > SAME:
        split.append(_share(whole, rest, amount)._replace(category=first.category))
    return split, LATEST


def _share(whole: OrderLine, part: float, amount: float) -> OrderLine:
    """A part of a refund of some amount, with its part of what the goods cost."""
    cost = None if whole.cost is None else whole.cost * (part / amount)
    return whole._replace(amount=-part, cost=cost)
