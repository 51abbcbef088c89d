"""The examples of README.md and docs/estimator.md run as they stand, on a shop that is made up."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from features.simulate import simulate

ROOT = Path(__file__).resolve().parents[3]


def examples(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    return [each for each in found if "serve.client" not in each]


@pytest.mark.parametrize(("page", "least"), [("README.md", 1), ("docs/estimator.md", 4)])
def test_the_examples_of_a_page_run_one_after_the_other(page: str, least: int) -> None:
    made = simulate(customers=80, seed=4, as_of=datetime(2025, 1, 1, tzinfo=UTC), horizon_days=60)
    columns = {"customer_id": "client", "timestamp": "date", "amount": "total"}
    names: dict[str, Any] = {"df": made.transactions.rename(columns=columns)}
    found = examples(page)
    assert len(found) >= least
    with warnings.catch_warnings():
        for each in found:
            exec(compile(each, page, "exec"), names)
    assert len(names["model"].predict()) > 40
