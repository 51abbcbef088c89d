"""Refunds meet their purchase: hand-worked histories, and a plain reference for random ones."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.lines.refund_matching import OrderLine, match_refunds

Parts = dict[str, list[float]]


def history(*events: tuple[str, int, float]) -> list[OrderLine]:
    """Lines of one customer: order, hour, amount."""
    return [OrderLine(order, hour, amount) for order, hour, amount in events]


def by_order(lines: list[OrderLine]) -> Parts:
    found: Parts = {}
    for line in lines:
        found.setdefault(str(line.order), []).append(line.amount)
    return found


@pytest.mark.parametrize(
    ("events", "expected", "how"),
    [
        ([("1", 0, 9.0), ("c", 1, -9.0)], {"1": [9, -9]}, {"by amount": 1}),
        # the latest of the same amount, not the latest
        (
            [("1", 0, 9.0), ("2", 1, 9.0), ("3", 2, 5.0), ("c", 3, -9.0)],
            {"1": [9], "2": [9, -9], "3": [5]},
            {"by amount": 1},
        ),
        # one order is taken back by its amount once
        (
            [("1", 0, 9.0), ("2", 1, 9.0), ("c", 2, -9.0), ("d", 3, -9.0)],
            {"1": [9, -9], "2": [9, -9]},
            {"by amount": 2},
        ),
        # a part of the latest one
        ([("1", 0, 9.0), ("2", 1, 20.0), ("c", 2, -6.0)], {"1": [9], "2": [20, -6]}, {"latest": 1}),
        # more than the latest one, and more than all
        (
            [("1", 0, 9.0), ("2", 1, 20.0), ("c", 2, -22.0)],
            {"1": [9, -2], "2": [20, -20]},
            {"latest": 1},
        ),
        (
            [("1", 0, 9.0), ("c", 1, -10.0)],
            {"1": [9, -9], "c": [-1]},
            {"latest": 1},
        ),
        # of what is partly taken back the amount is no longer the same
        (
            [("1", 0, 9.0), ("2", 1, 8.0), ("c", 2, -3.0), ("d", 3, -8.0)],
            {"1": [9, -3], "2": [8, -3, -5]},
            {"latest": 2},
        ),
        # its own id; nothing before it; nothing at all
        ([("1", 0, 9.0), ("1", 5, -4.0)], {"1": [9, -4]}, {"by order": 1}),
        ([("c", 0, -9.0), ("1", 1, 9.0)], {"c": [-9], "1": [9]}, {"unmatched": 1}),
        ([("c", 0, -9.0)], {"c": [-9]}, {"unmatched": 1}),
        ([("1", 0, 9.0)], {"1": [9]}, {}),
        # of one moment, what was bought comes first
        ([("a", 0, -9.0), ("b", 0, 9.0)], {"b": [9, -9]}, {"by amount": 1}),
        # an order that grows later is another amount
        (
            [("1", 0, 9.0), ("1", 1, 3.0), ("c", 2, -12.0)],
            {"1": [9, 3, -12]},
            {"by amount": 1},
        ),
        # sums of floats are the same amount
        ([("1", 0, 0.1 + 0.2), ("c", 1, -0.3)], {"1": [0.1 + 0.2, -0.3]}, {"by amount": 1}),
    ],
)
def test_a_history_by_hand(
    events: list[tuple[str, int, float]], expected: Parts, how: dict[str, int]
) -> None:
    lines, counts = match_refunds(history(*events))
    assert {
        order: [round(each, 9) for each in parts] for order, parts in by_order(lines).items()
    } == {order: [round(each, 9) for each in parts] for order, parts in expected.items()}
    assert +counts == Counter(how)


def test_the_lines_of_a_refund_go_together_and_keep_what_they_say() -> None:
    bought = [OrderLine("1", 0, 6.0, "tea", "web"), OrderLine("1", 0, 4.0, "cups", "web")]
    back = [OrderLine("c", 9, -6.0, "tea", "web", -2.0), OrderLine("c", 9, -4.0, "cups", "web")]
    lines, _ = match_refunds([*bought, *back])
    assert lines == [*bought, *(each._replace(order="1") for each in back)]


@pytest.mark.parametrize("order", ["1", "c"], ids=["by order", "by amount"])
@pytest.mark.parametrize("back", [-10.0, -4.0], ids=["whole", "part"])
def test_a_purchase_has_no_label_that_only_its_refund_has(order: str, back: float) -> None:
    bought = OrderLine("1", 0, 10.0, "tea", "web")
    lines, _ = match_refunds([bought, OrderLine(order, 9, back, "returns", "shop")])
    assert lines == [bought, OrderLine("1", 9, back)]


def test_what_goods_cost_is_divided_as_their_refund_is() -> None:
    bought = [OrderLine("1", 0, 5.0, cost=3.0), OrderLine("2", 1, 10.0, cost=6.0)]
    lines, _ = match_refunds([*bought, OrderLine("c", 9, -20.0, "tea", cost=-12.0)])
    assert lines[2:] == [
        OrderLine("2", 9, -10.0, cost=-6.0),
        OrderLine("1", 9, -5.0, cost=-3.0),
        OrderLine("c", 9, -5.0, "tea", cost=-3.0),
    ]


EVENTS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from([-30, -20, -12, -7, -5, 5, 7, 12, 20])),
    max_size=14,
)


@given(EVENTS)
def test_random_histories_are_matched_as_by_a_plain_reference(
    events: list[tuple[int, int]],
) -> None:
    """Each order has an id of its own; money in whole units."""
    events = sorted(events, key=lambda event: (event[0], event[1] < 0))
    lines = [OrderLine(f"{n:02}", at, float(amount)) for n, (at, amount) in enumerate(events)]
    left: dict[str, int] = {}
    rest: dict[str, int] = {}
    for number, (_, amount) in enumerate(events):
        if amount > 0:
            left[f"{number:02}"] = amount
            continue
        wanted = -amount
        whole = [order for order, value in left.items() if value == events[int(order)][1] == wanted]
        for order in whole[-1:] or reversed(list(left)):
            part = min(wanted, left[order])
            left[order] -= part
            wanted -= part
        if wanted:
            rest[f"{number:02}"] = -wanted
    matched, counts = match_refunds(lines)
    found = {order: sum(parts) for order, parts in by_order(matched).items()}
    assert found == {**left, **rest}
    assert counts.total() == sum(amount < 0 for _, amount in events)


@given(EVENTS, st.integers(0, 7))
def test_nothing_later_changes_what_was_matched(events: list[tuple[int, int]], until: int) -> None:
    events = sorted(events)
    lines = [OrderLine(f"{n:02}", at, float(amount)) for n, (at, amount) in enumerate(events)]
    all_lines, _ = match_refunds(lines)
    before, _ = match_refunds([line for line in lines if line.us < until])
    assert [line for line in all_lines if line.us < until] == before
