from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.transactions import read_transactions

COLUMNS = {"customer_id": "who", "timestamp": "ts", "amount": "paid"}
LOG = pd.DataFrame(
    {
        "who": ["007", "007", "12", None, "12"],
        "order": ["a1", "a1", "b1", "c1", "b2"],
        "ts": pd.to_datetime(["2024-01-05 10:00", "2024-01-05 10:00", "2024-03-31 01:30"] * 2)[:5],
        "paid": [0.1, 0.2, 12.5, 4.0, -2.5],
    }
)


def data(path: Path | str, **settings: Any) -> PurchaseData:
    columns = COLUMNS | settings.pop("columns", {"order_id": "order"})
    return PurchaseData.model_validate({"transactions": str(path), "columns": columns, **settings})


def write(frame: pd.DataFrame, path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "LOG.CSV", "log.parquet"])
def test_each_kind_of_file_is_the_same_log(tmp_path: Path, name: str) -> None:
    expected = read_transactions(
        data(write(LOG, tmp_path / "expected.parquet"), timezone="Europe/London")
    )
    log = read_transactions(data(write(LOG, tmp_path / name), timezone="Europe/London"))
    pd.testing.assert_frame_equal(log.lines, expected.lines, check_exact=True)
    assert log.counts == expected.counts
    assert log.lines["customer_id"].tolist() == ["007", "12", "12"]  # leading zeros stay


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_folder_or_a_glob_is_one_log(tmp_path: Path, ending: str) -> None:
    whole = read_transactions(data(write(LOG, tmp_path / f"whole.{ending}")))
    write(LOG[:2], tmp_path / "parts" / f"b.{ending}")
    write(LOG[2:][["ts", "paid", "order", "who"]], tmp_path / "parts" / f"a.{ending}")
    (tmp_path / "parts" / "_SUCCESS").touch()
    for source in (tmp_path / "parts", tmp_path / "parts" / f"?.{ending}"):
        log = read_transactions(data(source))
        pd.testing.assert_frame_equal(log.lines, whole.lines, check_exact=True)
    assert log.sha256 != whole.sha256


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("who,ts,paid\n1,2024-01-01,2\n")
    log = read_transactions(data(path, columns={}))
    assert log.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_whole_floats_as_ids_lose_their_point(tmp_path: Path) -> None:
    frame = LOG.assign(who=[17850.0, 17850.0, 1e15, None, 2.5], order=[1.0, 1.0, 2.0, 3.0, 4.0])
    lines = read_transactions(data(write(frame, tmp_path / "log.parquet"))).lines
    assert set(lines["customer_id"]) == {"17850", "1000000000000000", "2.5"}
    assert set(lines["order_id"]) == {"1", "2", "4"}


@pytest.mark.parametrize("kind", ["TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "VARCHAR", "DATE"])
def test_each_type_of_timestamp_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "log.parquet"
    duckdb.sql(
        f"COPY (SELECT 'a' AS who, CAST('2024-01-05 00:00:00' AS {kind}) AS ts, "
        f"CAST(12.5 AS DECIMAL(9, 2)) AS paid) TO '{path}'"
    )
    log = read_transactions(data(path, columns={}))
    assert log.first == pd.Timestamp("2024-01-05", tz="UTC")
    assert log.lines["amount"].tolist() == [12.5]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_column_called_copies_is_a_column_like_any_other(tmp_path: Path, suffix: str) -> None:
    path = write(LOG.assign(Copies=7, copies_=8), tmp_path / f"log.{suffix}")
    assert read_transactions(data(path, columns={})).counts["rows_read"] == len(LOG)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_aware_timestamps_of_each_unit_are_read(tmp_path: Path, unit: str) -> None:
    at = pd.Series(pd.to_datetime(["2024-01-05 12:00+02:00"], utc=True)).dt.as_unit(unit)
    path = write(pd.DataFrame({"who": ["a"], "ts": at, "paid": [1.0]}), tmp_path / "log.parquet")
    assert read_transactions(data(path, columns={})).first == pd.Timestamp(
        "2024-01-05 10:00", tz="UTC"
    )


def test_optional_columns_count_only_when_they_hold_something(tmp_path: Path) -> None:
    frame = LOG.assign(kind=["x", None, "y", "x", " "], where=None)
    path = write(frame, tmp_path / "log.csv")
    log = read_transactions(
        data(path, columns={"order_id": "order", "category": "kind", "channel": "where"})
    )
    assert log.optional == ("category",)
    assert set(log.lines["category"].dropna()) == {"x", "y"}


CSV = "who,ts,paid\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            CSV + "1,2024-01-01,2\n1,2024-01-02,abc\n1,2024-01-02,x\n",
            "column paid holds 'abc' in row 2, expected a number such as 12.50; 2 such rows in all",
        ),
        (CSV + "1,2024-01-01,\n", "column paid is empty in row 1, expected a number"),
        (CSV + "1,2024-01-01,inf\n", "column paid holds 'inf' in row 1"),
        (CSV + "1,2024-01-01,nan\n", "column paid is empty in row 1"),
        (CSV + '1,2024-01-01,"12,50"\n', "column paid holds '12,50' in row 1"),
        (CSV + "1,31/12/2024,2\n", "column ts holds '31/12/2024' in row 1, expected a timestamp"),
        (CSV + "1,,2\n", "column ts is empty in row 1, expected a timestamp"),
        (CSV + "1,2024-02-30,2\n", "column ts holds '2024-02-30' in row 1"),
        (CSV + "1,9999-12-31,2\n", "column ts holds '9999-12-31' in row 1"),
        (CSV, "holds no rows"),
        (CSV + ",2024-01-01,2\n", "no row is left after the policies: rows_read 1, guest_rows"),
        ("", "is empty"),
        (
            "id,ts,amt\n1,2024-01-01,2\n",
            "no column 'who', set data.columns.customer_id; no column 'paid', "
            "set data.columns.amount; the columns are id, ts, amt",
        ),
        (CSV + "1,2024-01-01,2\n1,2024-01-01,2,3\n", "line 3 has 4 cells where the header has 3"),
        (CSV + "1,2024-01-01\n1,2024-01-01,2\n", "column paid is empty in row 1"),
        (CSV + '1,"2024-01-01,2\n', "line 2 has a quote that does not end"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_transactions(data(path, columns={}))
    message = str(caught.value)
    assert sentence in message
    assert "log.csv" in message
    assert "\n" not in message


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_csv_dialects_are_read_whole(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "log.csv"
    rows = ["who,ts,paid", '"#1",2024-01-01,2', '"a ""b""",2024-01-02,3', "", "5' x,2024-01-03,4"]
    path.write_text("\ufeff" + "\r\n".join(rows).replace(",", sign), newline="")
    log = read_transactions(data(path, columns={}))
    assert log.lines["customer_id"].tolist() == ["#1", 'a "b"', "5' x"]
    assert log.counts["rows_read"] == 3


def test_csv_columns_that_share_a_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("who,ts,paid,paid\n1,2024-01-01,2,3\n")
    with pytest.raises(DataError, match="2 columns share the name paid; rename one"):
        read_transactions(data(tmp_path / "log.csv", columns={}))


@pytest.mark.parametrize("name", ["log.csv.gz", "log.parquet"])
def test_a_file_that_is_not_what_its_name_promises_is_one_sentence(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("not at all")
    with pytest.raises(DataError, match=f"{name}: cannot be read"):
        read_transactions(data(tmp_path / name, columns={}))


def test_the_row_is_that_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV + "1,2024-01-01,2\n")
    (tmp_path / "b.csv").write_text(CSV + "1,2024-01-01,2\n1,2024-01-01,oops\n")
    with pytest.raises(DataError, match=r"b\.csv: column paid holds 'oops' in row 2"):
        read_transactions(data(tmp_path, columns={}))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("nowhere.csv", r"nowhere\.csv: no such file, folder or glob"),
        ("*.parquet", r"\*\.parquet: no such file, folder or glob"),
        ("log.ods", r"log\.ods: unsupported file type; data\.transactions reads \.parquet"),
        ("mixed", r"b\.parquet: is parquet beside .*a\.csv; keep one kind"),
        ("odd", r"a\.csv: order 'a1' is also in .*b\.csv, as are 3 orders in several files: set"),
        ("empty", "empty: no such file, folder or glob with files"),
    ],
)
def test_a_bad_source_is_one_sentence(tmp_path: Path, source: str, sentence: str) -> None:
    (tmp_path / "log.ods").write_text("x")
    write(LOG, tmp_path / "mixed" / "a.csv")
    write(LOG, tmp_path / "mixed" / "b.parquet")
    write(LOG, tmp_path / "odd" / "a.csv")
    write(LOG.assign(note=1), tmp_path / "odd" / "b.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=sentence):
        read_transactions(data(tmp_path / source))


@pytest.mark.parametrize("scheme", ["mysql", "postgresql"])
def test_an_address_that_cannot_be_used_is_one_sentence_without_password(scheme: str) -> None:
    with pytest.raises(DataError, match=r"me@localhost:1/db") as caught:
        read_transactions(data(f"{scheme}://me:secret@localhost:1/db?table=orders"))
    assert "secret" not in str(caught.value)


def test_a_column_of_the_wrong_type_is_named(tmp_path: Path) -> None:
    path = write(LOG.assign(paid=True), tmp_path / "log.parquet")
    with pytest.raises(DataError, match=r"log\.parquet: column paid is BOOLEAN, expected a nu"):
        read_transactions(data(path))
    path = write(LOG.assign(ts=20240101), tmp_path / "log.parquet")
    with pytest.raises(DataError, match=r"log\.parquet: column ts is BIGINT, expected a time"):
        read_transactions(data(path))


def test_a_first_line_of_a_megabyte_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(bytes(2_000_000)))
    with pytest.raises(DataError, match=r"log\.csv\.gz: its first line has more than"):
        read_transactions(data(path))


def test_ten_thousand_columns_are_not_all_named(tmp_path: Path) -> None:
    path = write(pd.DataFrame([range(10_000)]).add_prefix("column"), tmp_path / "log.csv")
    with pytest.raises(DataError, match="column19 and 9980 more") as caught:
        read_transactions(data(path))
    assert len(str(caught.value)) < 1000


def test_more_lines_than_memory_are_refused_before_they_are_laid_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("features.lines.stored.BYTES_PER_LINE", 10**15)
    path = write(pd.concat([LOG] * 3), tmp_path / "log.csv.gz")
    with pytest.raises(
        DataError, match=r"has 3 orders or lines of orders, more than fit .* give fewer"
    ):
        len(read_transactions(data(path)).lines)
