"""What becomes of a case: read as is right, refused with the key named, or something worse."""

from __future__ import annotations

import os
import tomllib
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import ValidationError

from benchmarks.intake_cases.case import COLUMNS, CONFIG, EXPECTED, expectation
from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.transactions import TransactionLog, read_transactions

Kind = Literal["right", "refused", "unclear", "wrong", "traceback", "late"]
WORDS: dict[Kind, str] = {
    "right": "right",
    "refused": "refused with the key named",
    "unclear": "refused, unclear",
    "wrong": "wrong",
    "traceback": "traceback",
    "late": "not done in time",
}
GOOD: tuple[Kind, ...] = ("right", "refused")
LONGEST_SENTENCE = 1000


@dataclass(frozen=True)
class Verdict:
    """What became of a case, and the sentence or the difference that shows it."""

    kind: Kind
    shown: str


def judge(folder: Path) -> Verdict:
    """Read the source of a case's folder, with that as the working directory."""
    expected = expectation(folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        found = read_transactions(configured(folder))
    except ValidationError as error:
        return _refusal("; ".join(str(each["msg"]) for each in error.errors()), expected)
    except DataError as error:
        return _refusal(str(error), expected)
    except Exception:
        return Verdict("traceback", traceback.format_exc().strip().splitlines()[-1])
    finally:
        os.chdir(before)
    if "refused" in expected:
        return Verdict("wrong", f"read, though {expected['refused']!r} had to be asked for")
    different = _differences(found, expected)
    return Verdict("wrong", "; ".join(different)) if different else Verdict("right", "")


def configured(folder: Path) -> PurchaseData:
    """The section data of config.toml; what it does not name is called as in `COLUMNS`."""
    path = folder / CONFIG
    values = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    data = dict(values.get("data", values))
    own = {CONFIG, EXPECTED, "expected.json"}
    sources = sorted(each.name for each in folder.iterdir() if each.name not in own)
    data.setdefault("transactions", sources[0] if len(sources) == 1 else str(folder))
    data["columns"] = COLUMNS | data.get("columns", {})
    return PurchaseData.model_validate(data)


def _refusal(sentence: str, expected: dict[str, Any]) -> Verdict:
    named = "refused" in expected and str(expected["refused"]) in sentence
    clear = "\n" not in sentence and len(sentence) <= LONGEST_SENTENCE
    return Verdict("refused" if named and clear else "unclear", sentence)


def _differences(found: TransactionLog, expected: dict[str, Any]) -> list[str]:
    lines = found.lines
    sums = lines.groupby("customer_id")["amount"].sum()
    pairs: list[tuple[str, Any, Any]] = [
        ("customers", len(sums), expected.get("customers")),
        ("orders", found.counts["orders"], expected.get("orders")),
        ("amount", float(lines["amount"].sum()), expected.get("amount")),
    ]
    for customer, amount in expected.get("per_customer", {}).items():
        pairs.append((f"customer {customer!r}", sums.get(customer), amount))
    at = [pd.Timestamp(us, unit="us").isoformat() for us in lines["us"]]
    if moments := expected.get("moments"):
        pairs.append(("moments", at, moments))
    return [
        f"{name}: {got!r} instead of {wanted!r}"
        for name, got, wanted in pairs
        if wanted is not None and not _same(got, wanted)
    ]


def _same(got: Any, wanted: Any) -> bool:
    if isinstance(wanted, int | float) and got is not None:
        return bool(np.isclose(got, wanted, rtol=1e-12, atol=1e-9))
    return bool(got == wanted)
