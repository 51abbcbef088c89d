"""The work of a request: what goes through, what is refused, and that a client splits by it."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.timestamps import MONTH_DAYS
from models.economics import horizon_months
from serve.api import budget
from serve.api.budget import check_budget, curve_months, work_per_customer
from serve.api.field_types import LONGEST_DAYS, MOST_HORIZONS
from serve.api.requests import MOST_CUSTOMERS
from serve.client.chunks import split_into_chunks
from serve.errors import ServeError

PLAIN = {"curve": False, "explain": False, "streamed": False}
LONGEST = range(LONGEST_DAYS - MOST_HORIZONS + 1, LONGEST_DAYS + 1)


@given(days=st.integers(1, LONGEST_DAYS))
def test_months_are_those_of_the_curve(days: int) -> None:
    assert budget.MONTH_DAYS == MONTH_DAYS
    assert curve_months(days) == len(horizon_months(days).ends)


def test_what_is_asked_every_day_goes_through() -> None:
    assert check_budget(MOST_CUSTOMERS, [90], **PLAIN) == 100_000
    check_budget(MOST_CUSTOMERS, [30, 90, 365], **PLAIN)
    check_budget(2_000, [LONGEST_DAYS], **{**PLAIN, "curve": True})
    check_budget(1_000, [90], **{**PLAIN, "explain": True})


def test_one_customer_always_fits() -> None:
    """So that GET /customers/{customer_id} never refuses, and a client can always split."""
    check_budget(1, LONGEST, curve=True, explain=True, streamed=False)


def test_too_much_is_one_sentence_with_what_would_fit() -> None:
    with pytest.raises(ServeError) as refused:
        check_budget(5_878, [*LONGEST], curve=True, explain=False, streamed=False)
    assert refused.value.status == 413
    assert str(refused.value) == (
        "5,878 customers x 24 horizons, each with 2,880 months of curves, are too much for one "
        "reply: 18,339,360 units of work where at most 300,000 may be asked for (a prediction is "
        "10, a month of a curve 1, an explanation 200); ask for at most 96 customers at once, for "
        "fewer horizons, or for JSON lines (Accept: application/x-ndjson)"
    )
    check_budget(96, [*LONGEST], curve=True, explain=False, streamed=False)
    with pytest.raises(ServeError):
        check_budget(97, [*LONGEST], curve=True, explain=False, streamed=False)


def test_lines_take_a_hundred_times_as_much_and_no_more() -> None:
    check_budget(5_878, [*LONGEST], curve=True, explain=False, streamed=True)
    for streamed in (True, False):
        with pytest.raises(ServeError, match="for one reply") as refused:
            check_budget(MOST_CUSTOMERS, LONGEST, curve=True, explain=True, streamed=streamed)
        assert "JSON lines" not in str(refused.value), "which would be refused as well"


@settings(max_examples=40, deadline=None)
@given(
    horizons=st.lists(st.integers(1, LONGEST_DAYS), unique=True, max_size=MOST_HORIZONS).map(
        sorted
    ),
    curve=st.booleans(),
    explain=st.booleans(),
    default=st.integers(1, LONGEST_DAYS),
)
def test_a_client_splits_by_the_same_budget(
    horizons: list[int], curve: bool, explain: bool, default: int
) -> None:
    """Whatever horizon the service takes where none is given."""
    options: dict[str, Any] = {"curve": curve, "explain": explain, "horizon_days": horizons or None}
    first = next(split_into_chunks("customer_ids", map(str, range(12_000)), options=options))
    check_budget(
        len(first.items), horizons or [default], curve=curve, explain=explain, streamed=False
    )
    per_customer = work_per_customer(horizons or [LONGEST_DAYS], curve=curve, explain=explain)
    full = (len(first.items) + 1) * per_customer > budget.MOST_WORK
    assert full or len(first.items) == MOST_CUSTOMERS


@pytest.mark.parametrize("days", [0, -1, 10**400, "90", [], [0], [10**400], list(range(1, 90_000))])
def test_a_client_leaves_bad_horizons_to_the_service(days: Any) -> None:
    options = {"horizon_days": days, "curve": True}
    parts = list(split_into_chunks("customer_ids", map(str, range(30)), options=options))
    sent = itertools.chain.from_iterable(
        json.loads(each.body({}))["customer_ids"] for each in parts
    )
    assert list(sent) == [*map(str, range(30))]
