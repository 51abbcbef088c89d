"""Stored customers over HTTP: as they were stored, and predicted anew."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest

from models.customer_values import VALUE_COLUMNS
from models.purchases.predictor import PurchasePredictor

EXACT = 1e-9


@pytest.fixture(autouse=True)
def _scored(scored: dict[str, Any]) -> None:
    """Every test here needs a batch."""


@pytest.fixture(scope="module")
def ids(table: pd.DataFrame) -> list[str]:
    return [str(each) for each in table.index[:: len(table) // 30]]


def numbers(reply: dict[str, Any]) -> pd.DataFrame:
    predictions = pd.DataFrame(reply["predictions"]).set_index("customer_id")
    return predictions[list(VALUE_COLUMNS)].astype(float)


def batch(store: Any, table: pd.DataFrame, log: Any, ids: list[str], **asked: Any) -> pd.DataFrame:
    predictions = PurchasePredictor(store.bundle).predict(table, as_of=log.end, **asked)
    return predictions.loc[ids, list(VALUE_COLUMNS)].astype(float)


def test_a_look_up_gives_what_was_scored(
    client: Any, store: Any, table: pd.DataFrame, log: Any, ids: list[str]
) -> None:
    reply = client.post("/lookup", json={"customer_ids": [*ids, "nobody", "no:\u00b2"]}).json()
    assert reply["unknown"] == ["nobody", "no:\u00b2"]
    assert reply["as_of"] == "1998-07-01"
    assert reply["model"]["version"] == "1"
    assert reply["batch"]["customers"] == len(table)
    assert {each["segment"] for each in reply["predictions"]} - {None}
    pd.testing.assert_frame_equal(numbers(reply), batch(store, table, log, ids), rtol=0, atol=EXACT)


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ({"horizon_days": 60}, "horizon_days=60"),
        ({"horizon_days": 365}, "horizon_days=365"),
        ({"economics": {"margin": 0.3, "acquisition_cost": 2.0}}, "margin=0.3&acquisition_cost=2"),
    ],
)
def test_a_stored_customer_is_predicted_anew_like_any_other(
    client: Any,
    store: Any,
    table: pd.DataFrame,
    log: Any,
    ids: list[str],
    asked: dict[str, Any],
    query: str,
) -> None:
    terms = store.bundle.card.economics.model_copy(update=asked.get("economics", {}))
    days = asked.get("horizon_days", 60)
    expected = batch(store, table, log, ids, horizon_days=days, economics=terms)
    reply = client.post("/lookup", json={"customer_ids": ids, **asked}).json()
    pd.testing.assert_frame_equal(numbers(reply), expected, rtol=0, atol=EXACT)
    alone = client.get(f"/customers/{ids[0]}?{query}").json()
    assert alone["predictions"] == reply["predictions"][:1]


def test_one_customer_has_a_curve_drivers_features_and_a_history(
    client: Any, table: pd.DataFrame, ids: list[str]
) -> None:
    query = "curve=true&explain=true&history=true&features=true"
    reply = client.get(f"/customers/{ids[0]}?{query}").json()
    [prediction] = reply["predictions"]
    assert sum(month["discounted_value"] for month in prediction["curve"]) == pytest.approx(
        prediction["clv"]
    )
    assert prediction["explanation"]["prior_log_odds"]
    assert prediction["next_order_date"] >= reply["as_of"]
    assert reply["history"][0]["clv"] == pytest.approx(prediction["clv"])
    assert reply["history"][0]["batch"] == reply["batch"]
    assert reply["features"]["age_days"] == table.loc[ids[0], "age_days"]


@pytest.mark.parametrize("around", [" {}", "{}\u00a0", "\ufeff{}\t", "{}\u2028", "{}.0"])
def test_an_id_in_the_path_is_read_as_in_a_body(client: Any, ids: list[str], around: str) -> None:
    given = around.format(ids[0])
    alone = client.get(f"/customers/{quote(given, safe='')}?history=true").json()
    listed = client.post("/lookup", json={"customer_ids": [given]}).json()
    assert alone["predictions"] == listed["predictions"]
    assert alone["predictions"][0]["customer_id"] == ids[0]
    assert alone["history"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [("7.4E+15", "was rounded to a float"), ("a\0b", "without the character NUL")],
)
def test_an_id_that_names_nobody_for_sure_is_not_found(
    client: Any, given: str, sentence: str
) -> None:
    response = client.get(f"/customers/{quote(given, safe='')}")
    assert response.status_code == 404
    assert sentence in response.json()["error"]["message"]
    response = client.post("/lookup", json={"customer_ids": [given]})
    assert response.status_code == 400
    assert sentence in response.json()["error"]["message"]


@pytest.mark.parametrize("unknown", ["nobody", "a/b", "\u2603", "%00", "...", "a?b", "x" * 3000])
def test_an_unknown_customer_is_not_found(client: Any, unknown: str) -> None:
    response = client.get(f"/customers/{quote(unknown, safe='')}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("horizon=9", '"horizon" is unknown, known are horizon_days'),
        ("margin=much", "margin must be a number"),
        ("margin=nan", "economics.margin must be a finite number"),
        ("margin=2", "economics.margin must be at most 1"),
        ("horizon_days=0", "horizon_days must lie between 1 and 3650"),
        ("horizon_days=9,x", "horizon_days must be days such as 90 or 30,90"),
        ("curve=maybe", "curve must be true or false"),
        ("curve=true&curve=true", "names something twice"),
    ],
)
def test_a_bad_query_gets_its_sentence(
    client: Any, ids: list[str], query: str, sentence: str
) -> None:
    response = client.get(f"/customers/{ids[0]}?{query}")
    assert response.status_code == 400
    assert sentence in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"customer_ids": []}, "customer_ids must hold at least 1 entry"),
        ({"customer_ids": ["a", "a"]}, "customer_id must be unique in a request"),
        ({"customer_ids": [1.5]}, "customer_ids[0] must be a text or a whole number, got 1.5"),
        ({"customer_ids": ["a"], "as_of": "1998-01-01"}, "as_of cannot be chosen here"),
        ({}, "customer_ids is missing"),
    ],
)
def test_a_bad_look_up_gets_its_sentence(client: Any, body: dict[str, Any], sentence: str) -> None:
    response = client.post("/lookup", json=body)
    assert response.status_code == 400
    assert sentence in response.json()["error"]["message"]


def test_readiness_holds_the_state_of_the_store(client: Any) -> None:
    ready = client.get("/readyz").json()
    assert ready["ready"]
    assert ready["registry"] == "up"
    assert ready["store"] in ("up", "unused")  # the look after the first batch may be to come
