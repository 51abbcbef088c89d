"""Every model answers in a process of its own; one that cannot is a result, not an end."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.leaderboard import own_models
from benchmarks.leaderboard.measuring import ask, measure, statistics, unusable
from benchmarks.leaderboard.model_process import Prepare, answer
from benchmarks.leaderboard.rivals import Competitor, environment, install
from train.purchases.backtest import origins
from train.purchases.baselines import bg_nbd
from train.purchases.snapshot_cache import PurchaseTask

SAMPLE = Path(__file__).resolve().parent.parent.parent.parent / "data" / "cdnow_sample.parquet"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("leaderboard") / "sample.toml"
    path.write_text(
        f'''
        [data]
        transactions = "{SAMPLE}"
        currency = "USD"
        [data.columns]
        customer_id = "customer_id"
        timestamp = "ts"
        amount = "amount"
        [problem]
        horizon_days = 60
        '''
    )
    return path


@pytest.fixture(scope="module")
def tasks(config: Path) -> Sequence[PurchaseTask]:
    return origins(own_models.read(config, 60), 2)


def test_a_rival_reads_what_the_origin_knows(tasks: Sequence[PurchaseTask]) -> None:
    found, table = statistics(tasks[1]), tasks[1].table
    assert found["age"] == table["age_days"].to_list()
    assert found["repeats"] == table["repeat_days"].to_list()
    assert all(last <= age for last, age in zip(found["last_repeat"], found["age"], strict=True))
    once = [value for value, n in zip(found["value"], found["repeats"], strict=True) if n == 0]
    assert once
    assert set(once) == {None}


def test_a_rival_whose_package_is_not_there_fails_at_every_origin(
    tasks: Sequence[PurchaseTask], config: Path, tmp_path: Path
) -> None:
    rival = Competitor("x", "X", None, "benchmarks.leaderboard.lifetimes_btyd")
    found = measure(rival, config, tasks, tmp_path)
    assert [each.error for each in found] == [
        "ModuleNotFoundError: No module named 'lifetimes'"
    ] * 2
    assert all(each.predictions is None for each in found)


def test_what_cannot_be_installed_says_why(tmp_path: Path) -> None:
    error = install(str(tmp_path / "no-such-package"), str(tmp_path / "no-such-python"))
    assert error
    assert "\n" not in error


def test_an_environment_that_cannot_be_made_is_a_failure_of_the_rival(tmp_path: Path) -> None:
    (tmp_path / "rivals").write_text("in the way of the folder")
    found = environment(Competitor("x", "X", "no-such-package"), tmp_path / "rivals")
    assert found.error is not None
    assert found.error.startswith("no-such-package could not be installed: ")


def test_a_process_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    error = ask([str(tmp_path / "no-such-python")], {}, {})
    assert isinstance(error, str)
    assert "no-such-python" in error


def test_one_of_our_models_answers_for_each_origin(
    tasks: Sequence[PurchaseTask], config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = {
        "model": "bg_nbd_gamma_gamma",
        "config": str(config),
        "horizon_days": 60,
        "origins": [{"as_of": each.as_of.isoformat()} for each in tasks],
    }
    reply = answered(tmp_path, monkeypatch, request, own_models.prepare)
    assert reply["peak_memory_mb"] is None or reply["peak_memory_mb"] > 10
    for task, found in zip(tasks, reply["origins"], strict=True):
        expected = bg_nbd(task)
        assert found["seconds"] >= 0
        assert found["p_order"] == expected.p_order.tolist()
        assert found["revenue"] == expected.expected_revenue.tolist()


def test_a_model_may_fail_at_one_origin_and_not_at_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> tuple[list[float], list[float]]:
        raise ValueError("did not\nconverge")

    reply = answered(tmp_path, monkeypatch, {}, lambda _: [fails, lambda: ([math.nan], [2.0])])
    first, second = reply["origins"]
    assert first == {"error": "ValueError: did not converge"}
    assert (second["p_order"], second["revenue"]) == ([None], [2.0])


def answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: dict[str, Any], prepare: Prepare
) -> Any:
    asked, replied = tmp_path / "request.json", tmp_path / "reply.json"
    asked.write_text(json.dumps(request))
    monkeypatch.setattr(sys, "argv", ["model", str(asked), str(replied)])
    answer(prepare)
    return json.loads(replied.read_text())


def test_numbers_that_cannot_be_scored_are_a_failure() -> None:
    known, none = np.array([0.2, 0.5]), np.full(2, np.nan)
    assert unusable(known, np.array([1.0, 0.0]), 2) == ""
    assert unusable(none, np.array([1.0, 0.0]), 2) == ""
    assert (
        unusable(known, np.array([1.0, np.nan]), 2) == "predicted no revenue for 1 of 2 customers"
    )
    some = np.array([0.2, np.nan])
    assert unusable(some, known, 2) == "predicted no P(an order) for 1 of 2 customers"
    assert unusable(known, none, 2) == "predicted no revenue for 2 of 2 customers"
    assert "outside" in unusable(np.array([0.2, 1.2]), known, 2)
    assert unusable(known, known, 3) == "predicted 2 of 3 customers"
