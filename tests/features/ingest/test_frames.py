"""Frames of whatever library are read as the Parquet file is that they could be written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.config.purchases import PurchaseData
from features.config.subscriptions import SubscriptionData
from features.errors import DataError
from features.ingest.frames import NoFrameError, open_frame
from features.ingest.subscribers import read_subscribers
from features.ingest.transactions import TransactionLog, read_transactions

COLUMNS = {"customer_id": "who", "timestamp": "when", "amount": "paid", "category": "kind"}
ROWS = pd.DataFrame(
    {
        "who": ["a", "b", None, "a", "c"],
        "when": pd.to_datetime(
            [
                "2024-01-01T10:00",
                "2024-01-02T00:00",
                "2024-01-03T00:00",
                "2024-02-01T09:30",
                "2024-02-02T00:00",
            ]
        ),
        "paid": [10.5, 20.0, 5.0, -2.25, 7.0],
        "kind": ["food", "toys", "food", None, "toys"],
        "number": [1, 2, 3, 4, 5],
        "online": [True, False, True, True, False],
    }
)


def arrow(frame: pd.DataFrame = ROWS) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def polars(frame: pd.DataFrame = ROWS) -> Any:
    return pytest.importorskip("polars", reason="no Polars here").from_arrow(arrow(frame))


class Stream:
    """Nothing but Arrow's protocol."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return arrow().__arrow_c_stream__(requested_schema)


FRAMES: dict[str, Callable[[], object]] = {
    "pandas": lambda: ROWS,
    "pandas, objects": lambda: ROWS.astype({"who": "object", "kind": "object"}),
    "pandas, nullable": lambda: ROWS.convert_dtypes(dtype_backend="numpy_nullable"),
    "pandas, Arrow": lambda: ROWS.convert_dtypes(dtype_backend="pyarrow"),
    "pandas, categories": lambda: ROWS.astype({"who": "category", "kind": "category"}),
    "pandas, nanoseconds": lambda: ROWS.assign(when=ROWS["when"].dt.as_unit("ns")),
    "pandas, an index": lambda: ROWS.set_axis([3, 1, 4, 1, 5]).rename_axis("row"),
    "Arrow table": arrow,
    "Arrow reader": lambda: arrow().to_reader(max_chunksize=2),
    "Arrow batch": lambda: arrow().to_batches()[0],
    "DuckDB": lambda: duckdb.connect().from_arrow(arrow()),
    "Polars": polars,
    "Polars, lazy": lambda: polars().lazy(),
    "Arrow's stream": Stream,
}


def data(**changes: Any) -> PurchaseData:
    return PurchaseData.model_validate(
        {"transactions": "the frame", "columns": COLUMNS, "currency": "EUR", **changes}
    )


def read(frame: object, **changes: Any) -> TransactionLog:
    return read_transactions(data(**changes), frame=frame)


def sha256(frame: object, folder: Path) -> str:
    return open_frame(frame, folder, [])[1].sha256


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> TransactionLog:
    """What reading the rows from a file gives."""
    path = tmp_path_factory.mktemp("file") / "rows.parquet"
    ROWS.to_parquet(path)
    return read_transactions(data(transactions=str(path)))


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_of_any_kind_is_read_as_the_file_and_has_one_fingerprint(
    kind: str, file: TransactionLog, tmp_path: Path
) -> None:
    log = read(FRAMES[kind]())
    pd.testing.assert_frame_equal(log.lines, file.lines)
    assert (log.counts, log.end, log.optional) == (file.counts, file.end, file.optional)
    assert log.sha256 == sha256(arrow(), tmp_path)


@pytest.fixture
def spark() -> Iterator[Any]:
    """A session of PySpark, whose Java machine ends with the test."""
    sql = pytest.importorskip("pyspark.sql", reason="no PySpark here: its frames are not tried")
    opened = "--add-opens=java.base/java.nio=ALL-UNNAMED"  # Arrow's buffers, from Java 17 on
    builder = sql.SparkSession.builder.master("local[1]")
    session = builder.config("spark.driver.extraJavaOptions", opened).getOrCreate()
    gateway = session.sparkContext._gateway
    yield session
    session.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


@pytest.mark.filterwarnings("ignore")
def test_a_frame_of_pyspark_is_read_as_the_file(
    spark: Any, file: TransactionLog, tmp_path: Path
) -> None:
    ROWS.to_parquet(tmp_path / "rows.parquet")
    log = read(spark.read.parquet(str(tmp_path / "rows.parquet")))
    pd.testing.assert_frame_equal(log.lines, file.lines)


@pytest.mark.parametrize(
    "other",
    [
        ROWS.assign(paid=[10.5, 20.0, 5.0, -2.25, 7.01]),
        ROWS.assign(kind=["food", "toys", "food", "", "toys"]),
        ROWS.assign(kind=["foodt", "oys", "food", None, "toys"]),
        ROWS.assign(number=[1, 2, 3, 4, 6]),
        ROWS.assign(online=[True, False, True, True, True]),
        ROWS.assign(when=ROWS["when"].dt.tz_localize("UTC")),
        ROWS.rename(columns={"number": "numbers"}),
        ROWS.iloc[:4],
        ROWS.iloc[::-1],
    ],
)
def test_other_content_has_another_fingerprint(other: pd.DataFrame, tmp_path: Path) -> None:
    assert sha256(other, tmp_path) != sha256(ROWS, tmp_path)


def test_a_frame_is_left_as_it_was() -> None:
    given = ROWS.set_axis([3, 1, 4, 1, 5])
    before = given.copy()
    read(given)
    pd.testing.assert_frame_equal(given, before)


def test_moments_in_a_zone_are_instants(tmp_path: Path) -> None:
    aware = ROWS.assign(when=ROWS["when"].dt.tz_localize("Europe/Berlin"))
    there, utc = read(aware, timezone="Europe/Berlin"), aware["when"].dt.tz_convert("UTC")
    pd.testing.assert_frame_equal(there.lines, read(ROWS, timezone="Europe/Berlin").lines)
    assert sha256(ROWS.assign(when=utc), tmp_path) == there.sha256


def test_ids_and_money_of_every_numeric_type() -> None:
    exact = [Decimal("10.50"), Decimal("20.00"), Decimal("5.00"), Decimal("-2.25"), Decimal("7.00")]
    plain = read(ROWS.assign(who=["1", "2", None, "1", "3"]))
    for who in (
        pd.array([1, 2, None, 1, 3], dtype="Int64"),
        np.array([1, 2, np.nan, 1, 3]),
        np.array(["1", 2, None, "1", 3], dtype=object),
    ):
        found = read(ROWS.assign(who=who, paid=pd.Series(exact, dtype=object)))
        pd.testing.assert_frame_equal(found.lines, plain.lines)


def test_columns_that_no_key_reads_may_hold_anything(file: TransactionLog) -> None:
    odd = ROWS.assign(
        mixed=[1, "x", None, 2.5, b"y"], nested=[[1], [2], [], None, [3]], unknown=[object()] * 5
    )
    pd.testing.assert_frame_equal(read(odd).lines, file.lines)
    spans = duckdb.connect().from_arrow(arrow()).select("*, INTERVAL 1 DAY AS span")
    pd.testing.assert_frame_equal(read(spans).lines, file.lines)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (ROWS.drop(columns="who"), "the frame: no column 'who', set data.columns.customer_id"),
        (ROWS.set_index("who"), "the frame: who is its index, not a column; give frame.reset"),
        (
            ROWS.assign(paid=["1", 2.5, None, object(), "x"]),
            "the frame: column paid holds objects of several or unknown types",
        ),
        (
            ROWS.assign(paid=["10", "20", "5", "-2.25", "much"]),
            "the frame: column paid holds 'much' in row 5, expected a number",
        ),
        (
            ROWS.assign(paid=["10", "20", "5", "-2.25", "1.250"]).replace({"-2.25": "1"}),
            "the frame: column paid holds '1.250', which could be a thousand and more",
        ),
        (ROWS.assign(when=1.5), "the frame: column when is DOUBLE, expected"),
        (ROWS.assign(when=pd.Timedelta(days=1)), "the frame: column when is BIGINT, expected"),
        (ROWS.assign(when=pd.NaT), "the frame: column when is empty in row 1"),
        (ROWS.assign(paid=[[1]] * 5), "the frame: column paid is DOUBLE[], expected|BIGINT[]"),
        (ROWS.iloc[:0], "the frame: holds no rows; give a log with transactions"),
        (
            pd.concat([ROWS, ROWS[["paid"]]], axis=1),
            "the frame: 2 columns share the name paid; rename one",
        ),
    ],
)
def test_what_is_wrong_with_a_frame_is_one_sentence(frame: pd.DataFrame, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        read(frame)
    shown = str(caught.value)
    assert any(each in shown for each in sentence.split("|")), shown
    assert "parquet" not in shown
    assert "\n" not in shown


def test_a_column_of_a_type_that_no_file_holds_is_named() -> None:
    spans = duckdb.connect().from_arrow(arrow()).select("* REPLACE (INTERVAL 1 DAY AS paid)")
    with pytest.raises(DataError, match="the frame: column paid is month_day_nano_interval, exp"):
        read(spans)


@pytest.mark.parametrize("other", [{"who": ["a"]}, 3, ROWS["paid"], [ROWS]])
def test_what_is_no_frame_is_a_type_error_too(other: object) -> None:
    with pytest.raises(NoFrameError, match="is no frame of transactions; give a frame of pandas"):
        read(other)
    assert issubclass(NoFrameError, TypeError)


def test_a_frame_of_subscribers_is_read_as_the_file(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "who": ["a", "b", "c"],
            "since": pd.to_datetime(["2024-01-01", "2024-01-31", "2024-02-10"]),
            "fee": [10.0, 20.0, 30.0],
            "until": pd.to_datetime([None, "2024-02-29", None]),
            "plan": ["basic", "plus", "plus"],
        }
    )
    columns = {"customer_id": "who", "start": "since", "amount": "fee", "cancelled": "until"}
    rest = {"columns": columns, "attributes": ["plan"], "known_until": "2024-10-01"}
    rows.to_parquet(tmp_path / "rows.parquet")
    file = read_subscribers(
        SubscriptionData.model_validate({"customers": str(tmp_path / "rows.parquet"), **rest})
    )
    given = SubscriptionData.model_validate({"customers": "the frame", **rest})
    for frame in (rows, arrow(rows)):
        found = read_subscribers(given, frame=frame)
        pd.testing.assert_frame_equal(found.customers, file.customers)
        assert found.counts == file.counts
    with pytest.raises(DataError, match=r"^the frame: no column 'fee', set data.columns.amount"):
        read_subscribers(given, frame=rows.drop(columns="fee"))
    with pytest.raises(DataError, match=r"^the frame: column fee holds 'x', expected a number"):
        read_subscribers(given, frame=rows.assign(fee=["1", "2", "x"]))
