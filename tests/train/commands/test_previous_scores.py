"""`report --previous` reads scores that anybody may have written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import DataError
from train.commands.report import read_tiers

HEAD = "customer_id,as_of,tier,clv\n"


def test_ids_of_a_csv_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(f"{HEAD}007,2020-01-01,Gold,3\nNA,2020-01-01,,\n")
    found = read_tiers(path, "UTC").customers
    assert list(found.index) == ["007", "NA"]
    assert found["tier"].iloc[0] == "Gold"
    assert found.iloc[1].isna().all()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "cannot be read as scores"),
        ("\xff", "cannot be read as scores"),
        (f"{HEAD}1,soon,Gold,3\n", "as_of must be a date"),
        (f"{HEAD}1,2020-01-01,Gold,3\n1,2020-01-01,Gold,3\n", "names a customer twice"),
        (HEAD, "holds no rows"),
        ("a,b\n1,2\n", "holds no customer_id, as_of, tier, clv"),
    ],
)
def test_what_are_no_scores_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=sentence) as refused:
        read_tiers(path, "UTC")
    assert str(refused.value).startswith(f"{path}: ")


def test_a_damaged_parquet_is_read_or_one_sentence(tmp_path: Path) -> None:
    path, rng = tmp_path / "scores.parquet", np.random.default_rng(1)
    ids = [f"{number:05d}" for number in range(200)]
    frame = pd.DataFrame({"customer_id": ids, "as_of": "2020-01-01", "tier": "Gold", "clv": 1.5})
    frame.to_parquet(path)
    whole, refused = path.read_bytes(), 0
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged[: rng.integers(len(whole))] if rng.random() < 0.2 else damaged)
        try:
            read_tiers(path, "UTC")
        except DataError:
            refused += 1
    assert refused
