"""Labels of subscribers: cancellations inside a horizon that is wholly known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from features.errors import DataError
from features.ingest.subscribers import SubscriberTable
from features.subscriptions import labels, table

Read = Callable[..., SubscriberTable]
AS_OF = datetime(2024, 7, 1, tzinfo=UTC)
HEAD = "who,since,fee,until,plan"


def test_labels_are_cancellations_inside_the_horizon(dated: Read) -> None:
    found = labels.build_labels(dated(), AS_OF, 50)
    assert found["churned"].to_dict() == {"a": 0, "c": 1, "d": 0}  # 20 August is day 50
    assert labels.build_labels(dated(), AS_OF, 51)["churned"]["d"] == 1
    months = 50 / (365.25 / 12)
    assert found["revenue_future"].to_dict() == pytest.approx(
        {"a": 10 * months, "c": 30.0, "d": 40 * months}
    )


def test_who_comes_back_has_left(dated: Read) -> None:
    rows = "a,2024-01-01,10,2024-03-01,basic\na,2024-03-02,12,,plus\n"
    as_of = datetime(2024, 2, 15, tzinfo=UTC)
    found = labels.build_labels(dated(f"{HEAD}\n{rows}"), as_of, 90)
    # the one month begun before the cancellation, 15 days on
    assert found.to_dict("index") == {"a": {"churned": 1, "revenue_future": 10.0}}


def test_a_change_of_plan_is_no_departure(dated: Read) -> None:
    rows = "b,2024-01-01,10,2024-03-15,basic\nb,2024-03-15,20,2024-05-01,plus\n"
    as_of = datetime(2024, 2, 15, tzinfo=UTC)
    found = labels.build_labels(dated(f"{HEAD}\n{rows}"), as_of, 61)
    assert found["churned"].to_dict() == {"b": 0}
    months = 61 / (365.25 / 12)  # the first of them at the old price: begun before the change
    assert found["revenue_future"]["b"] == pytest.approx(10 + 20 * (months - 1))
    found = labels.build_labels(dated(f"{HEAD}\n{rows}"), as_of, 100)
    # 1 May is day 76, in the third month
    assert found.to_dict("index") == {"b": {"churned": 1, "revenue_future": 10.0 + 20.0 * 2}}


def test_labels_need_the_whole_horizon(dated: Read) -> None:
    with pytest.raises(DataError, match="as_of must be 2024-09-01"):
        labels.build_labels(dated(), datetime(2024, 9, 2, tzinfo=UTC), 30)
    with pytest.raises(DataError, match="must be positive, got 0"):
        labels.build_labels(dated(), AS_OF, 0)
    with pytest.raises(DataError, match="must carry a time zone"):
        table.build_features(dated(), datetime(2024, 7, 1))
