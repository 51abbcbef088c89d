"""Frames of any library through the client, against the real service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from serve.client import ApiError, AsyncClient, Client
from serve.client.frames import COLUMNS

AS_OF = "1997-08-01"


@pytest.fixture(scope="module")
def clv(server: Any) -> Iterator[Client]:
    with Client(server.address, retries=0) as client:
        yield client


@pytest.fixture
def lines() -> pd.DataFrame:
    """Five lines of three customers, one of whom is a number."""
    return pd.DataFrame(
        {
            "client": ["ann", "bob", "ann", "17850", "bob"],
            "date": pd.to_datetime(
                ["1997-05-01", "1997-05-02", "1997-06-03", "1997-07-04 12:30", "1997-07-05"],
                format="ISO8601",
            ),
            "total": [12.5, 20.0, 30.25, 5.0, 7.75],
            "note": "not read",
        }
    )


NAMED: dict[str, Any] = {"customer_id": "client", "timestamp": "date", "amount": "total"}


@pytest.fixture
def expected(clv: Client, lines: pd.DataFrame) -> list[float | None]:
    """The clv of the three, asked about without a frame."""
    customers: Any = [
        {
            "customer_id": name,
            "transactions": [
                {"timestamp": each.date.isoformat(), "amount": each.total}
                for each in lines[lines["client"] == name].itertuples()
            ],
        }
        for name in ("ann", "bob", "17850")
    ]
    return [each.clv for each in clv.predict(customers, as_of=AS_OF).predictions]


class OnlyAStream:
    """A frame of a library that nobody here knows, but for the C stream that it gives."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def test_a_frame_comes_back_as_a_frame_with_the_numbers_of_the_service(
    clv: Client, lines: pd.DataFrame, expected: list[float | None]
) -> None:
    found = clv.predict_frame(lines, **NAMED, as_of=AS_OF)
    assert list(found) == list(COLUMNS)
    assert found["customer_id"].tolist() == ["ann", "bob", "17850"]
    assert found["clv"].tolist() == expected
    assert set(found["as_of"]) == {AS_OF}
    assert found["p_churn"].dtype == np.float64
    assert found["model_version"].tolist() == [clv.model().version] * 3


def test_every_horizon_is_a_row(clv: Client, lines: pd.DataFrame) -> None:
    found = clv.predict_frame(lines, **NAMED, horizon_days=[30, 90])
    assert found["customer_id"].tolist() == ["ann", "ann", "bob", "bob", "17850", "17850"]
    assert found["horizon_days"].tolist() == [30, 90] * 3


@pytest.mark.parametrize(
    "changed",
    [
        lambda lines: lines.convert_dtypes(),
        lambda lines: lines.convert_dtypes(dtype_backend="pyarrow"),
        lambda lines: lines.astype(object),
        lambda lines: lines.assign(total=lines["total"].map(lambda each: Decimal(str(each)))),
        lambda lines: lines.assign(client=lines["client"].astype("category")),
        lambda lines: lines.assign(date=lines["date"].dt.tz_localize("America/New_York")),
        lambda lines: lines.assign(client=lines["client"].replace("17850", 17850.0).astype(object)),
        lambda lines: lines.set_index(lines.index * 0),
    ],
    ids=["nullable", "arrow", "object", "decimal", "category", "zone", "mixed", "index"],
)
def test_columns_are_read_whatever_their_type(
    clv: Client,
    lines: pd.DataFrame,
    expected: list[float | None],
    changed: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    found = clv.predict_frame(changed(lines), **NAMED, as_of=AS_OF)
    assert found["customer_id"].tolist() == ["ann", "bob", "17850"]
    assert found["clv"].tolist() == expected


def test_what_gives_an_arrow_stream_gets_arrow_back(
    clv: Client, lines: pd.DataFrame, expected: list[float | None]
) -> None:
    table = pa.Table.from_pandas(lines, preserve_index=False)
    with duckdb.connect() as connection:
        given = [table, table.to_reader(), OnlyAStream(table), connection.from_arrow(table)]
        for each in given:
            found: Any = clv.predict_frame(each, **NAMED, as_of=AS_OF)
            assert isinstance(found, pa.Table)
            assert found.column_names == list(COLUMNS)
            assert found["clv"].to_pylist() == expected


def test_a_frame_of_polars_gets_one_back(
    clv: Client, lines: pd.DataFrame, expected: list[float | None]
) -> None:
    polars = pytest.importorskip("polars", reason="Polars is not installed, nor needed")
    eager = polars.from_arrow(pa.Table.from_pandas(lines, preserve_index=False))
    found = clv.predict_frame(eager, **NAMED, as_of=AS_OF)
    assert isinstance(found, polars.DataFrame)
    assert found["clv"].to_list() == expected
    lazy = clv.predict_frame(eager.lazy(), **NAMED, as_of=AS_OF)
    assert isinstance(lazy, polars.LazyFrame)
    assert lazy.collect().equals(found)


def test_what_is_missing_is_null_where_it_may_be(clv: Client, lines: pd.DataFrame) -> None:
    channels = [np.nan, None, pd.NA, "web", pd.NaT]
    plain = clv.predict_frame(lines, **NAMED, as_of=AS_OF)
    found = clv.predict_frame(
        lines.assign(order_id=[1, None, 2, 3, 4], channel=channels), **NAMED, as_of=AS_OF
    )
    assert found["clv"].tolist() == plain["clv"].tolist()
    for name in ("date", "total"):
        with pytest.raises(ApiError, match=r"customers\[0\].transactions\[1\]") as refused:
            clv.predict_frame(lines.assign(**{name: lines[name].where(lines.index != 2)}), **NAMED)
        assert refused.value.status == 400
    with pytest.raises(ValueError, match="row 1: the customer has no id; leave such rows out"):
        clv.predict_frame(lines.assign(client=["ann", None, "bob", "c", "d"]), **NAMED)


def test_rows_of_the_feature_table_get_predictions(clv: Client, table: pd.DataFrame) -> None:
    names = [each.name for each in clv.model().features]
    rows = table.head(5)[names].reset_index()
    found = clv.predict_features_frame(rows)
    plain: Any = rows.astype(object).where(rows.notna(), None).to_dict("records")
    assert found["clv"].tolist() == [each.clv for each in clv.predict_features(plain).predictions]
    renamed = rows.rename(columns={"customer_id": "client"})
    pd.testing.assert_frame_equal(clv.predict_features_frame(renamed, customer_id="client"), found)


def test_many_customers_come_back_in_their_order(clv: Client) -> None:
    """The service of these tests takes no more than 200,000 bytes."""
    crowd = pd.DataFrame(
        {
            "customer_id": [f"customer number {number}" for number in range(4_000)],
            "timestamp": datetime(1997, 5, 1, tzinfo=UTC),
            "amount": 12.5,
        }
    )
    found = clv.predict_frame(crowd, as_of=AS_OF)
    assert found["customer_id"].tolist() == crowd["customer_id"].tolist()


def test_nobody_gets_an_empty_frame(clv: Client, lines: pd.DataFrame) -> None:
    found = clv.predict_frame(lines.head(0), **NAMED)
    assert len(found) == 0
    some = clv.predict_frame(lines, **NAMED)
    pd.testing.assert_series_equal(found.dtypes, some.dtypes)


def test_what_is_no_such_frame_is_one_sentence(clv: Client, lines: pd.DataFrame) -> None:
    wrong: Any = [[1, 2]]
    with pytest.raises(TypeError, match=r"must be of pandas, .* not list"):
        clv.predict_frame(wrong)
    with pytest.raises(ValueError, match="no column 'customer_id', it has client, date, total"):
        clv.predict_frame(lines)
    with pytest.raises(ValueError, match=r"no column 'shop', .* name it: channel="):
        clv.predict_frame(lines, **NAMED, channel="shop")
    curve: Any = {"curve": True}
    with pytest.raises(ValueError, match="curve has no columns in a frame; ask predict"):
        clv.predict_frame(lines, **NAMED, **curve)


def test_the_bar_is_for_terminals(
    clv: Client,
    lines: pd.DataFrame,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        logging.getLogger(), "handlers", []
    )  # what others have set up logs here, too
    clv.predict_frame(lines, **NAMED)
    assert capsys.readouterr() == ("", "")


def test_awaited_methods_say_the_same(
    clv: Client, server: Any, lines: pd.DataFrame, scored: dict[str, Any], table: pd.DataFrame
) -> None:
    ids = [str(each) for each in table.index[:2]]
    row: Any = {"customer_id": "ann", **{each.name: None for each in clv.model().features}}
    crowd: Any = [
        {"customer_id": f"customer {n}", "transactions": [{"timestamp": "1997-05-01", "amount": 1}]}
        for n in range(3_000)
    ]

    async def ask() -> Any:
        async with AsyncClient(server.address, retries=0) as other:
            assert repr(other) == f"AsyncClient('{server.address}')"
            with pytest.raises(ApiError, match="no such customer") as refused:
                await other.customer("nobody")
            assert refused.value.status == 404
            return await asyncio.gather(
                other.model(),
                other.lookup(ids),
                other.customer(ids[0], history=True),
                other.predict_features([row]),
                other.predict(crowd),
                other.predict_frame(lines, **NAMED),
                other.ready(),
            )

    model, stored, one, features, predicted, frame, ready = asyncio.run(ask())
    assert model == clv.model()
    assert stored == clv.lookup(ids)
    assert one == clv.customer(ids[0], history=True)
    assert features == clv.predict_features([row])
    assert predicted == clv.predict(crowd)
    pd.testing.assert_frame_equal(frame, clv.predict_frame(lines, **NAMED))
    assert ready.ready


def test_awaited_methods_wait_and_ask_again() -> None:
    """A port on which nobody listens."""

    async def ask() -> None:
        async with AsyncClient("http://127.0.0.1:9", retries=1) as other:
            await other.model()

    with pytest.raises(ApiError, match="no answer to GET /model") as raised:
        asyncio.run(ask())
    assert (raised.value.status, raised.value.code) == (None, "unreachable")
    assert raised.value.__context__ is None
