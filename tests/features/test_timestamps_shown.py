"""Moments leave the service in words that lead back to them."""

from __future__ import annotations

import pytest

from features.timestamps import format_timestamp, parse_as_of


@pytest.mark.parametrize(
    ("text", "timezone", "shown"),
    [
        ("2011-09-10", "Europe/London", "2011-09-10"),
        ("2011-09-09T23:00:00Z", "Europe/London", "2011-09-10"),
        ("2011-09-10T00:00:00Z", "Europe/London", "2011-09-10T01:00:00+01:00"),
        ("2011-09-10T10:00:00.000001", "UTC", "2011-09-10T10:00:00.000001+00:00"),
        # clocks go back at midnight: the first of two midnights needs its offset, the second not
        ("2015-11-01T04:00:00Z", "America/Havana", "2015-11-01T00:00:00-04:00"),
        ("2015-11-01T05:00:00Z", "America/Havana", "2015-11-01"),
        # clocks go forward at midnight: the day begins at one o'clock
        ("2015-03-08", "America/Havana", "2015-03-08T01:00:00-04:00"),
    ],
)
def test_a_moment_is_shown_so_that_it_can_be_asked_again(
    text: str, timezone: str, shown: str
) -> None:
    moment = parse_as_of(text, timezone)
    assert format_timestamp(moment, timezone) == shown
    assert parse_as_of(shown, timezone) == moment
