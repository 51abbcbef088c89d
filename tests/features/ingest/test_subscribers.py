"""Subscribers as they are read: what is set aside, what is refused, and whole months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.config.read import read_subscription_config
from features.errors import DataError
from features.ingest.subscribers import MEANINGS, SubscriberTable, read_subscribers, whole_months
from features.subscriptions.table import build_features

HEAD = "who,since,fee,until,plan"
ROOT = Path(__file__).resolve().parents[3]
Read = Callable[..., SubscriberTable]


def test_every_row_set_aside_is_counted_by_its_first_reason(dated: Read, dated_rows: str) -> None:
    rows = """\
,2024-01-01,10,,basic
f,,10,,basic
g,2024-01-01,,,basic
h,2024-01-01,-1,,basic
i,2024-03-01,10,2024-02-01,basic
j,2024-12-01,10,,basic
k,2024-01-01,10,2024-11-01,basic
k,2024-01-01,10,2024-11-01,basic
"""
    counts = dated(dated_rows + rows).counts
    assert list(counts) == [name for name in MEANINGS if name in counts]  # in their order
    assert counts["rows_read"] == 13
    aside = {name: number for name, number in counts.items() if name.startswith("rows_") and number}
    assert aside == {
        "rows_read": 13,
        "rows_without_customer": 1,
        "rows_without_beginning": 1,
        "rows_without_amount": 1,
        "rows_with_negative_amount": 1,
        "rows_cancelled_before_start": 1,
        "rows_started_after_the_end": 1,
    }
    assert counts["duplicate_rows_dropped"] == 1
    assert counts["customers"] == 6
    assert counts["customers_cancelled"] == 3
    assert counts["cancellations_announced"] == 1


def test_the_end_of_knowledge_is_the_midnight_after_the_last_date(dated: Read) -> None:
    found = dated(known_until=None, timezone="Europe/Berlin")
    assert found.end == datetime(2024, 8, 20, 22, tzinfo=UTC)


def test_tenures_that_are_missing_or_negative_are_set_aside(
    tenures: Read, tenure_rows: str
) -> None:
    text = tenure_rows + "d,-1,10,no,plus\ne,,10,no,plus\nf,3,10,,plus\n"
    counts = tenures(text).counts
    assert counts["rows_with_negative_tenure"] == 1
    assert counts["rows_without_beginning"] == 1
    assert counts["rows_without_flag"] == 1
    assert counts["customers"] == 3


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("a,soon,10,,x\n", "column since holds 'soon', expected a timestamp such as"),
        (
            "a,2024-01-01,ten,,x\n",
            "column fee holds 'ten', expected a number such as 12.50; 1 such",
        ),
        ("a,2024-01-01,1,never,x\n", "column until holds 'never', expected a timestamp"),
        (
            "a,2024-01-01,1,2024-03-01,x\na,2024-02-01,2,,x\nb,2024-01-01,1,,x\n",
            "customer 'a' has contracts that overlap, one from 2024-01-01 until 2024-03-01 and one "
            "from 2024-02-01 that runs on; let a contract start when the earlier one has ended",
        ),
        (
            "a,2024-01-01,1,,x\na,2024-01-01,2,,x\nb,2024-01-01,1,,x\nb,2024-02-01 10:00,1,,x\n",
            "customer 'a' has contracts that overlap, one from 2024-01-01 that runs on and one "
            r"from 2024-01-01 that runs on \(1 more such customers\)",
        ),
        ("", "holds no rows; give a table with customers"),
        ("a,2024-01-01,-1,,x\n", "no row is left after the policies: rows_read 1, rows_with_negat"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(dated: Read, rows: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        dated(f"{HEAD}\n{rows}")


def test_a_customer_who_came_back_is_counted_once(dated: Read) -> None:
    rows = "a,2024-01-01,1,2024-02-01,x\na,2024-03-01,2,,y\nb,2024-01-01,1,2024-02-01,x\n"
    found = dated(f"{HEAD}\n{rows}b,2024-02-01,1,2024-05-01,x\n")
    assert list(found.customers.index) == ["a", "a", "b", "b"]
    counts = found.counts
    assert counts["rows_read"] == counts["earlier_contracts"] + counts["customers"] == 4
    assert (counts["customers"], counts["customers_cancelled"]) == (2, 1)


def test_several_tenures_of_one_customer_are_refused(tenures: Read, tenure_rows: str) -> None:
    with pytest.raises(DataError, match="customer 'a' has several rows that differ"):
        tenures(tenure_rows + "a,3,10,yes,basic\n")


def test_words_that_mean_nothing_are_no_value(dated: Read, tenures: Read) -> None:
    rows = "a,2024-01-01,10,NULL,N/A\nb,2024-01-01,-,,basic\nNULL,2024-01-01,1,,x\n"
    found = dated(f"{HEAD}\n{rows}c,2024-01-01,10,None,plus\n")
    assert list(found.customers.index) == ["a", "c"]
    assert found.customers["cancelled"].isna().all()
    assert found.customers["plan"].isna().tolist() == [True, False]
    assert found.counts["rows_without_amount"] == found.counts["rows_without_customer"] == 1
    found = tenures("who,months,fee,gone,plan\na,3,10,no,7\nb,NA,10,no,8\nc,4,10,no,-\n")
    assert found.counts["rows_without_beginning"] == 1
    assert found.customers["plan"].dtype == np.float64  # numbers in a text file, but for a word


def test_a_text_file_says_what_parquet_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    data = read_subscription_config(Path("configs/telco.toml")).data
    csv = tmp_path / "telco.csv"
    pd.read_parquet(data.customers).to_csv(csv, index=False)
    numbers = {"attributes": [*data.attributes, "total_amount"]}
    binary, text = (
        read_subscribers(data.model_copy(update={"customers": str(path), **numbers})).customers
        for path in (data.customers, csv)
    )
    pd.testing.assert_frame_equal(binary, text)
    assert text["total_amount"].dtype == np.float64


def test_a_missing_column_or_flag_is_one_sentence(
    dated: Read, tenures: Read, tenure_rows: str
) -> None:
    with pytest.raises(DataError, match=r"no column 'colour', correct data\.attributes"):
        dated(attributes=["colour"])
    with pytest.raises(DataError, match="column gone holds 'maybe', expected a flag"):
        tenures(tenure_rows.replace("yes", "maybe"))
    with pytest.raises(DataError, match=r"data\.known_until: as_of must be a date"):
        dated(known_until="soon")


def test_telco_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    config = read_subscription_config(Path("configs/telco.toml"))
    found = read_subscribers(config.data)
    assert found.counts["customers"] == found.counts["rows_read"] == 7_043
    assert found.counts["customers_cancelled"] == 1_869
    active = build_features(found, found.end)
    assert len(active) == 5_174
    assert len(active.columns) == 2 + len(config.data.attributes)
    assert not active.isna().to_numpy().any()
    assert "`telco.parquet` | 7,043" in (ROOT / "data/README.md").read_text(encoding="utf-8")


def test_numbers_stay_numbers(dated: Read, tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    frame = pd.DataFrame(
        {
            "who": [7.0, 8.0],
            "since": pd.to_datetime(["2024-01-01T00:00Z", "2024-01-02T00:00Z"]),
            "fee": [10, 20],
            "until": pd.to_datetime([None, None], utc=True),
            "seats": [3, None],
        }
    )
    frame.to_parquet(path)
    found = dated(customers=str(path), attributes=["seats"])
    assert list(found.customers.index) == ["7", "8"]
    assert found.customers["seats"].dtype == np.float64


@pytest.mark.parametrize(
    ("start", "until", "months"),
    [
        ("2024-01-31", "2024-02-28", 0),
        ("2024-01-31", "2024-02-29", 1),  # February has no 31st: its last day
        ("2024-01-31", "2024-03-30", 1),
        ("2024-01-31", "2024-03-31", 2),
        ("2023-12-15", "2024-12-14 23:59", 11),
        ("2023-12-15 08:00", "2024-12-15 07:59", 11),
        ("2023-12-15 08:00", "2024-12-15 08:00", 12),
    ],
)
def test_months_end_on_the_day_on_which_they_began(start: str, until: str, months: int) -> None:
    timestamps = (pd.Series([pd.Timestamp(each)]) for each in (start, until))
    assert whole_months(*timestamps)[0] == months


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2020, 1, 1)),
    st.timedeltas(timedelta(0), timedelta(days=3000)),
)
def test_months_agree_with_the_calendar_of_pandas(start: datetime, length: timedelta) -> None:
    until = start + length
    found = int(whole_months(pd.Series([start]), pd.Series([until]))[0])
    begin = pd.Timestamp(start)
    assert begin + pd.DateOffset(months=found) <= until < begin + pd.DateOffset(months=found + 1)
