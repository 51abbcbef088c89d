from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.__main__ import main
from features.config.read import read_config, read_purchase_config, read_subscription_config
from features.config.subscriptions import SubscriptionColumns, SubscriptionData
from features.errors import ConfigError, DataError
from features.ingest.subscribers import MEANINGS, SubscriberTable, read_subscribers, whole_months
from features.subscriptions import labels, table

ROOT = Path(__file__).resolve().parents[3]
AS_OF = datetime(2024, 7, 1, tzinfo=UTC)
HEAD = "who,since,fee,until,plan"
DATED = """\
a,2024-01-01,10,,basic
b,2024-01-31,20,2024-02-29,basic
c,2024-02-10,30,2024-07-01,plus
d,2024-06-15,40,2024-08-20,plus
e,2024-07-01,50,,basic
"""
TENURES = "who,months,fee,gone,plan\na,0,10,no,basic\nb,1,20,yes,basic\nc,14,30,No,plus\n"


def dated(tmp_path: Path, rows: str = DATED, **changes: object) -> SubscriberTable:
    path = tmp_path / "customers.csv"
    path.write_text(f"{HEAD}\n{rows}")
    columns = SubscriptionColumns(customer_id="who", start="since", amount="fee", cancelled="until")
    data = {"customers": str(path), "attributes": ["plan"], "known_until": "2024-10-01"}
    return read_subscribers(SubscriptionData.model_validate(data | {"columns": columns} | changes))


def tenures(tmp_path: Path, text: str = TENURES, **changes: object) -> SubscriberTable:
    path = tmp_path / "customers.csv"
    path.write_text(text)
    columns = SubscriptionColumns(
        customer_id="who", tenure="months", amount="fee", cancelled="gone"
    )
    data = {"customers": str(path), "attributes": ["plan"], "known_until": "2024-07-01"}
    return read_subscribers(SubscriptionData.model_validate(data | {"columns": columns} | changes))


def test_the_table_holds_who_had_a_contract_at_the_moment(tmp_path: Path) -> None:
    found = table.build_features(dated(tmp_path), AS_OF)
    assert list(found.index) == ["a", "c", "d"]  # b has left, e begins at as_of: not before it
    assert list(found.columns) == ["tenure_months", "monthly_amount", "plan"]
    assert list(found["tenure_months"]) == [6.0, 4.0, 0.0]
    assert list(found["monthly_amount"]) == [10.0, 30.0, 40.0]


def test_labels_are_cancellations_inside_the_horizon(tmp_path: Path) -> None:
    found = labels.build_labels(dated(tmp_path), AS_OF, 50)
    assert found["churned"].to_dict() == {"a": 0, "c": 1, "d": 0}  # 20 August is day 50
    assert labels.build_labels(dated(tmp_path), AS_OF, 51)["churned"]["d"] == 1
    months = 50 / (365.25 / 12)
    assert found["revenue_future"].to_dict() == pytest.approx(
        {"a": 10 * months, "c": 30.0, "d": 40 * months}
    )


def test_nothing_at_or_after_the_moment_is_seen(tmp_path: Path) -> None:
    past = dated(tmp_path)
    other = dated(tmp_path, DATED.replace("2024-08-20", "").replace("2024-07-01", "2024-09-09"))
    pd.testing.assert_frame_equal(table.histories(past, AS_OF), table.histories(other, AS_OF))


def test_lives_are_watched_by_whole_months(tmp_path: Path) -> None:
    rows = "x,2024-01-01,9,2024-02-15,\ny,2024-01-01,9,2024-03-01,\nz,2024-01-01,9,,\n"
    found = table.histories(dated(tmp_path, rows), datetime(2024, 2, 20, tzinfo=UTC))
    # x left in a month that is not over: watched for one month, like the others
    assert list(found["periods"]) == [1, 1, 1]
    assert list(found["gone"]) == [True, False, False]
    assert not found["left"].any()
    found = table.histories(dated(tmp_path, rows), datetime(2024, 3, 2, tzinfo=UTC))
    # y leaves as its second month ends: in that month
    assert list(found["periods"]) == [2, 2, 2]
    assert list(found["left"]) == [True, True, False]


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
    moments = (pd.Series([pd.Timestamp(each)]) for each in (start, until))
    assert whole_months(*moments)[0] == months


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


def test_every_row_set_aside_is_counted_by_its_first_reason(tmp_path: Path) -> None:
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
    counts = dated(tmp_path, DATED + rows).counts
    assert list(counts) == [
        name for name in MEANINGS if name in counts
    ]  # in the order in which they are told
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


def test_the_end_of_knowledge_is_the_midnight_after_the_last_date(tmp_path: Path) -> None:
    found = dated(tmp_path, known_until=None, timezone="Europe/Berlin")
    assert found.end == datetime(2024, 8, 20, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("departures", "entered"), [("all", [0, 0, 0]), ("last_month", [0, 0, 13])]
)
def test_a_table_of_tenures_tells_of_one_moment(
    tmp_path: Path, departures: str, entered: list[int]
) -> None:
    found = tenures(tmp_path, departures=departures)
    lives = table.histories(found, AS_OF)
    assert list(lives["entered"]) == entered
    assert list(lives["periods"]) == [0, 1, 14]
    assert list(lives["left"]) == [False, True, False]
    assert list(table.build_features(found, AS_OF).index) == ["a", "c"]
    with pytest.raises(DataError, match=r"describes one point in time, 2024-07-01T00:00:00\+00:00"):
        table.build_features(found, AS_OF - timedelta(days=1))
    with pytest.raises(DataError, match="starts must be dates"):
        labels.build_labels(found, AS_OF, 30)


def test_tenures_that_are_missing_or_negative_are_set_aside(tmp_path: Path) -> None:
    text = TENURES + "d,-1,10,no,plus\ne,,10,no,plus\nf,3,10,,plus\n"
    counts = tenures(tmp_path, text).counts
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
        ("a,2024-01-01,1,,x\na,2024-01-01,2,,x\n", "customer 'a' has several rows that differ"),
        ("", "holds no rows; give a table with customers"),
        ("a,2024-01-01,-1,,x\n", "no row is left after the policies: rows_read 1, rows_with_negat"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(tmp_path: Path, rows: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        dated(tmp_path, rows)


def test_a_missing_column_or_flag_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column 'colour', correct data\.attributes"):
        dated(tmp_path, attributes=["colour"])
    with pytest.raises(DataError, match="column gone holds 'maybe', expected a flag"):
        tenures(tmp_path, TENURES.replace("yes", "maybe"))
    with pytest.raises(DataError, match=r"data\.known_until: as_of must be a date"):
        dated(tmp_path, known_until="soon")


def test_labels_need_the_whole_horizon(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="as_of must be 2024-09-01"):
        labels.build_labels(dated(tmp_path), datetime(2024, 9, 2, tzinfo=UTC), 30)
    with pytest.raises(DataError, match="must be positive, got 0"):
        labels.build_labels(dated(tmp_path), AS_OF, 0)
    with pytest.raises(DataError, match="must carry a time zone"):
        table.build_features(dated(tmp_path), datetime(2024, 7, 1))


def test_telco_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    config = read_subscription_config(Path("configs/telco.toml"))
    found = read_subscribers(config.data)
    assert found.counts["customers"] == found.counts["rows_read"] == 7_043
    assert found.counts["customers_cancelled"] == 1_869
    active = table.build_features(found, found.end)
    assert len(active) == 5_174
    assert len(active.columns) == 2 + len(config.data.attributes)
    assert not active.isna().to_numpy().any()
    assert "`telco.parquet` | 7,043" in (ROOT / "data/README.md").read_text(encoding="utf-8")


def test_numbers_stay_numbers(tmp_path: Path) -> None:
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
    found = dated(tmp_path, customers=str(path), attributes=["seats"])
    assert list(found.customers.index) == ["7", "8"]
    assert found.customers["seats"].dtype == np.float64


def test_configurations_of_either_kind_are_told_apart() -> None:
    contract, log = ROOT / "configs/telco.toml", ROOT / "configs/cdnow.toml"
    assert read_config(contract) == read_subscription_config(contract)
    assert read_config(log) == read_purchase_config(log)
    with pytest.raises(ConfigError, match=r"problem\.relationship is 'contract'"):
        read_purchase_config(contract)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('tenure = "tenure_months"', "", "data.columns must name either start"),
        ('known_until = "2018-01-01"', "", "data must name known_until"),
        ('tenure = "tenure_months"', 'start = "s"\n', ""),
        ('departures = "all"', 'departures = "some"', "data.departures must be one of 'all'"),
        ('"gender"', '"contract"', "data must name each source column once, but contract"),
        ('"gender"', '"amount"', "data must not name an attribute amount"),
        ("relationship", "relation", "problem.relation is an unknown key, did you mean relat"),
        ('departures = "all"', "guests = 1", "data.guests is an unknown key, known are customers"),
    ],
)
def test_each_violation_is_a_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    text = (ROOT / "configs/telco.toml").read_text(encoding="utf-8")
    path = tmp_path / "x.toml"
    path.write_text(text.replace(old, new))
    if not sentence:
        assert read_subscription_config(path).data.columns.start == "s"
        return
    with pytest.raises(ConfigError) as caught:
        read_subscription_config(path)
    assert str(caught.value).startswith(f"{path}: {sentence}")


def test_the_door_writes_table_and_labels_of_contracts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "customers.csv").write_text(f"{HEAD}\n{DATED}")
    (tmp_path / "mine.toml").write_text(
        f"""
data.customers = "{tmp_path / "customers.csv"}"
data.columns = {{ customer_id = "who", start = "since", amount = "fee", cancelled = "until" }}
problem = {{ relationship = "contract", horizon_days = 50 }}
"""
    )

    def run(command: str, *flags: str) -> pd.DataFrame:
        out = tmp_path / "out.parquet"
        assert (
            main([command, "--config", f"{tmp_path / 'mine.toml'}", "--out", str(out), *flags]) == 0
        )
        assert json.loads(capsys.readouterr().out)["counts"]["customers"] == 5
        return pd.read_parquet(out)

    # known until the midnight after 20 August, the last date of the table
    assert list(run("build")["customer_id"]) == ["a", "e"]
    assert list(run("build", "--as-of", "2024-07-01")["customer_id"]) == ["a", "c", "d"]
    found = run("labels").set_index("customer_id")
    assert str(found["as_of"].iloc[0])[:10] == "2024-07-02"
    assert found["churned"].to_dict() == {"a": 0, "d": 1, "e": 0}
    flags = ["--config", f"{tmp_path / 'mine.toml'}", "--out", "x"]
    assert main(["build", *flags, "--as-of", "2023-01-01"]) == 2
    assert "nobody has a subscription as of 2023-01-01" in capsys.readouterr().err
    assert main(["labels", *flags, "--horizon-days", "60", "--as-of", "2024-07-01"]) == 2
    assert "as_of must be 2024-06-22" in capsys.readouterr().err
