"""The table of subscribers as of a point in time, and how long each was observed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from features.errors import DataError
from features.ingest.subscribers import SubscriberTable
from features.subscriptions import labels, table

Read = Callable[..., SubscriberTable]
AS_OF = datetime(2024, 7, 1, tzinfo=UTC)


def test_the_table_holds_who_had_a_subscription_as_of_then(dated: Read) -> None:
    found = table.build_features(dated(), AS_OF)
    assert list(found.index) == ["a", "c", "d"]  # b has left, e begins at as_of: not before it
    assert list(found.columns) == ["tenure_months", "monthly_amount", "plan"]
    assert list(found["tenure_months"]) == [6.0, 4.0, 0.0]
    assert list(found["monthly_amount"]) == [10.0, 30.0, 40.0]


def test_nothing_at_or_after_as_of_is_seen(dated: Read, dated_rows: str) -> None:
    past = dated()
    other = dated(dated_rows.replace("2024-08-20", "").replace("2024-07-01", "2024-09-09"))
    pd.testing.assert_frame_equal(table.histories(past, AS_OF), table.histories(other, AS_OF))


def test_lives_are_observed_by_whole_months(dated: Read) -> None:
    rows = "who,since,fee,until,plan\nx,2024-01-01,9,2024-02-15,\ny,2024-01-01,9,2024-03-01,\n"
    rows += "z,2024-01-01,9,,\n"
    found = table.histories(dated(rows), datetime(2024, 2, 20, tzinfo=UTC))
    # x left in a month that is not over: observed for one month, like the others
    assert list(found["periods"]) == [1, 1, 1]
    assert list(found["gone"]) == [True, False, False]
    assert not found["left"].any()
    found = table.histories(dated(rows), datetime(2024, 3, 2, tzinfo=UTC))
    # y leaves as its second month ends: in that month
    assert list(found["periods"]) == [2, 2, 2]
    assert list(found["left"]) == [True, True, False]


@pytest.mark.parametrize(
    ("departures", "entered"), [("all", [0, 0, 0]), ("last_month", [0, 0, 13])]
)
def test_a_table_of_tenures_describes_one_point_in_time(
    tenures: Read, departures: str, entered: list[int]
) -> None:
    found = tenures(departures=departures)
    lives = table.histories(found, AS_OF)
    assert list(lives["entered"]) == entered
    assert list(lives["periods"]) == [0, 1, 14]
    assert list(lives["left"]) == [False, True, False]
    assert list(table.build_features(found, AS_OF).index) == ["a", "c"]
    with pytest.raises(DataError, match=r"describes one point in time, 2024-07-01T00:00:00\+00:00"):
        table.build_features(found, AS_OF - timedelta(days=1))
    with pytest.raises(DataError, match="starts must be dates"):
        labels.build_labels(found, AS_OF, 30)
