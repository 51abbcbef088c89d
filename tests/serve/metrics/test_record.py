"""The metrics that Prometheus reads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serve.metrics.collectors import Metrics

ROOT = Path(__file__).resolve().parent.parent.parent.parent
NAN = float("nan")


def samples(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """Values of one series by the values of its labels, in the order of their names."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    found = [each for family in families for each in family.samples if each.name == name]
    return {tuple(each.labels.values()): each.value for each in found}


def test_a_request_is_counted_and_timed() -> None:
    metrics = Metrics()
    for _ in range(3):
        requests, seconds = metrics.of_request("/predict", "POST", 200)
        requests.inc()
        seconds.observe(0.004)
    assert samples(metrics, "perennial_requests_total") == {("/predict", "POST", "200"): 3}
    assert samples(metrics, "perennial_request_seconds_count") == {("/predict",): 3}


@pytest.mark.parametrize("customers", [3, 300])
def test_few_answers_and_many_are_counted_alike(customers: int) -> None:
    metrics = Metrics()
    p_churn = ([0.05, 0.95, NAN] * 100)[:customers]
    clv: Sequence[float] = ([-4.0, 50.0, NAN] * 100)[:customers]
    basis = (["model", "prior", "insufficient"] * 100)[:customers]
    metrics.observe_predictions("/predict", p_churn, clv, basis)
    each = customers // 3
    assert samples(metrics, "perennial_batch_customers_sum") == {("/predict",): customers}
    assert samples(metrics, "perennial_basis_total") == {
        ("model",): each,
        ("prior",): each,
        ("insufficient",): each,
    }
    shares = samples(metrics, "perennial_p_churn_bucket")
    assert (shares[("0.1",)], shares[("0.9",)], shares[("+Inf",)]) == (each, each, 2 * each)
    money = samples(metrics, "perennial_clv_bucket")
    assert (money[("0.0",)], money[("30.0",)], money[("100.0",)]) == (each, each, 2 * each)
    assert samples(metrics, "perennial_clv_sum")[()] == pytest.approx(46.0 * each)


def test_unknown_numbers_may_be_none_too() -> None:
    metrics = Metrics()
    metrics.observe_predictions("/predict", [None], [None], ["insufficient"])  # type: ignore[list-item]
    assert samples(metrics, "perennial_clv_count") == {(): 0}


def test_one_model_answers_at_a_time_and_has_an_age() -> None:
    metrics = Metrics()
    trained = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    metrics.set_model("clv", "1", "registry", trained)
    metrics.set_model("clv", "1", "registry", trained)
    assert samples(metrics, "perennial_model_info") == {("clv", "registry", "1"): 1}
    metrics.set_model("clv", "2", "registry", trained)
    assert samples(metrics, "perennial_model_info") == {
        ("clv", "registry", "1"): 0,
        ("clv", "registry", "2"): 1,
    }
    age = datetime.now(UTC).timestamp() - trained
    assert samples(metrics, "perennial_model_age_seconds")[()] == pytest.approx(age, abs=60)


def test_a_candidate_is_shown_until_there_is_none() -> None:
    metrics = Metrics()
    metrics.set_candidate("3", "refused")
    assert samples(metrics, "perennial_model_candidate_info") == {("refused", "3"): 1}
    metrics.set_candidate("", "")
    assert samples(metrics, "perennial_model_candidate_info") == {("refused", "3"): 0}


COUNTS = """
import resource, sys
from pathlib import Path
from serve.metrics import record
if sys.argv[2] == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
record.choose_storage(Path(sys.argv[1]), workers=2)
for status in range(100, 600):
    record.observe_request("/predict", "POST", status, 0.01)
    record.observe_predictions("/predict", [0.5], [1.0], ["model"])
record.set_in_flight(1)
record.set_health(store=True, registry=True)
record.set_model("clv", "1", "registry", __import__("datetime").datetime.now())
record.set_candidate("2", "refused")
sys.stdout.write(record.exposition().decode())
"""


def counted(var: Path, disk: str) -> tuple[str, str, list[Path]]:
    """What a worker of several exposes and says, and the files that it leaves."""
    command = [sys.executable, "-c", COUNTS, str(var), disk]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout, done.stderr, list(var.rglob("*.db"))


def test_the_files_of_a_worker_have_their_room_on_the_disk(tmp_path: Path) -> None:
    """A number written into a hole of a file kills the process where the disk is full."""
    exposed, _, files = counted(tmp_path, "empty")
    assert 'perennial_requests_total{door="/predict",method="POST",status="599"} 1.0' in exposed
    assert files
    assert not [each for each in files if each.stat().st_blocks * 512 < each.stat().st_size]


def test_a_worker_counts_in_memory_where_the_disk_is_full(tmp_path: Path) -> None:
    exposed, said, files = counted(tmp_path, "full")
    assert 'perennial_requests_total{door="/predict",method="POST",status="599"} 1.0' in exposed
    assert "counts for one worker each" in said
    assert files == []
