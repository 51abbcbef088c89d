"""The table of subscribers as of a point in time, and how long each was observed."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from features.errors import DataError
from features.ingest.subscribers import SubscriberTable
from features.subscriptions import labels, table

Read = Callable[..., SubscriberTable]
AS_OF = datetime(2024, 7, 1, tzinfo=UTC)
HEAD = "who,since,fee,until,plan"


def test_the_table_holds_who_had_a_subscription_as_of_then(dated: Read) -> None:
    found = table.build_features(dated(), AS_OF)
    assert list(found.index) == ["a", "c", "d"]  # b has left, e begins at as_of: not before it
    assert list(found.columns) == ["tenure_months", "monthly_amount", "plan"]
    assert list(found["tenure_months"]) == [6.0, 4.0, 0.0]
    assert list(found["monthly_amount"]) == [10.0, 30.0, 40.0]


def test_nothing_at_or_after_as_of_is_seen(dated: Read, dated_rows: str) -> None:
    past = dated()
    other = dated(dated_rows.replace("2024-08-20", "").replace("2024-07-01", "2024-09-09"))
    one, two = table.histories(past, AS_OF), table.histories(other, AS_OF)
    pd.testing.assert_frame_equal(one.features, two.features)
    for name in ("gone", "entered", "periods", "left"):
        assert (getattr(one, name) == getattr(two, name)).all()


def test_lives_are_observed_by_whole_months(dated: Read) -> None:
    rows = "who,since,fee,until,plan\nx,2024-01-01,9,2024-02-15,\ny,2024-01-01,9,2024-03-01,\n"
    rows += "z,2024-01-01,9,,\n"
    found = table.histories(dated(rows), datetime(2024, 2, 20, tzinfo=UTC))
    # x left in a month that is not over: observed for one month, like the others
    assert list(found.periods) == [1, 1, 1]
    assert list(found.gone) == [True, False, False]
    assert not found.left.any()
    found = table.histories(dated(rows), datetime(2024, 3, 2, tzinfo=UTC))
    # y leaves as its second month ends: in that month
    assert list(found.periods) == [2, 2, 2]
    assert list(found.left) == [True, True, False]


CAME_BACK = """\
who,since,fee,until,plan
a,2024-05-15,12,,plus
a,2024-01-01,10,2024-03-01,basic
"""
CHANGED = """\
who,since,fee,until,plan
b,2024-01-01,10,2024-03-15,basic
b,2024-03-15,20,2024-06-10,plus
"""


def test_of_who_came_back_the_contract_of_the_time_counts(dated: Read) -> None:
    found = dated(CAME_BACK)
    for as_of, expected in {
        datetime(2024, 2, 15, tzinfo=UTC): [[1.0, 10.0, "basic"]],
        datetime(2024, 4, 1, tzinfo=UTC): [],
        AS_OF: [[1.0, 12.0, "plus"]],
    }.items():
        assert table.build_features(found, as_of).to_numpy().tolist() == expected
    lives = table.histories(found, AS_OF)
    assert list(lives.features.index) == ["a", "a"]
    assert list(lives.entered) == [0, 0]  # each contract is a life of its own
    assert list(lives.periods) == [2, 1]
    assert list(lives.left) == [True, False]
    assert list(table.life_began(found, AS_OF).dt.month) == [1, 5]


def test_a_contract_that_begins_as_the_earlier_one_ends_goes_on_with_it(dated: Read) -> None:
    found = dated(CHANGED)
    assert table.build_features(found, datetime(2024, 6, 1, tzinfo=UTC)).to_numpy().tolist() == [
        [5.0, 20.0, "plus"]
    ]
    lives = table.histories(found, AS_OF)
    # two months under the first plan; left in the sixth month, the fourth under the second
    assert list(lives.entered) == [0, 2]
    assert list(lives.periods) == [2, 6]
    assert list(lives.left) == [False, True]
    assert list(table.life_began(found, AS_OF).dt.month) == [1, 1]


def test_months_of_contracts_are_observed_once_whatever_they_are(dated: Read) -> None:
    whole = "who,since,fee,until,plan\nb,2024-01-01,10,2024-06-01,x\n"
    days = ["01-01", "01-01", "01-20", "02-10", "03-01", "06-01"]
    rows = "".join(
        f"b,2024-{a},10,2024-{b},x{place}\n"
        for place, (a, b) in enumerate(itertools.pairwise(days))
    )
    tables = [dated(text) for text in (whole, f"{HEAD}\n{rows}")]
    for month in range(1, 10):
        one, cut = (table.histories(each, datetime(2024, month, 7, tzinfo=UTC)) for each in tables)
        assert (cut.periods - cut.entered).sum() == one.periods.sum()
        assert (cut.periods >= cut.entered + cut.left).all()
        assert cut.left.sum() == one.left.sum()


@pytest.mark.parametrize(
    ("departures", "entered"), [("all", [0, 0, 0]), ("last_month", [0, 0, 13])]
)
def test_a_table_of_tenures_describes_one_point_in_time(
    tenures: Read, departures: str, entered: list[int]
) -> None:
    found = tenures(departures=departures)
    lives = table.histories(found, AS_OF)
    assert list(lives.entered) == entered
    assert list(lives.periods) == [0, 1, 14]
    assert list(lives.left) == [False, True, False]
    assert list(table.build_features(found, AS_OF).index) == ["a", "c"]
    with pytest.raises(DataError, match=r"describes one point in time, 2024-07-01T00:00:00\+00:00"):
        table.build_features(found, AS_OF - timedelta(days=1))
    with pytest.raises(DataError, match="starts must be dates"):
        labels.build_labels(found, AS_OF, 30)


NAMES = [
    "gone", "entered", "periods", "left", "begun", "continued", "month", "age", "churned",
    "revenue_future", "misfit_amount", "attribute_0", "attribute_1", "Start", "CANCELLED",
    "start_wall_us", "filename", "json", "c0", "rowid", "file_row_number", "Customer_ID", "clv",
    "tier", "recency_days",
]  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_attributes_may_have_any_name(
    dated: Read, dated_rows: str, tmp_path: Path, form: str
) -> None:
    frame = pd.read_csv(io.StringIO(dated_rows)).assign(
        **{name: [f"{name} {place}" for place in range(5)] for name in NAMES}
    )
    changes: dict[str, object] = {"attributes": ["plan", *NAMES]}
    if form == "parquet":
        changes["customers"] = str(tmp_path / "customers.parquet")
        frame.to_parquet(str(changes["customers"]))
    found, usual = dated(frame.to_csv(index=False), **changes), dated()
    lives, expected = table.histories(found, AS_OF), table.histories(usual, AS_OF)
    own = frame.set_index("who").loc[lives.features.index, NAMES]
    pd.testing.assert_frame_equal(
        lives.features, expected.features.join(own), check_dtype=False, check_names=False
    )
    for each in ("gone", "entered", "periods", "left"):
        assert (getattr(lives, each) == getattr(expected, each)).all()
    known = labels.build_labels(found, AS_OF, 30)
    pd.testing.assert_frame_equal(known, labels.build_labels(usual, AS_OF, 30))


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["plan", "Plan"], "columns plan and Plan differ in case alone"),
        (["SINCE"], "columns since and SINCE differ in case alone"),
        (["Perennial_File"], "column Perennial_File is called like one that is made here"),
    ],
)
def test_names_that_cannot_be_told_apart_are_refused(
    dated: Read, names: list[str], sentence: str
) -> None:
    rows = f"{HEAD},Plan,SINCE,Perennial_File\nx,2024-01-01,9,,a,b,7,8\n"
    with pytest.raises(DataError, match=f"{sentence}.*; rename"):
        dated(rows, attributes=names)
