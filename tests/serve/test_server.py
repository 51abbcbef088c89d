"""The real thing: a server process, real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

ASKED = {
    "customers": [
        {"customer_id": "ann", "transactions": [{"timestamp": "1997-05-01", "amount": 12.5}]}
    ]
}


def test_a_server_process_answers_like_the_application(client: Any, server: Any) -> None:
    answer = httpx.post(f"{server.address}/predict", json=ASKED, timeout=30)
    assert answer.status_code == 200
    assert answer.json() == client.post("/predict", json=ASKED).json()


def test_many_at_once_are_all_answered(server: Any) -> None:
    with httpx.Client(base_url=server.address, timeout=60) as http, ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: http.post("/predict", json=ASKED), range(48)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.text for each in answers}) == 1


def test_a_chunked_body_is_counted_as_it_arrives(server: Any) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 10_000

    kind = {"content-type": "application/json"}
    answer = httpx.post(f"{server.address}/predict", content=chunks(), headers=kind, timeout=30)
    assert answer.status_code == 413
    assert answer.json()["error"]["status"] == 413


def test_metrics_count_what_was_answered(server: Any) -> None:
    httpx.post(f"{server.address}/predict", json=ASKED, timeout=30)
    metrics = httpx.get(f"{server.address}/metrics", timeout=30)
    assert metrics.status_code == 200
    assert 'perennial_requests_total{door="/predict",method="POST",status="200"}' in metrics.text
    assert 'perennial_model_info{name="clv",source="registry",version="1"} 1.0' in metrics.text


def test_the_probe_reports_model_registry_and_store(server: Any) -> None:
    probe = httpx.get(f"{server.address}/readyz", timeout=30)
    state = probe.json()
    assert state.pop("store") in ("unused", "up")  # other tests may have filled it
    assert (probe.status_code, state) == (
        200,
        {
            "ready": True,
            "model": {"version": "1", "source": "registry"},
            "registry": "up",
            "notice": None,
        },
    )


def test_a_request_to_no_path_has_the_one_shape(server: Any) -> None:
    answer = httpx.get(f"{server.address}/nothing", timeout=30)
    assert (answer.status_code, list(json.loads(answer.text))) == (404, ["error"])


def test_the_log_says_which_model_is_served_and_nothing_failed(server: Any) -> None:
    printed = server.printed.read_text()
    assert "serving clv version 1 from registry" in printed
    assert "API KEYS ARE OFF" in printed
    assert "Traceback" not in printed
