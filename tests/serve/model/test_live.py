"""Which model is live: by alias, swapped without a lost request, and the last good one stored."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from serve.errors import ServeError
from serve.handlers.smoke_test import smoke_test
from serve.model.live import LiveModel, load
from serve.settings import Settings

ASKED = {
    "customers": [
        {"customer_id": "ann", "transactions": [{"timestamp": "1997-05-01", "amount": 12.5}]}
    ]
}
CHAMPION = "models:/clv@champion"


def settings(store: Any, var: Path, **values: Any) -> Settings:
    return Settings.model_validate(
        {"var": var, "tracking_uri": store.uri, "poll_seconds": 0, **values}
    )


def started(chosen: Settings) -> LiveModel:
    live = LiveModel(chosen, smoke_test)
    live.start()
    live.stop()
    return live


def test_the_champion_is_live_and_a_moved_alias_loses_no_request(client: Any, store: Any) -> None:
    registry = MlflowClient(store.uri, store.uri)
    seen: Counter[tuple[int, str]] = Counter()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            response = client.post("/predict", json=ASKED)
            seen[response.status_code, response.json()["model"]["version"]] += 1

    clients = [threading.Thread(target=ask) for _ in range(3)]
    for each in clients:
        each.start()
    try:
        for version in ("2", "1"):
            registry.set_registered_model_alias("clv", "champion", version)
            deadline = time.monotonic() + 20
            while client.get("/model").json()["version"] != version:
                assert time.monotonic() < deadline, "the alias was not followed"
                time.sleep(0.05)
    finally:
        over.set()
        for each in clients:
            each.join()
    assert seen.keys() == {(200, "1"), (200, "2")}


def test_a_version_is_loaded_by_its_number(store: Any, tmp_path: Path) -> None:
    model = load(settings(store, tmp_path, model="models:/clv/2"))
    assert (model.version, model.source) == ("2", "registry")


def test_a_folder_is_loaded_without_a_store(store: Any, tmp_path: Path) -> None:
    chosen = settings(
        store, tmp_path, model=str(store.folder), tracking_uri="sqlite:///nowhere/mlflow.db"
    )
    model = load(chosen)
    assert model.source == "folder"
    assert model.version.startswith("card-")
    assert load(chosen).version == model.version


def test_the_last_good_model_is_used_when_the_registry_is_gone(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = started(settings(store, tmp_path)).loaded
    assert first is not None
    assert first.source == "registry"
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    for gone in ("sqlite:///nowhere/mlflow.db", "http://ann:sesame@127.0.0.1:9"):
        live = started(settings(store, tmp_path, tracking_uri=gone))
        assert live.loaded is not None
        assert (live.loaded.source, live.loaded.version) == ("last_good", "1")
        assert live.loaded.run_id == store.champion_run
        assert live.loaded.bundle.card == first.bundle.card
        assert live.notice is not None
        assert "sesame" not in live.notice


def test_the_last_good_model_of_another_address_is_not_used(store: Any, tmp_path: Path) -> None:
    started(settings(store, tmp_path))
    gone = "sqlite:///nowhere/mlflow.db"
    live = started(settings(store, tmp_path, tracking_uri=gone, model="models:/clv@challenger"))
    assert live.loaded is None


def test_a_damaged_last_good_model_is_not_used(
    store: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    started(settings(store, tmp_path))
    [booster] = (tmp_path / "last_good").glob("bundle-*/churn.ubj")
    booster.write_bytes(b"not a booster")
    live = started(settings(store, tmp_path, tracking_uri="sqlite:///nowhere/mlflow.db"))
    assert live.loaded is None
    assert "cannot be used" in caplog.text


def test_only_the_newest_model_is_stored(store: Any, tmp_path: Path) -> None:
    for _ in range(2):
        started(settings(store, tmp_path))
    assert len(list((tmp_path / "last_good").glob("bundle-*"))) == 1


def test_without_any_model_the_service_says_how_to_make_one(store: Any, tmp_path: Path) -> None:
    chosen = settings(store, tmp_path, tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    live = started(chosen)
    with pytest.raises(
        ServeError, match=r"no model is loaded: .*python -m train --config"
    ) as found:
        live.require()
    assert found.value.status == 503
    assert not (tmp_path / "mlflow.db").exists(), "looking for a model must not make a store"


def test_a_model_that_is_registered_later_is_found(store: Any, tmp_path: Path) -> None:
    live = LiveModel(
        settings(store, tmp_path, model="models:/clv@later", poll_seconds=0.1), smoke_test
    )
    registry = MlflowClient(store.uri, store.uri)
    live.start()
    assert live.notice is not None
    assert "no such model" in live.notice
    registry.set_registered_model_alias("clv", "later", "2")
    try:
        deadline = time.monotonic() + 20
        while live.loaded is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert live.require().version == "2"
        assert live.notice is None
    finally:
        live.stop()
        registry.delete_registered_model_alias("clv", "later")


def test_a_version_that_fails_its_smoke_test_is_refused_and_the_old_one_goes_on(
    store: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    registry = MlflowClient(store.uri, store.uri)
    damaged = tmp_path / "damaged" / "bundle"
    shutil.copytree(store.folder, damaged)
    card = json.loads((damaged / "card.json").read_text())
    card["prior"]["value"]["v"] = -1e9  # every spend would be negative
    (damaged / "card.json").write_text(json.dumps(card))
    bad = registry.create_model_version("clv", str(damaged.parent)).version
    registry.set_registered_model_alias("clv", "tried", "1")
    live = LiveModel(settings(store, tmp_path, model="models:/clv@tried"), smoke_test)
    try:
        live.refresh()
        assert live.require().version == "1"
        registry.set_registered_model_alias("clv", "tried", bad)
        for _ in range(2):
            live.refresh()
            assert live.require().version == "1"
            assert live.registry_up
            assert live.candidate is not None
            assert (live.candidate.version, live.candidate.state) == (str(bad), "refused")
            assert live.notice is not None
            assert "refused" in live.notice
        assert caplog.text.count("refused") == 1, "logged once, not at every refresh"
        registry.set_registered_model_alias("clv", "tried", "2")
        live.refresh()
        assert (live.require().version, live.candidate, live.notice) == ("2", None, None)
    finally:
        live.stop()
        registry.delete_registered_model_alias("clv", "tried")
        registry.delete_model_version("clv", str(bad))
