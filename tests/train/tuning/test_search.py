"""Tuning: past only, resumable, and the configured settings stay unless they are truly beaten."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import signal
import sqlite3
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig
from features.config.sections import Boosting
from features.errors import ConfigError, DataError
from features.ingest.transactions import TransactionLog
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask, truncate
from train.tracking.mlflow_library import library as mlflow_library
from train.tuning.objective import Gain, Objective, gain, mean_loss, objectives
from train.tuning.search import RANGES, search
from train.tuning.stored_trials import finished
from train.tuning.studies import library, open_study
from train.tuning.trial import Trial, best

AS_OF = datetime(2025, 2, 1, tzinfo=UTC)
HORIZON_DAYS = 30
DEFAULTS = Boosting()


@pytest.fixture(scope="module")
def config(settings: Callable[..., PurchaseConfig]) -> PurchaseConfig:
    return settings(HORIZON_DAYS, spacing_days=15)


@pytest.fixture(scope="module")
def log(
    clockwork: pd.DataFrame, log_of: Callable[[pd.DataFrame], TransactionLog]
) -> TransactionLog:
    return log_of(clockwork)


@pytest.fixture(scope="module")
def churn(config: PurchaseConfig, log: TransactionLog) -> Objective:
    """The churn model at two origins of a small log."""
    return objectives(
        PurchaseTask(config, PurchaseSnapshots(truncate(log, AS_OF)), AS_OF, HORIZON_DAYS)
    )["churn"]


@pytest.fixture(scope="module")
def newest(churn: Objective) -> Objective:
    """The same at one origin, which is quicker."""
    return dataclasses.replace(churn, origins=churn.origins[:1])


@pytest.fixture(scope="module")
def toml(clockwork: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration of the small log, as a file."""
    folder = tmp_path_factory.mktemp("tune")
    clockwork.to_csv(folder / "log.csv", index=False)
    path = folder / "shop.toml"
    columns = "".join(f'{each} = "{each}"\n' for each in ("customer_id", "timestamp", "amount"))
    path.write_text(
        f'[data]\ntransactions = "{folder / "log.csv"}"\n[data.columns]\n{columns}'
        f"[problem]\nhorizon_days = {HORIZON_DAYS}\nsnapshots = 3\nspacing_days = 15\n"
        "[churn]\nmax_rounds = 5\n[spend]\nmax_rounds = 5\n"
    )
    return path


def tuned(objective: Objective, var: Path, trials: int, **options: float) -> list[Trial]:
    """All trials that are kept after a search of one model."""
    study = open_study(var, "churn")
    for _ in search({"churn": objective}, {"churn": study}, trials=trials, **options):
        pass
    return finished(study)


def configured(objective: Objective, churn: Boosting) -> Objective:
    """The same with other settings to be beaten."""
    config = objective.config.model_copy(update={"churn": churn})
    tasks = (dataclasses.replace(each, config=config) for each in objective.origins)
    return dataclasses.replace(objective, origins=tuple(tasks))


def trial(number: int, mean: float, *, sd: float = 0.1, least: float = 0.1) -> Trial:
    """A trial that is better than the configured settings, whose loss is 1, by `mean`."""
    return Trial(number, DEFAULTS, 1.0 - mean, (1.0 - mean,), Gain(mean, sd, least))


def test_the_same_settings_gain_nothing(churn: Objective) -> None:
    again = churn.losses(churn.configured)
    assert gain([churn.baseline], [again]) == Gain(0.0, 0.0, 0.0)


def test_other_seeds_are_really_others_and_as_many_for_all(newest: Objective) -> None:
    runs = [newest.baseline, *newest.reseeded_baseline]
    assert len({mean_loss(each) for each in runs}) == len(runs) == 4
    again = newest.reseeded(newest.configured)
    assert gain(newest.reseeded_baseline, again) == Gain(0.0, 0.0, 0.0)


def test_origins_lie_one_and_two_horizons_back(churn: Objective) -> None:
    assert {each.horizon_days for each in churn.origins} == {HORIZON_DAYS}
    assert [each.as_of for each in churn.origins] == [
        AS_OF - timedelta(days=HORIZON_DAYS * each) for each in (1, 2)
    ]


def test_rows_at_or_after_as_of_change_no_loss(
    config: PurchaseConfig,
    log: TransactionLog,
    clockwork: pd.DataFrame,
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> None:
    later = clockwork["timestamp"] >= AS_OF
    assert later.any()
    amount = clockwork["amount"].where(~later, clockwork["amount"] * 100.0)
    changed = log_of(clockwork.assign(amount=amount))
    known, seen = (
        objectives(PurchaseTask(config, PurchaseSnapshots(each), AS_OF, HORIZON_DAYS))
        for each in (truncate(log, AS_OF), changed)
    )
    for ours, theirs in zip(known.values(), seen.values(), strict=True):
        for first, second in zip(ours.baseline, theirs.baseline, strict=True):
            pd.testing.assert_series_equal(first, second)


def test_a_log_without_two_matured_snapshots_is_refused(
    config: PurchaseConfig, log: TransactionLog
) -> None:
    as_of = log.first + timedelta(days=12)
    with pytest.raises(DataError, match=r"too short to tune on: as of 2024-.*keep the"):
        objectives(
            PurchaseTask(config, PurchaseSnapshots(truncate(log, as_of)), as_of, HORIZON_DAYS)
        )


def test_the_configured_settings_are_trial_0_and_nothing_worse_wins(
    churn: Objective, tmp_path: Path
) -> None:
    found = tuned(churn, tmp_path, 3)
    assert [each.number for each in found] == [0, 1, 2]
    assert found[0].settings == churn.configured
    assert found[0].loss == mean_loss(churn.baseline)
    assert best(found).loss <= found[0].loss
    for each in found[1:]:
        assert each.loss == pytest.approx(sum(each.by_origin) / 2)
        assert each.settings.max_rounds == churn.configured.max_rounds
        for name, (low, high) in RANGES.items():
            assert low <= getattr(each.settings, name) <= high


def test_a_search_that_was_broken_off_goes_on_to_the_same_end(
    newest: Objective, tmp_path: Path
) -> None:
    whole = tuned(newest, tmp_path / "whole", 4)
    assert len(tuned(newest, tmp_path / "parts", 2)) == 2
    assert tuned(newest, tmp_path / "parts", 4) == whole
    assert tuned(newest, tmp_path / "parts", 3) == whole


def test_without_time_only_the_configured_settings_are_tried(
    churn: Objective, tmp_path: Path
) -> None:
    assert [each.number for each in tuned(churn, tmp_path, 5, seconds=0.0)] == [0]


def test_a_model_that_was_held_back_is_let_loose(newest: Objective, tmp_path: Path) -> None:
    held_back = Boosting(max_rounds=20, strength=0.0)
    found = tuned(configured(newest, held_back), tmp_path, 4)
    won = best(found)
    assert won.number > 0
    assert won.loss < found[0].loss
    assert won.settings.strength > 0.0


def test_settings_outside_the_ranges_can_be_tuned_too(newest: Objective, tmp_path: Path) -> None:
    odd = Boosting(max_rounds=5, learning_rate=0.9, min_child_weight=0.0, max_depth=1)
    found = tuned(configured(newest, odd), tmp_path, 2)
    assert found[0].settings == odd
    assert len(found) == 2


@pytest.mark.parametrize(
    ("others", "wins"),
    [
        ([], 0),
        ([trial(1, 0.5)], 1),
        ([trial(1, 0.5), trial(2, 0.6)], 2),
        ([trial(1, -0.5)], 0),
        ([trial(1, 0.5, least=-0.1)], 0),  # worse at one origin
        ([trial(1, 0.15)], 0),  # one and a half standard errors
        ([trial(1, 0.18)], 1),  # one trial alone may count 1.64
        ([trial(1, 0.18), *(trial(each, 0.0) for each in range(2, 11))], 0),  # the best of ten
        ([trial(1, 0.5), trial(2, 0.6, least=-0.1)], 1),
        ([trial(1, 0.0, sd=0.0, least=0.0)], 0),  # the same model by other settings
    ],
)
def test_only_what_is_better_everywhere_and_beyond_luck_wins(
    others: list[Trial], wins: int
) -> None:
    assert best([trial(0, 0.0, sd=0.0, least=0.0), *others]).number == wins


def test_the_command_writes_tables_for_the_configuration_and_records_every_trial(
    toml: Path, var: Path, tmp_path: Path, run_command: Callable[..., Any]
) -> None:
    argv = ["tune", "--config", str(toml), "--as-of", "2025-02-01", "--out"]
    ran = run_command(*argv, str(tmp_path / "best.toml"), "--trials", "2", "--minutes", "", var=var)
    assert ran.code == 0
    written = tomllib.loads((tmp_path / "best.toml").read_text())
    assert written.keys() == {"churn", "spend"}
    for name in ("churn", "spend"):
        assert Boosting.model_validate(written[name]).model_dump() == ran.result[name]["settings"]
        assert ran.result[name]["trials"] == 2
        assert ran.result[name]["loss"] <= ran.result[name]["configured_loss"]
    assert (tmp_path / "best.toml").read_text() in ran.stderr
    assert ran.result["origins"] == ["2025-01-02T00:00:00+00:00", "2024-12-03T00:00:00+00:00"]

    children = trials_of(ran.result["run_id"])
    assert sorted(each.info.run_name for each in children) == [
        "churn 0",
        "churn 1",
        "spend 0",
        "spend 1",
    ]
    for each in children:
        assert each.data.metrics.keys() >= {"loss", "gain", "gain_sd", "loss_origin_2"}
        assert each.data.params.keys() >= {*RANGES, "max_rounds", "trial"}

    again = run_command(*argv, str(tmp_path / "again.toml"), "--trials", "2", var=var)
    assert "kept from an earlier run: 2 trials of churn, 2 trials of spend" in again.stderr
    assert trials_of(again.result["run_id"]) == []
    assert (tmp_path / "again.toml").read_text() == (tmp_path / "best.toml").read_text()


def trials_of(run_id: str) -> list[Any]:
    """The finished child runs of a run."""
    client = mlflow_library().MlflowClient()
    experiment = client.get_run(run_id).info.experiment_id
    mine = f"tags.`mlflow.parentRunId` = '{run_id}' and status = 'FINISHED'"
    return list(client.search_runs([experiment], mine))


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Python's own handler of SIGINT: a shell lets what it runs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_keeps_what_is_done_and_writes_what_is_best(
    toml: Path, var: Path, tmp_path: Path, run_command: Callable[..., Any]
) -> None:
    (var / "tuning.db").unlink(missing_ok=True)
    out, stopper = tmp_path / "best.toml", threading.Thread(target=interrupt, args=(var, 3))
    stopper.start()
    argv = ["tune", "--config", str(toml), "--trials", "1000", "--minutes", "2"]
    ran = run_command(*argv, "--out", str(out), var=var)
    stopper.join()
    assert ran.code == 0
    assert ran.result["interrupted"] is True
    assert "interrupted; the trials that are done are kept" in ran.stderr
    assert sum(ran.result[name]["trials"] for name in ("churn", "spend")) >= 3
    assert tomllib.loads(out.read_text()).keys() == {"churn", "spend"}


def interrupt(var: Path, trials: int) -> None:
    """Press Ctrl-C as soon as so many trials are kept."""
    done = "SELECT count(*) FROM trials WHERE state = 'COMPLETE'"
    limit = time.monotonic() + 60.0
    while time.monotonic() < limit:
        time.sleep(0.02)
        if not (var / "tuning.db").exists():
            continue
        known = sqlite3.connect(f"file:{var / 'tuning.db'}?mode=ro", uri=True)
        try:
            enough = known.execute(done).fetchone()[0] >= trials
        except sqlite3.OperationalError:  # its tables are not there yet
            enough = False
        finally:
            known.close()
        if enough:
            os.kill(os.getpid(), signal.SIGINT)
            return


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--trials", "0"], "must be 1 to 10000 trials, got '0'"),
        (["--minutes", "-1"], "must be a positive number of minutes, got '-1'"),
        (["--minutes", "soon"], "must be a positive number of minutes, got 'soon'"),
        (["--as-of", "2024-06-01"], "too short to tune on"),
        (["--out", "."], ".: cannot be written: is a folder, not the name of a file"),
    ],
)
def test_what_cannot_be_tuned_is_one_sentence(
    toml: Path, tmp_path: Path, run_command: Callable[..., Any], flags: list[str], sentence: str
) -> None:
    out, var = tmp_path / "best.toml", tmp_path / "var"
    ran = run_command("tune", "--config", str(toml), "--out", str(out), *flags, var=var)
    assert (ran.code, ran.result) == (2, {})
    assert sentence in ran.stderr.splitlines()[-1]
    assert not out.exists()
    assert [each for each in var.glob("*") if each.name != "transactions"] == []


def test_a_study_file_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "tuning.db").write_text("no database" * 100)
    with pytest.raises(ConnectionError, match=r"tuning\.db: cannot be used .* remove it, or set"):
        open_study(tmp_path, "churn")


def test_first_searches_at_once_share_one_file(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    names = ("churn", "churn", "spend")
    started = [fork.Process(target=open_study, args=(tmp_path, each)) for each in names]
    for each in started:
        each.start()
    for each in started:
        each.join(60.0)
    assert [each.exitcode for each in started] == [0, 0, 0]
    assert {each.name for each in tmp_path.iterdir()} == {"tuning.db", ".tuning.lock"}


def test_without_optuna_the_repair_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match="not installed: pip install optuna"):
        library()
