"""What the service refuses: each with a sentence, and all in one shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.purchases.prediction_basis import NEEDED
from serve.api import requests as wire
from serve.api.requests import PredictRequest, parse
from serve.errors import ServeError

LINE = {"timestamp": "1997-05-01", "amount": 12.5}
ANN = {"customer_id": "ann", "transactions": [LINE]}
JSON = {"content-type": "application/json"}


def with_line(**values: object) -> dict[str, Any]:
    return {"customers": [{"customer_id": "ann", "transactions": [LINE | values]}]}


def asked(**values: object) -> dict[str, Any]:
    return {"customers": [ANN], **values}


LINE_0 = "customers[0].transactions[0]"
REFUSED = {
    "text for a number": (with_line(amount="1.5"), f'{LINE_0}.amount must be a number, got "1.5"'),
    "true for a number": (with_line(amount=True), f"{LINE_0}.amount must be a number, got true"),
    "null for a number": (with_line(amount=None), f"{LINE_0}.amount must be a number, got null"),
    "not a number": (with_line(amount=float("nan")), "NaN is not a JSON number"),
    "infinite": (with_line(amount=float("inf")), "Infinity is not a JSON number"),
    "absurd amount": (with_line(amount=1e13), f"{LINE_0}.amount must be at most"),
    "number for a timestamp": (
        with_line(timestamp=862444800),
        f"{LINE_0}.timestamp must be a text",
    ),
    "no such day": (with_line(timestamp="1997-02-30"), f"{LINE_0}.timestamp must be a date"),
    "placeholder": (with_line(timestamp="0001-01-01"), "must lie in the years 1901 to 2099"),
    "edge of time": (with_line(timestamp="1901-01-01T00:00+05:00"), "1901 to 2099"),
    "unknown field of a line": (with_line(amout=1), f"{LINE_0}.amout is an unknown field"),
    "unknown field": (asked(horizon=9), "horizon is an unknown field"),
    "duplicate": ({"customers": [ANN, ANN]}, 'customer_id must be unique in a request, "ann"'),
    "nobody": ({"customers": []}, "customers must hold at least 1 entry, got an empty list"),
    "blank id": ({"customers": [ANN | {"customer_id": " "}]}, "customer_id must not be blank"),
    "half for an id": (
        {"customers": [ANN | {"customer_id": 7.5}]},
        "customers[0].customer_id must be a text or a whole number, got 7.5",
    ),
    "rounded id": ({"customers": [ANN | {"customer_id": "7.4E+15"}]}, "was rounded to a float"),
    "flag for an id": ({"customers": [ANN | {"customer_id": True}]}, "must be a text or a whole"),
    "id of no width": ({"customers": [ANN | {"customer_id": "\u200b"}]}, "must not be blank"),
    "one id in two forms": (
        {"customers": [ANN | {"customer_id": 7}, ANN | {"customer_id": " 7.0"}]},
        'customer_id must be unique in a request, "7" occurs 2 times',
    ),
    "word that is no customer": (
        {"customers": [ANN, ANN | {"customer_id": " NULL "}]},
        'customers[1].customer_id must name a customer, got "NULL", a word that means nothing',
    ),
    "half for an order id": (with_line(order_id=1.5), f"{LINE_0}.order_id must be a text or a who"),
    "date without signs": (
        with_line(timestamp="20240105"),
        f"{LINE_0}.timestamp must be a date or an ISO timestamp such as 2011-09-10",
    ),
    "offset for a time": (with_line(timestamp="2024-01-05+02:00"), "must be a date or an ISO time"),
    "bad as_of": (asked(as_of="yesterday"), "as_of must be a date or an ISO timestamp"),
    "horizon 0": (asked(horizon_days=0), "horizon_days must lie between 1 and 3650 days, got 0"),
    "horizon 3651": (asked(horizon_days=3651), "between 1 and 3650 days, got 3651"),
    "half a day": (asked(horizon_days=1.5), "horizon_days must be a whole number of days"),
    "no horizon": (asked(horizon_days=[]), "horizon_days must be one number or up to 24"),
    "falling horizons": (asked(horizon_days=[90, 30]), "different ascending ones, got [90, 30]"),
    "truth for days": (asked(horizon_days=[True]), "must be a whole number of days"),
    "margin 0": (asked(economics={"margin": 0}), "economics.margin must be positive, got 0"),
    "no as_of": ({"customers": [ANN | {"transactions": []}]}, "as_of is missing"),
    "no customers": ({}, "customers is missing, add it"),
    "a list": ([ANN], "must be an object"),
}


def refusal(response: Any, status: int) -> dict[str, Any]:
    """The error, after checking that it has the one shape."""
    assert response.status_code == status, response.text
    content = response.json()
    assert list(content) == ["error"]
    error: dict[str, Any] = content["error"]
    assert error["status"] == status
    assert error["message"]
    assert all(each.keys() == {"field", "message"} for each in error["details"])
    return error


@pytest.mark.parametrize("name", REFUSED)
def test_a_malformed_request_gets_its_sentence(client: Any, name: str) -> None:
    body, sentence = REFUSED[name]
    response = client.post("/predict", content=json.dumps(body), headers=JSON)
    assert sentence in refusal(response, 400)["message"]


def test_every_violation_is_in_the_details(client: Any) -> None:
    body = asked(horizon_days=0, as_of="soon", curve="yes")
    error = refusal(client.post("/predict", json=body), 400)
    assert [each["field"] for each in error["details"]] == ["as_of", "horizon_days", "curve"]
    assert "and 2 more" in error["message"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["customers", "customer_id", "transactions", "as_of", "curve"]),
            inner,
        )
    ),
)


@settings(max_examples=100, deadline=None)
@given(body=ANYTHING)
def test_whatever_json_comes_is_a_request_or_is_refused_with_a_sentence(body: object) -> None:
    sentence = "a request"
    try:
        parse(PredictRequest, json.dumps(body).encode())
    except ServeError as error:
        sentence = str(error)
    assert sentence


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "is not JSON"),
        (b"", "is empty"),
        (b"\xff\xfe\xfa", "is not UTF-8"),
        (b"[" * 50_000, "nested too deeply"),
        (b'{"customers": [], "customers": []}', '"customers" occurs twice in one object'),
        (b'{"as_of": "\\ud800"}', "holds half of a character"),
        (b'{"horizon_days": ' + b"9" * 5_000 + b"}", "thousands of digits"),
    ],
)
def test_what_is_not_json_is_refused(client: Any, body: bytes, sentence: str) -> None:
    assert sentence in refusal(client.post("/predict", content=body, headers=JSON), 400)["message"]


def test_too_many_customers_are_refused() -> None:
    crowd = [{"customer_id": str(n), "transactions": []} for n in range(10_001)]
    with pytest.raises(ServeError, match="customers must hold at most 10,000 entries"):
        parse(PredictRequest, json.dumps({"customers": crowd}).encode())


def test_too_many_transactions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wire.MOST_TRANSACTIONS == 500_000
    monkeypatch.setattr(wire, "MOST_TRANSACTIONS", 1_000)
    crowd = {"customers": [ANN | {"transactions": [LINE] * 1_001}]}
    with pytest.raises(ServeError, match="at most 1,000 transactions together, got 1,001"):
        parse(PredictRequest, json.dumps(crowd).encode())


def test_a_large_body_is_refused_by_its_declared_length(client: Any) -> None:
    response = client.post("/predict", content=b" " * 200_001, headers=JSON)
    assert "larger than 200,000 bytes" in refusal(response, 413)["message"]


def test_a_large_body_is_refused_though_it_declares_no_length(client: Any) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 10_000

    response = client.post("/predict", content=chunks(), headers=JSON)
    assert "content-length" not in response.request.headers
    assert "larger than 200,000 bytes" in refusal(response, 413)["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/vnd.bentoml+pickle"])
def test_another_content_type_is_refused(client: Any, kind: str) -> None:
    response = client.post("/predict", content=b"{}", headers={"content-type": kind})
    assert "content-type: application/json" in refusal(response, 415)["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nothing", 404, "no such path: GET /nothing"),
        ("GET", "/static/nothing", 404, "no such path"),
        ("GET", "/static/../service.py", 404, "no such path"),
        ("GET", "/predict", 405, "GET is not allowed on /predict, use POST"),
        ("DELETE", "/model", 405, "DELETE is not allowed on /model, use"),
    ],
)
def test_wrong_paths_and_methods_have_the_same_shape(
    client: Any, method: str, path: str, status: int, sentence: str
) -> None:
    assert sentence in refusal(client.request(method, path), status)["message"]


def row(client: Any, **values: object) -> dict[str, Any]:
    """A row with every feature the model lists, unknown unless given."""
    names = [each["name"] for each in client.get("/model").json()["features"]]
    return {"customer_id": "ann", **dict.fromkeys(names), **values}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"recency_dais": 1.0}, "rows[0] holds unknown features: recency_dais"),
        ({"first_category": 3}, "rows[0].first_category must be a text or null, got 3.0"),
        ({"recency_days": "12"}, 'rows[0].recency_days must be a number or null, got "12"'),
        ({"recency_days": True}, "rows[0].recency_days must be a number within"),
        ({"recency_days": float("nan")}, "NaN is not a JSON number"),
        ({"recency_days": 1e13}, "rows[0].recency_days must be a number within"),
        ({"age_days": 0}, "rows[0].age_days must be positive, got 0.0"),
        ({"age_days": 9, "last_repeat_days": 10}, "must lie between 0 and age_days, got 10.0"),
        ({"last_repeat_days": 3, "repeat_days": 9}, "must lie between 0 and last_repeat_days"),
        ({"age_days": 9, "recency_days": 10}, "recency_days must lie between 0 and age_days, got"),
        ({"n_orders": -1}, "rows[0].n_orders must be at least 0, got -1.0"),
        ({"repeat_days": -1}, "rows[0].repeat_days must be at least 0, got -1.0"),
        ({"weekend_share": 1.5}, "rows[0].weekend_share must lie between 0 and 1, got 1.5"),
        ({"recency_share": -0.1}, "rows[0].recency_share must lie between 0 and 1, got -0.1"),
        ({"first_month": 13}, "rows[0].first_month must lie between 1 and 12, got 13.0"),
        ({"monetary_max": -5}, "rows[0].monetary_max must be at least 0, got -5.0"),
        ({"day_value_mean": 0}, "rows[0].day_value_mean must be positive, got 0.0"),
        ({"age_days": 9}, "rows[0].repeat_days must be known where other numbers are: it is null"),
        (
            dict.fromkeys(NEEDED, 5.0) | {"recency_days": 0},
            "rows[0].repeat_value_mean must be known where repeat_days is above 0, got null",
        ),
        ({"customer_id": "n/a"}, 'rows[0].customer_id must name a customer, got "n/a", a word'),
    ],
)
def test_a_row_that_no_customer_can_have_is_refused(
    client: Any, values: dict[str, object], sentence: str
) -> None:
    body = json.dumps({"rows": [row(client, **values)]})
    response = client.post("/predict_features", content=body, headers=JSON)
    assert sentence in refusal(response, 400)["message"]


def test_what_was_refunded_may_exceed_what_was_bought(client: Any) -> None:
    for name in ("revenue_30d", "revenue_365d"):
        rows = [row(client, **{name: -5})]
        assert client.post("/predict_features", json={"rows": rows}).status_code == 200


def test_a_row_must_name_every_feature(client: Any) -> None:
    lacking = row(client)
    del lacking["recency_days"]
    error = refusal(client.post("/predict_features", json={"rows": [lacking]}), 400)
    assert error["message"].startswith("rows[0] lacks features: recency_days; give null")


def test_a_row_of_unknowns_is_answered_as_insufficient(client: Any) -> None:
    reply = client.post("/predict_features", json={"rows": [row(client)]}).json()
    assert [each["basis"] for each in reply["predictions"]] == ["insufficient"]
