"""Journeys through the HTTP service, in this process."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import bentoml
import pandas as pd
import pytest

from features.ingest.transactions import TransactionLog
from models.customer_values import VALUE_COLUMNS
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from serve.api.responses import PredictReply
from serve.errors import ServeError
from serve.handlers.page import STATIC
from serve.handlers.predict import predict
from serve.model.loaded import LoadedModel

EXACT = 1e-9
SVG = "http://www.w3.org/2000/svg"  # a name, not a place
ONE = {"timestamp": "1997-05-01T10:00:00Z", "amount": 12.5, "order_id": "o1"}
ANN = {"customer_id": "ann", "transactions": [ONE]}
BEN = {"customer_id": "ben", "transactions": [ONE]}


def some(table: pd.DataFrame) -> list[str]:
    """Customers of every kind: bought once, often, long ago, lately."""
    return [str(each) for each in table.sort_values("n_orders").index[:: len(table) // 40]]


def customers(log: TransactionLog, ids: list[str]) -> list[dict[str, Any]]:
    """The log's lines of some customers as a request names them, in local wall clock."""
    lines = log.lines[log.lines["customer_id"].isin(ids)]
    stamps = pd.to_datetime(lines["local_us"], unit="us").dt.strftime("%Y-%m-%dT%H:%M:%S")
    found: dict[str, list[dict[str, Any]]] = {each: [] for each in ids}
    columns = lines["customer_id"], stamps, lines["amount"], lines["category"]
    for customer_id, stamp, amount, category in zip(*columns, strict=True):
        line = {"timestamp": stamp, "amount": amount, "category": category}
        found[customer_id].append(line)
    return [{"customer_id": each, "transactions": found[each]} for each in ids]


def rows(table: pd.DataFrame, ids: list[str]) -> list[dict[str, Any]]:
    """Rows of the feature table as a request names them, null where unknown."""
    return [
        {"customer_id": each}
        | {name: None if pd.isna(value) else value for name, value in table.loc[each].items()}
        for each in ids
    ]


def policy(store: Any, **policies: str) -> LoadedModel:
    """The bundle as if its log had been read with these policies."""
    settings = store.bundle.card.training.settings
    settings = settings | {"data": settings["data"] | policies}
    training = store.bundle.card.training.model_copy(update={"settings": settings})
    card = store.bundle.card.model_copy(update={"training": training})
    bundle = PurchaseBundle(card, store.bundle.churn, store.bundle.spend)
    return LoadedModel(bundle=bundle, name="clv", version="1", run_id=None, source="folder")


def numbers(reply: dict[str, Any]) -> pd.DataFrame:
    answers = pd.DataFrame(reply["predictions"]).set_index("customer_id")
    return answers[list(VALUE_COLUMNS)].astype(float)


@pytest.mark.parametrize("asked", [{}, {"horizon_days": 365}, {"economics": {"margin": 0.3}}])
def test_every_endpoint_gives_a_customer_the_same_numbers(
    client: Any, store: Any, log: TransactionLog, table: pd.DataFrame, asked: dict[str, Any]
) -> None:
    assert {"first_category", "top_category_share"} <= set(table), "text and optional columns too"
    ids = some(table)
    as_of = log.end.isoformat()
    raw = client.post("/predict", json={"customers": customers(log, ids), "as_of": as_of, **asked})
    ready = client.post(
        "/predict_features", json={"rows": rows(table, ids), "as_of": as_of, **asked}
    )
    economics = store.bundle.card.economics.model_copy(update=asked.get("economics", {}))
    batch = (
        PurchasePredictor(store.bundle)
        .predict(
            table,
            as_of=log.end,
            horizon_days=asked.get("horizon_days"),
            economics=economics,
        )
        .loc[ids, list(VALUE_COLUMNS)]
    )
    for response in (raw, ready):
        assert response.status_code == 200, response.text
        pd.testing.assert_frame_equal(
            numbers(response.json()), batch.astype(float), rtol=0, atol=EXACT
        )


def test_the_reply_has_model_terms_and_basis(client: Any) -> None:
    asked = {"customers": [ANN], "as_of": "1997-06-01", "horizon_days": 30}
    reply = client.post("/predict", json=asked).json()
    model = {"name": "clv", "version": "1", "trained_as_of": "1998-01-01"}
    assert {name: reply[name] for name in reply if name != "predictions"} == {
        "model": model,
        "as_of": "1997-06-01",
        "horizon_days": 30,
        "currency": "USD",
    }
    [ann] = reply["predictions"]
    assert ann["basis"] == "model"
    assert ann["expected_revenue"] == pytest.approx((1 - ann["p_churn"]) * ann["expected_spend"])
    assert ann["clv_low"] <= ann["clv_high"]
    assert "only one purchase day so far" in ann["warnings"]
    assert any("reads a category, but no transaction" in each for each in ann["warnings"])
    assert "curve" not in ann


def test_the_default_as_of_is_the_local_midnight_after_the_last_transaction(client: Any) -> None:
    late = {"timestamp": "1997-05-02T03:00:00Z", "amount": 1.0}  # still 1 May in New York
    asked = {"customers": [{"customer_id": "ann", "transactions": [ONE, late]}]}
    assert client.post("/predict", json=asked).json()["as_of"] == "1997-05-02"


def test_feature_rows_are_read_as_of_the_training(client: Any, table: pd.DataFrame) -> None:
    reply = client.post("/predict_features", json={"rows": rows(table, some(table)[:1])}).json()
    assert reply["as_of"] == reply["model"]["trained_as_of"] == "1998-01-01"


def test_the_months_of_the_curve_add_up_to_the_value(client: Any) -> None:
    asked = {"customers": [ANN], "as_of": "1997-06-01", "horizon_days": 100, "curve": True}
    [ann] = client.post("/predict", json=asked).json()["predictions"]
    assert [each["month"] for each in ann["curve"]] == [1, 2, 3, 4]
    assert ann["curve"][-1]["days"] == 100
    for part, whole in (("discounted_value", "clv"), ("expected_revenue", "expected_revenue")):
        assert sum(each[part] for each in ann["curve"]) == pytest.approx(ann[whole])
    survival = [each["survival"] for each in ann["curve"]]
    assert survival == sorted(survival, reverse=True)
    ahead = pd.Timestamp(ann["next_order_date"]) - pd.Timestamp("1997-06-01")
    assert ahead.days == int(ann["next_order_days"]) >= 0


def test_several_horizons_are_each_alone(client: Any) -> None:
    asked = {"customers": [ANN, BEN], "as_of": "1997-06-01", "curve": True, "explain": True}
    together = client.post("/predict", json=asked | {"horizon_days": [30, 90, 365]}).json()
    assert together["horizon_days"] == [30, 90, 365]
    found = [(each["customer_id"], each["horizon_days"]) for each in together["predictions"]]
    assert found == [(name, days) for name in ("ann", "ben") for days in (30, 90, 365)]
    for place, days in enumerate((30, 90, 365)):
        alone = client.post("/predict", json=asked | {"horizon_days": days}).json()
        assert alone["predictions"] == together["predictions"][place::3]


def test_economics_move_the_values_that_they_are_about(client: Any) -> None:
    asked = {"customers": [ANN], "as_of": "1997-06-01"}
    [plain] = client.post("/predict", json=asked).json()["predictions"]
    terms = {"margin": 0.5, "acquisition_cost": 7.0}
    [worth] = client.post("/predict", json=asked | {"economics": terms}).json()["predictions"]
    assert worth["clv"] == pytest.approx(plain["clv"] / 2)
    assert worth["clv_historic"] == pytest.approx(12.5 / 2)
    assert worth["clv_total"] == pytest.approx(worth["clv"] + worth["clv_historic"])
    assert worth["clv_net"] == pytest.approx(worth["clv_total"] - 7.0)
    terms_with_cost = {**terms, "retention_cost_annual": 1.0}
    [costly] = client.post("/predict", json=asked | {"economics": terms_with_cost}).json()[
        "predictions"
    ]
    assert worth["clv"] - 60 / 365.25 < costly["clv"] < worth["clv"]


def test_every_reply_keeps_the_contract_that_docs_json_tells(client: Any) -> None:
    asked = {"customers": [ANN, {"customer_id": "nobody", "transactions": []}]}
    every_option = {
        "as_of": "1997-06-01",
        "curve": True,
        "explain": True,
        "horizon_days": [1, 3650],
    }
    for options in ({}, every_option):
        text = client.post("/predict", json=asked | options).content
        reply = PredictReply.model_validate_json(text)
        assert json.loads(reply.model_dump_json()) == json.loads(text)


def test_the_parts_of_an_explanation_add_up_to_the_answer(client: Any) -> None:
    asked = {"customers": [ANN], "as_of": "1997-06-01", "horizon_days": 100, "explain": True}
    [ann] = client.post("/predict", json=asked).json()["predictions"]
    parts = ann["explanation"]
    for unit, whole in (
        ("log_odds", math.log((1 - ann["p_churn"]) / ann["p_churn"])),
        ("log_money", math.log(ann["expected_spend"])),
    ):
        alike = [parts[f"{name}_{unit}"] for name in ("prior", "level", "trees", "others")]
        own = {"log_odds": "churn_log_odds", "log_money": "spend_log_money"}[unit]
        assert sum(alike) + sum(each[own] for each in parts["drivers"]) == pytest.approx(whole)
    assert {"feature", "value", "unit", "meaning"} <= parts["drivers"][0].keys()


def test_refunds_are_treated_as_in_training(store: Any) -> None:
    back = {"timestamp": "1997-05-20", "amount": -5.0}
    asked = json.dumps(
        {
            "customers": [{"customer_id": "ann", "transactions": [ONE, back]}, BEN],
            "as_of": "1997-06-01",
        }
    ).encode()
    netted = predict(policy(store, refunds="net"), asked)
    dropped = predict(policy(store, refunds="drop"), asked)
    [ann, ben] = json.loads(dropped)["predictions"]
    assert "refunds are not used: the model was trained without them" in ann["warnings"]
    assert {name: ann[name] for name in VALUE_COLUMNS} == {
        name: ben[name] for name in VALUE_COLUMNS
    }
    [ann, _] = json.loads(netted)["predictions"]
    assert not any("refunds are not used" in each for each in ann["warnings"])
    with pytest.raises(ServeError, match=r"1 are refunds .* leave them out"):
        predict(policy(store, refunds="error"), asked)


def test_copies_are_treated_as_in_training(store: Any) -> None:
    twice = {"customer_id": "ann", "transactions": [ONE, ONE]}
    asked = json.dumps({"customers": [twice, BEN], "as_of": "1997-06-01"}).encode()
    [ann, ben] = json.loads(predict(policy(store, duplicates="drop"), asked))["predictions"]
    assert {name: ann[name] for name in VALUE_COLUMNS} == {
        name: ben[name] for name in VALUE_COLUMNS
    }
    assert "exact copies are not used: 1" in ann["warnings"]
    [ann, _] = json.loads(predict(policy(store, duplicates="keep"), asked))["predictions"]
    assert ann["clv_historic"] == pytest.approx(2 * ben["clv_historic"])


def test_a_customer_without_a_purchase_is_answered_but_not_with_a_number(client: Any) -> None:
    later = {"timestamp": "1999-01-01", "amount": 9.0}
    asked = {
        "customers": [
            {"customer_id": "nobody", "transactions": []},
            {"customer_id": "later", "transactions": [later, later]},
            {"customer_id": "refund", "transactions": [{"timestamp": "1997-01-01", "amount": -5}]},
            ANN,
        ],
        "as_of": "1997-06-01",
        "curve": True,
    }
    none, late, refund, ann = client.post("/predict", json=asked).json()["predictions"]
    for each in (none, late, refund):
        assert each["basis"] == "insufficient"
        assert all(each[name] is None for name in VALUE_COLUMNS)
        assert "nothing can be predicted" in each["warnings"][0]
    assert "transactions at or after as_of are not used: 2" in late["warnings"]
    assert ann["basis"] == "model"


def test_a_zone_and_wall_clock_name_the_same_timestamp(client: Any) -> None:
    answers = []
    for stamp in ("1997-05-01T06:00:00", "1997-05-01T10:00:00Z", "1997-05-01T12:00:00+02:00"):
        bought = [{"timestamp": stamp, "amount": 12.5}, {"timestamp": "1997-05-20", "amount": 3}]
        asked = {
            "customers": [{"customer_id": "ann", "transactions": bought}],
            "as_of": "1997-06-01",
        }
        answers.append(client.post("/predict", json=asked).json()["predictions"])
    assert answers[0] == answers[1] == answers[2]


def test_the_model_describes_itself(client: Any, store: Any) -> None:
    model = client.get("/model").json()
    card = store.bundle.card
    assert model["name"] == "clv"
    assert model["source"] == "registry"
    assert model["notice"] is None
    assert model["run_id"] == store.champion_run
    assert (model["horizon_days"], model["currency"]) == (60, "USD")
    assert model["features"] == [
        {"name": each.name, "unit": each.unit, "meaning": each.meaning} for each in card.features
    ]


def test_the_page_needs_nothing_from_elsewhere(client: Any) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    files = [client.get(f"/static/{each.name}") for each in sorted(STATIC.iterdir())]
    assert {each.status_code for each in files} == {200}
    texts = [each.text.replace(SVG, "") for each in (page, *files)]
    assert not any("http://" in text or "https://" in text for text in texts)
    assert "/docs.json" in page.text


def test_the_description_of_the_api_names_what_is_there(client: Any) -> None:
    described = client.get("/docs.json").json()
    schemas = described["components"]["schemas"]
    assert {"/predict", "/predict_features", "/model"} <= described["paths"].keys()
    assert schemas["PredictRequest"]["required"] == ["customers"]
    assert schemas["Prediction"]["properties"]["p_churn"]["anyOf"][1] == {"type": "null"}
    assert "money" in schemas["Prediction"]["properties"]["clv"]["description"]


def test_a_reply_that_breaks_its_schema_is_not_the_clients_fault(client: Any, store: Any) -> None:
    unknown = store.bundle.card.economics.model_copy(update={"margin": float("nan")})
    damaged = PurchaseBundle(
        store.bundle.card.model_copy(update={"economics": unknown}),
        store.bundle.churn,
        store.bundle.spend,
    )
    live = bentoml.get_current_service()._live
    whole = live.loaded
    live.loaded = replace(whole, bundle=damaged)
    try:
        response = client.post("/predict", json={"customers": [ANN]})
    finally:
        live.loaded = whole
    assert response.status_code == 500
    assert response.json()["error"]["message"].startswith("something failed inside the service")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_the_probes_answer(client: Any, path: str) -> None:
    assert client.get(path).status_code == 200
