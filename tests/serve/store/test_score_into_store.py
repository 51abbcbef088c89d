"""Journeys through `python -m serve score --store`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.config.sections import Economics
from models.purchases.predictor import PurchasePredictor
from serve.__main__ import main
from serve.store.database import Database
from serve.store.lookups import LookupResult, current_batch, history, lookup


@pytest.fixture(autouse=True)
def environment(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_VAR", str(store.var))
    monkeypatch.setenv("PERENNIAL_MODEL", str(store.folder))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def file_address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'scores.db'}"


Captured = pytest.CaptureFixture[str]


def score(capsys: Captured, *flags: object) -> tuple[dict[str, Any], str]:
    """The JSON result and what was printed on the way."""
    assert main(["score", *map(str, flags)]) == 0
    captured = capsys.readouterr()
    return json.loads(captured.out.splitlines()[-1]), captured.err


def refused(capsys: Captured, *flags: object) -> str:
    """The sentence of a command that ends with 2."""
    assert main(["score", *map(str, flags)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    sentence: str = captured.err.splitlines()[-1]
    return sentence


def look(address: str, ids: list[str]) -> LookupResult:
    database = Database(address)
    try:
        return lookup(database, ids, features=True)
    finally:
        database.close()


def plain(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value


def test_the_store_holds_what_the_file_holds(
    config_path: Path, address: str, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "scores.parquet"
    result, printed = score(capsys, "--config", config_path, "--out", out, "--store", address)
    assert result["store"].items() >= {"batch": 1, "unchanged": False, "dropped": 0}.items()
    assert result["out"] == str(out)
    assert "ss%3Aw" not in printed + json.dumps(result)
    assert f"wrote batch 1 of {result['store']['url']}" in printed

    scores = pd.read_parquet(out).set_index("customer_id")
    found = look(address, list(scores.index))
    assert found.unknown == []
    names = [name for name in found.batch.columns if name != "warnings"]
    assert [[each.prediction[name] for name in names] for each in found.scores] == [
        [plain(value) for value in row] for row in scores[names].to_numpy(dtype=object).tolist()
    ]
    assert ["; ".join(each.prediction["warnings"]) for each in found.scores] == list(
        scores["warnings"]
    )
    batch = found.batch
    assert (batch.horizon_days, batch.currency, batch.customers) == (60, "USD", len(scores))
    assert batch.as_of == scores["as_of"].iloc[0]
    assert batch.totals["total_clv"] == result["total_clv"]
    assert batch.totals["counts"] == result["counts"]
    assert batch.model_version == result["model"]["version"]


def test_other_horizons_can_be_predicted_from_the_store(
    store: Any, config_path: Path, table: pd.DataFrame, file_address: str, capsys: Captured
) -> None:
    """The stored features give the same numbers as the log, to the last bit."""
    score(capsys, "--config", config_path, "--store", file_address)
    found = look(file_address, list(table.index))
    rows = pd.DataFrame([each.features for each in found.scores], index=table.index)
    other = {"horizon_days": 123, "economics": Economics(margin=0.4)}
    pd.testing.assert_frame_equal(
        PurchasePredictor(store.bundle).predict(
            rows[list(table)], as_of=found.batch.as_of, **other
        ),
        PurchasePredictor(store.bundle).predict(table, as_of=found.batch.as_of, **other),
        check_exact=True,
    )


def test_repeating_changes_nothing_and_an_older_batch_can_come_back(
    config_path: Path, file_address: str, capsys: Captured
) -> None:
    flags = ["--config", config_path, "--store", file_address]
    results = [
        score(capsys, *flags, "--horizon-days", days, "--keep", keep)
        for days, keep in [(60, ""), (60, ""), (30, 2), (60, 2), (31, 2), (32, 2)]
    ]
    stores = [result["store"] for result, _ in results]
    assert [each["batch"] for each in stores] == [1, 1, 2, 1, 3, 4]
    assert [each["unchanged"] for each in stores] == [False, True, False, False, False, False]
    assert [each["dropped"] for each in stores] == [0, 0, 0, 0, 1, 1]
    assert "nothing was written" in results[1][1]
    assert "is the current one again" in results[3][1]
    assert "dropped 1 older batches" in results[4][1]
    assert "out" not in results[0][0]
    reader = Database(file_address)
    customer = results[0][0]["top"][0]["customer_id"]
    assert [each.horizon_days for each, _ in history(reader, customer)] == [32, 31]
    reader.close()


def test_what_cannot_be_stored_is_one_sentence_and_leaves_nothing(
    config_path: Path, tmp_path: Path, capsys: Captured
) -> None:
    config, out = ["--config", config_path], tmp_path / "scores.parquet"
    assert refused(capsys, *config) == (
        "nowhere to write the scores to: give --out, --store, or both"
    )
    assert "give --out, --store" in refused(capsys, *config, "--out", "", "--store", "")
    same = [*config, "--out", out, "--features-out", out]
    assert "--features-out must be another file" in refused(capsys, *same)
    for address in ("postgresql://me:hushhush@127.0.0.1:1/db", "postgresql://me:hushhush"):
        printed = refused(capsys, *config, "--out", out, "--store", address)
        assert "score store" in printed
        assert "hush" not in printed
    assert not any(tmp_path.iterdir())

    blocked = f"sqlite:///{config_path}/scores.db"
    assert "folder cannot be made" in refused(capsys, *config, "--out", out, "--store", blocked)
    assert not out.exists()
    bad_as_of = [*config, "--store", f"sqlite:///{tmp_path / 'new.db'}", "--as-of", "1990-01-01"]
    assert "no customer has a purchase" in refused(capsys, *bad_as_of)
    assert not (tmp_path / "new.db").exists()


def test_other_policies_and_an_earlier_as_of_are_warned_of(
    config_path: Path, file_address: str, tmp_path: Path, capsys: Captured
) -> None:
    other = tmp_path / "other.toml"
    text = config_path.read_text().replace("timezone", 'duplicates = "drop"\ntimezone')
    other.write_text(text)
    _, printed = score(capsys, "--config", other, "--store", file_address, "--as-of", "1997-04-01")
    assert 'data.duplicates is "drop", the model was trained with "keep"' in printed
    assert "data.refunds" not in printed
    assert "lies before the model's own" in printed
    _, printed = score(capsys, "--config", config_path, "--store", file_address)
    assert "the model was trained with" not in printed
    assert "lies before" not in printed


def test_a_number_of_batches_that_is_none_is_refused(capsys: Captured) -> None:
    for keep in ("0", "-1", "many"):
        with pytest.raises(SystemExit):
            main(["score", "--config", "c.toml", "--store", "s", "--keep", keep])
        assert "must be 1 to 10000 batches" in capsys.readouterr().err


def test_no_store_is_made_unless_it_is_asked_for(
    config_path: Path,
    store: Any,
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PERENNIAL_MODEL", str(store.folder))
    monkeypatch.setenv("PERENNIAL_VAR", str(tmp_path))
    result, _ = score(capsys, "--config", config_path, "--out", tmp_path / "s.csv", "--store", "")
    assert "store" not in result
    assert not (tmp_path / "scores.db").exists()
    assert current_batch(Database(f"sqlite:///{tmp_path / 'scores.db'}")) is None
