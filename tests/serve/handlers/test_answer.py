"""A reply in chunks and as JSON lines: the same numbers, and nothing lost without a sign."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from serve.api.budget import EXPLANATION, MOST_WORK, PREDICTION
from serve.handlers import answer
from serve.handlers.answer import Answer, as_json, as_lines

LINES = {"accept": "application/x-ndjson"}
ASKED: dict[str, Any] = {"horizon_days": [30, 60, 400], "curve": True, "explain": True}
MANY: dict[str, Any] = {"horizon_days": list(range(10, 250, 10)), "explain": True}


@pytest.fixture(autouse=True)
def _scored(scored: dict[str, Any]) -> None:
    """Every test here needs a batch."""


def lines_of(response: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Head and predictions of a whole response."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == LINES["accept"]
    assert response.text.endswith("\n")
    head, *predictions, end = map(json.loads, response.text.splitlines())
    assert end == {"end": True, "predictions": len(predictions)}
    return head, predictions


def bodies(client: Any, table: pd.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    ids = [str(each) for each in table.index[:20:4]]
    rows = [client.get(f"/customers/{each}?features=true").json()["features"] for each in ids]
    yield "/lookup", {"customer_ids": [*ids, "nobody"], **ASKED}
    yield "/lookup", {"customer_ids": ["nobody", *ids]}
    yield "/lookup", {"customer_ids": ["nobody"], **ASKED}
    yield (
        "/predict_features",
        {
            "rows": [{"customer_id": name, **row} for name, row in zip(ids, rows, strict=True)],
            **ASKED,
        },
    )
    lines = [{"timestamp": f"1997-0{month}-11", "amount": 9.5 * month} for month in range(1, 7)]
    customers = [{"customer_id": f"c{n}", "transactions": lines[:n]} for n in range(7)]
    yield "/predict", {"customers": customers, **ASKED}


def test_chunks_and_lines_hold_the_same_numbers_to_the_last_bit(
    client: Any, table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, body in list(bodies(client, table)):
        monkeypatch.setattr(answer, "CHUNK_WORK", 10**9)
        whole = client.post(path, json=body)
        monkeypatch.setattr(answer, "CHUNK_WORK", 1_500)
        assert client.post(path, json=body).content == whole.content
        head, predictions = lines_of(client.post(path, json=body, headers=LINES))
        assert head | {"predictions": predictions} == whole.json()


@pytest.mark.parametrize(
    ("accept", "lines"),
    [
        ("application/jsonl", True),
        ("application/json;q=0.5, Application/X-NDJSON; q=1", True),
        ("*/*", False),
        ("application/json", False),
    ],
)
def test_who_asks_for_lines_gets_them(client: Any, accept: str, lines: bool) -> None:
    body = {"customer_ids": ["nobody"]}
    response = client.post("/lookup", json=body, headers={"accept": accept})
    assert response.headers["content-type"] == (
        "application/x-ndjson" if lines else "application/json"
    )


def test_too_much_for_a_reply_is_refused_and_sent_as_lines(
    client: Any, table: pd.DataFrame
) -> None:
    per_customer = 24 * (PREDICTION + EXPLANATION)
    fits = MOST_WORK // per_customer
    ids = [str(each) for each in table.index[: fits + 1]]
    refused = client.post("/lookup", json={"customer_ids": ids, **MANY})
    assert refused.status_code == 413
    assert refused.json()["error"]["code"] == "too_large"
    assert f"ask for at most {fits} customers at once" in refused.json()["error"]["message"]
    missing = {"customer_ids": [f"nobody {each}" for each in range(fits + 1)], **MANY}
    assert client.post("/lookup", json=missing).status_code == 413, "before anything is looked up"
    head, _ = lines_of(client.post("/lookup", json=missing, headers=LINES))
    assert head["unknown"] == missing["customer_ids"]


@pytest.mark.parametrize("path", ["/predict", "/predict_features"])
def test_every_endpoint_has_the_budget(client: Any, path: str) -> None:
    named = [{"customer_id": f"c{number}"} for number in range(60)]
    features = [each["name"] for each in client.get("/model").json()["features"]]
    rows = [{**each, **dict.fromkeys(features)} for each in named]
    customers = [{**each, "transactions": []} for each in named]
    body = {"rows": rows} if path == "/predict_features" else {"customers": customers}
    refused = client.post(path, json={**body, **MANY, "as_of": "1998-01-01"})
    assert refused.status_code == 413, refused.text
    assert "60 customers x 24 horizons, each with explanations, are" in refused.text
    # without a curve or explanations it goes through
    few = {"horizon_days": MANY["horizon_days"], "as_of": "1998-01-01"}
    assert client.post(path, json={**body, **few}).status_code == 200


def test_an_error_before_the_first_prediction_is_an_ordinary_one(client: Any) -> None:
    refused = client.post("/lookup", json={"customer_ids": []}, headers=LINES)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/json"


def test_no_chunk_is_made_before_it_is_sent() -> None:
    made: list[int] = []

    def chunks() -> Iterator[list[dict[str, Any]]]:
        for number in range(3):
            made.append(number)
            yield [{"number": number, "half": number + 0.1}]

    lines = as_lines(Answer({"model": "m"}, chunks(), work=1))
    assert next(lines) == b'{"model":"m"}\n{"number":0,"half":0.1}\n'
    assert made == [0]
    assert [*lines][-1] == b'{"end":true,"predictions":3}\n'
    parts = [*as_json(Answer({"model": "m"}, chunks(), work=1))]
    assert len(parts) == 4
    whole = json.loads(b"".join(parts))
    assert [each["number"] for each in whole["predictions"]] == [0, 1, 2]
    assert math.isclose(whole["predictions"][2]["half"], 2.1)
