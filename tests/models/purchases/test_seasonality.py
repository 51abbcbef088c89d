from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.purchases.seasonality import SEASON_DAYS, Season, flat, from_rate_errors

ORIGIN = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = st.floats(-2000.0, 2000.0)
LENGTH = st.floats(0.0, 1500.0)


@st.composite
def seasons(draw: st.DrawFn) -> Season:
    days = sorted(draw(st.sets(st.integers(1, SEASON_DAYS - 1), max_size=8)))
    rate_errors = draw(
        st.lists(st.floats(-2.0, 2.0), min_size=len(days) + 1, max_size=len(days) + 1)
    )
    return from_rate_errors(ORIGIN, [*days, SEASON_DAYS], rate_errors)


def at(day: float) -> datetime:
    return ORIGIN + timedelta(days=day)


def test_a_season_worked_by_hand() -> None:
    # Twice as fast for 91 days, and as fast as ever by the year's end: 182 + 182 effective days.
    season = from_rate_errors(ORIGIN, [91, SEASON_DAYS], [np.log(2.0), 0.0])
    assert season.effective_days(ORIGIN, 91) == pytest.approx(182)
    assert season.effective_days(ORIGIN, 364) == pytest.approx(364)
    # The other 273 days hold 182: two thirds of a day each.
    assert season.effective_days(at(91), 30) == pytest.approx(20)
    assert season.effective_days(at(-30), 30) == pytest.approx(20)
    assert season.effective_days(at(-30), 60) == pytest.approx(20 + 60)
    assert season.effective_days(at(364 - 30), 60) == pytest.approx(20 + 60)


def test_a_rate_error_that_would_lower_effective_days_stops_them() -> None:
    # 100 effective days by day 100, 54.9 by day 150: nothing happens in between.
    season = from_rate_errors(ORIGIN, [100, 150, SEASON_DAYS], [0.0, -1.0, 0.0])
    assert season.effective_days(at(100), 50) == 0
    assert season.effective_days(ORIGIN, 150) == pytest.approx(100)


@settings(max_examples=60, deadline=None)
@given(season=seasons(), start=DAYS, first=LENGTH, second=LENGTH)
def test_adjacent_windows_add_up(season: Season, start: float, first: float, second: float) -> None:
    whole = season.effective_days(at(start), first + second)
    parts = season.effective_days(at(start), first) + season.effective_days(
        at(start) + timedelta(days=first), second
    )
    # A microsecond is the finest step of a datetime.
    assert whole == pytest.approx(parts, rel=1e-9, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(season=seasons(), start=DAYS, first=LENGTH, more=LENGTH)
def test_effective_days_never_fall_with_the_horizon(
    season: Season, start: float, first: float, more: float
) -> None:
    short = season.effective_days(at(start), first)
    assert 0 <= short <= season.effective_days(at(start), first + more) + 1e-9
    assert season.effective_days(at(start), 0.0) == 0


@settings(max_examples=60, deadline=None)
@given(season=seasons(), start=DAYS, length=LENGTH, years=st.integers(-4, 4))
def test_the_season_returns_after_fifty_two_weeks(
    season: Season, start: float, length: float, years: int
) -> None:
    again = season.effective_days(at(start + years * SEASON_DAYS), length)
    assert again == pytest.approx(season.effective_days(at(start), length), rel=1e-9, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(start=DAYS, length=LENGTH)
def test_without_a_season_an_effective_day_is_a_day(start: float, length: float) -> None:
    assert flat(ORIGIN).effective_days(at(start), length) == pytest.approx(length, abs=1e-9)
