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


def test_labels_are_cancellations_inside_the_horizon(dated: Read) -> None:
    found = labels.build_labels(dated(), AS_OF, 50)
    assert found["churned"].to_dict() == {"a": 0, "c": 1, "d": 0}  # 20 August is day 50
    assert labels.build_labels(dated(), AS_OF, 51)["churned"]["d"] == 1
    months = 50 / (365.25 / 12)
    assert found["revenue_future"].to_dict() == pytest.approx(
        {"a": 10 * months, "c": 30.0, "d": 40 * months}
    )


def test_labels_need_the_whole_horizon(dated: Read) -> None:
    with pytest.raises(DataError, match="as_of must be 2024-09-01"):
        labels.build_labels(dated(), datetime(2024, 9, 2, tzinfo=UTC), 30)
    with pytest.raises(DataError, match="must be positive, got 0"):
        labels.build_labels(dated(), AS_OF, 0)
    with pytest.raises(DataError, match="must carry a time zone"):
        table.build_features(dated(), datetime(2024, 7, 1))
