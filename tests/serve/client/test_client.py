"""The client against the real thing."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import bentoml
import httpx
import pytest

from serve.api.requests import FUTURE_AS_OF
from serve.client.client import ApiError, Client, Customer

KEY = "a-key-that-nobody-may-see"
LINE = {"timestamp": "1997-05-01", "amount": 12.5}


@pytest.fixture(scope="module")
def clv(server: Any) -> Iterator[Client]:
    with Client(server.address, retries=0) as client:
        yield client


def customer(name: str, when: str | date = "1997-05-01") -> Customer:
    return {"customer_id": name, "transactions": [{"timestamp": when, "amount": 12.5}]}


def test_it_says_what_the_service_says(clv: Client, server: Any) -> None:
    asked: dict[str, Any] = {"horizon_days": [30, 90], "economics": {"margin": 0.3}, "curve": True}
    body = {"customers": [customer("ann")], "as_of": "1997-06-01", **asked}
    plain = httpx.post(f"{server.address}/predict", json=body, timeout=30).json()
    reply = clv.predict([customer("ann")], as_of=date(1997, 6, 1), **asked)
    assert reply.model_dump() == plain
    assert [each.horizon_days for each in reply.predictions] == [30, 90]


def test_rows_of_the_feature_table_get_predictions(clv: Client) -> None:
    row = {each.name: None for each in clv.model().features}
    [prediction] = clv.predict_features([{"customer_id": "ann", **row}]).predictions
    assert (prediction.customer_id, prediction.basis) == ("ann", "insufficient")


def test_what_is_too_large_for_one_request_comes_back_as_one_reply(clv: Client) -> None:
    """The service of these tests takes no more than 200,000 bytes."""
    crowd = [customer(f"customer number {number}") for number in range(4_000)]
    crowd[7] = customer("late, with an offset", datetime(1997, 8, 2, 3, tzinfo=UTC))
    crowd[9] = customer("nearly as late, without", "1997-08-01T22:00")
    reply = clv.predict(crowd)
    assert [each.customer_id for each in reply.predictions] == [
        each["customer_id"] for each in crowd
    ]
    assert reply.as_of == "1997-08-02", "the local midnight after the last of all, not of a part"


def test_a_last_transaction_yet_to_come_is_warned_of_in_every_part(clv: Client) -> None:
    crowd = [customer(f"{number} {'x' * 180}") for number in range(1_000)]
    crowd[1] = {"customer_id": 7, "transactions": [{"timestamp": "2098/1/5 9:00", "amount": 5}]}
    reply = clv.predict(crowd)
    assert reply.predictions[1].customer_id == "7"
    assert reply.as_of == "2098-01-06"
    assert len(reply.predictions) == 1_000
    assert all(each.warnings.count(FUTURE_AS_OF) == 1 for each in reply.predictions)
    with pytest.raises(ValueError, match="'7' is in the list twice"):
        clv.lookup([7, "7"])


def test_stored_customers_are_looked_up(clv: Client, scored: dict[str, Any], table: Any) -> None:
    ids = [str(each) for each in table.index[:3]]
    found = clv.lookup([ids[0], "nobody", *ids[1:]])
    assert [each.customer_id for each in found.predictions] == ids
    assert found.unknown == ["nobody"]
    one = clv.customer(ids[0], history=True, features=True)
    assert one.predictions == found.predictions[:1]
    assert one.history is not None
    assert one.history[0].clv == one.predictions[0].clv
    assert one.features is not None
    assert one.features["age_days"] == table.loc[ids[0], "age_days"]
    asked: Any = {"horizon_days": (30, 365), "economics": {"margin": 0.5}, "explain": True}
    assert clv.customer(ids[1], **asked).predictions == clv.lookup([ids[1]], **asked).predictions


@pytest.mark.parametrize(
    "name", ["nobody", "..", ".", "a/b", "a?b=c#d", "%2e", "\u2603 \U0001f600"]
)
def test_a_customer_who_is_not_there_is_an_error_and_nothing_else(
    clv: Client, scored: dict[str, Any], name: str
) -> None:
    with pytest.raises(ApiError, match="no such customer in the last batch") as raised:
        clv.customer(name)
    assert (raised.value.status, raised.value.code) == (404, "not_found")


def test_an_error_says_where_and_what(clv: Client) -> None:
    with pytest.raises(ApiError, match="horizon_days must lie between 1 and 3650 days") as raised:
        clv.predict([customer("ann"), customer("")], horizon_days=0)
    error = raised.value
    assert (error.status, error.code, error.field) == (400, "invalid_request", "horizon_days")
    assert [each["field"] for each in error.details] == ["horizon_days", "customers[1].customer_id"]
    assert error.request_id
    with pytest.raises(ApiError, match="customers must hold at least 1 entry"):
        clv.predict([])


def test_what_cannot_be_sent_is_not_sent(clv: Client) -> None:
    with pytest.raises(ValueError, match="unique, 'ann' is in the list twice"):
        clv.predict([customer("ann"), customer("ann")])
    with pytest.raises(ValueError, match="not JSON compliant"):
        clv.predict_features([{"customer_id": "ann", "recency_days": float("nan")}])
    with pytest.raises(TypeError, match="not object"):
        clv.lookup([object()])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="must not be empty"):
        clv.customer("")
    with pytest.raises(ValueError, match="url must begin with http"):
        Client("localhost:3000")


def test_it_reads_whether_the_service_is_ready_and_which_model_is_live(clv: Client) -> None:
    assert clv.ready().ready
    assert clv.model().timezone == "America/New_York"


def test_the_key_is_shown_nowhere(server: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    for address in (server.address, "http://127.0.0.1:9", "http://ann:secret@127.0.0.1:9"):
        with Client(address, KEY, retries=0) as client:
            shown += [repr(client), str(client)]
            with pytest.raises(ApiError) as raised:
                client.predict([])
            error = raised.value
            assert error.__context__ is None
            shown += [repr(error), repr(error.__dict__)]
    with pytest.raises(ValueError, match="printable ASCII") as refused:
        Client(server.address, f"{KEY}\r\nhost: elsewhere")
    text = " ".join([*shown, str(refused.value), caplog.text])
    assert KEY not in text
    assert "secret" not in text


def test_importing_it_is_light() -> None:
    heavy = "{'pandas', 'numpy', 'bentoml', 'duckdb', 'xgboost', 'sqlalchemy', 'starlette'}"
    check = f"import sys, serve.client.client; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_bentomls_own_client_works_too(
    server: Any, clv: Client, scored: dict[str, Any], table: Any
) -> None:
    with bentoml.SyncHTTPClient(server.address) as other:
        reply = other.predict(
            customers=[customer("ann")], as_of="1997-06-01", horizon_days=[30, 60]
        )
        stored = other.lookup(customer_ids=[str(table.index[0]), "nobody"])
        with pytest.raises(bentoml.exceptions.BentoMLException, match="invalid_request"):
            other.predict_features(rows=[])
        other._temp_dir.cleanup()  # left to the garbage collector, which would complain
    same = clv.predict([customer("ann")], as_of="1997-06-01", horizon_days=[30, 60])
    assert reply == same.model_dump()
    assert stored["unknown"] == ["nobody"]
