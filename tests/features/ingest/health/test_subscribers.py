"""Findings about tables of subscribers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.config.subscriptions import SubscriptionData
from features.ingest.health.finding import Finding
from features.ingest.subscribers import read_subscribers

Read = Callable[[pd.DataFrame], tuple[Finding, ...]]
COLUMNS = {"customer_id": "who", "amount": "fee", "start": "since", "cancelled": "until"}


@pytest.fixture
def sound() -> pd.DataFrame:
    """Twelve subscribers, three of whom have left."""
    return pd.DataFrame(
        {
            "who": [f"k{n}" for n in range(12)],
            "since": "2024-01-05",
            "fee": 9.5,
            "until": ["2024-03-01"] * 3 + [None] * 9,
        }
    )


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(frame: pd.DataFrame) -> tuple[Finding, ...]:
        path = tmp_path / "customers.csv"
        frame.to_csv(path, index=False)
        data: dict[str, Any] = {"customers": str(path), "columns": COLUMNS}
        data["known_until"] = "2024-06-01"
        return read_subscribers(SubscriptionData.model_validate(data)).findings

    return read


def test_a_sound_table_has_no_finding(read: Read, sound: pd.DataFrame) -> None:
    assert read(sound) == ()
    assert read(sound[4:9]) == ()  # too few to say that nobody leaves


def test_ids_that_differ_in_case_are_found(read: Read, sound: pd.DataFrame) -> None:
    sentence = (
        "2 customer ids differ from another one only in case, such as 'K7' and 'k7': where they "
        "are one customer, give one row each"
    )
    found = read(sound.assign(who=sound["who"].replace("k8", "K7")))
    assert found == (Finding("ids_alike_but_for_case", sentence, 2),)


@pytest.mark.parametrize(
    ("until", "name", "sentence"),
    [
        (
            None,
            "nobody_cancelled",
            "none of 12 customers have cancelled, by column until: where customers who left are "
            "kept elsewhere, add them; else correct data.columns.cancelled",
        ),
        (
            "2024-02-01",
            "everybody_cancelled",
            "all of 12 customers have cancelled, by column until: where customers who stay are "
            "kept elsewhere, add them; else correct data.columns.cancelled",
        ),
    ],
)
def test_a_table_where_all_or_none_have_left_is_found(
    read: Read, sound: pd.DataFrame, until: str | None, name: str, sentence: str
) -> None:
    assert read(sound.assign(until=until)) == (Finding(name, sentence, 12),)
