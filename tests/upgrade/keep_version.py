"""Store what a version of the project writes and predicts, for tests of the versions after it.

    python -m tests.upgrade.keep_version CHECKOUT FOLDER

For each kind of customers a small model is trained, a few customers are scored into a store, and
the service is asked; all by the commands of the version in CHECKOUT. README.md says what is stored.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.checkout import Checkout, ask

PURCHASES = """[data]
transactions = "{file}"
timezone = "America/New_York"
columns = {{ customer_id = "customer", timestamp = "at", amount = "amount", category = "shelf" }}
[problem]
horizon_days = 60
snapshots = 3
[economics]
margin = 0.4
retention_cost_annual = 2.0
[churn]
max_rounds = 5
[spend]
max_rounds = 5
"""
SUBSCRIPTIONS = """[data]
customers = "{file}"
known_until = "2018-01-01"
departures = "all"
attributes = ["contract", "payment_method", "internet_service"]
columns = {{ customer_id = "customer", tenure = "tenure", amount = "amount", cancelled = "gone" }}
[problem]
relationship = "contract"
horizon_days = 365
[churn]
max_rounds = 5
"""
RAW = {
    "as_of": "1998-07-01",
    "horizon_days": [30, 365],
    "curve": True,
    "explain": True,
    "customers": [
        {
            "customer_id": "often",
            "transactions": [
                {"timestamp": f"1998-0{month}-0{day}T10:15:00", "amount": amount, "category": shelf}
                for month, day, amount, shelf in [
                    (1, 3, 31.25, "middle"),
                    (3, 8, 12.5, "low"),
                    (4, 2, 64.75, "high"),
                    (6, 9, 20.0, "middle"),
                ]
            ],
        },
        {
            "customer_id": "once",
            "transactions": [{"timestamp": "1997-10-03", "amount": 18.9, "category": "middle"}],
        },
    ],
}
STORED = 30
TERMS = "horizon_days=30,365&margin=0.5&curve=true&explain=true&history=true&features=true"


def purchases(data: Path, folder: Path) -> str:
    """The log of a few hundred customers, and of few of them; returns the configuration."""
    log = pd.read_parquet(data / "cdnow_sample.parquet")
    number = log["customer_id"].rank(method="dense").astype(int)
    shelf = pd.cut(log["amount"], [-1, 15, 40, 1e6], labels=["low", "middle", "high"])
    log = pd.DataFrame(
        {
            "customer": "c" + number.astype("str").str.zfill(3),
            "at": log["ts"],
            "amount": log["amount"],
            "shelf": shelf.astype("str"),
        }
    )
    log[number <= 800].to_parquet(folder / "all.parquet", index=False)
    log[number <= STORED].to_parquet(folder / "few.parquet", index=False)
    return PURCHASES


def subscriptions(data: Path, folder: Path) -> str:
    """The table of a few hundred subscribers, and of few of them; returns the configuration."""
    table = pd.read_parquet(data / "telco.parquet").head(700)
    table = pd.DataFrame(
        {
            "customer": [f"s{place:03d}" for place in range(len(table))],
            "tenure": table["tenure_months"],
            "amount": table["monthly_amount"],
            "gone": table["churned"],
            **{name: table[name] for name in ("contract", "payment_method", "internet_service")},
        }
    )
    table.to_parquet(folder / "all.parquet", index=False)
    table.head(STORED).to_parquet(folder / "few.parquet", index=False)
    return SUBSCRIPTIONS


def questions(kind: str, scored: Path) -> list[tuple[str, Any]]:
    """Paths and bodies that are asked; a body of None is a GET."""
    table = pd.read_parquet(scored).head(3).drop(columns=["as_of", "horizon_days"], errors="ignore")
    rows = json.loads(table.to_json(orient="records", double_precision=15))
    ids = [*table["customer_id"].head(2), "nobody"]
    whole = {"curve": True, "explain": True}
    asked = [
        ("/predict_features", {"rows": rows, "horizon_days": [30, 365], **whole}),
        ("/lookup", {"customer_ids": ids}),
        ("/lookup", {"customer_ids": ids, "economics": {"margin": 0.2}}),
        (f"/customers/{ids[0]}", None),
        (f"/customers/{ids[1]}?{TERMS}", None),
        ("/customers?sort=clv&descending=true&limit=5", None),
        ("/overview", None),
    ]
    return [("/predict", RAW), *asked] if kind == "purchases" else asked


def keep(kind: str, checkout: Path, place: Path) -> None:
    """Train, score and ask by the commands of a checkout; store what the README lists."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        tested = Checkout(checkout, work / "var")
        tested.var.mkdir()
        make = {"purchases": purchases, "subscriptions": subscriptions}[kind]
        text = make(checkout / "data", work)
        for name in ("all", "few"):
            (work / f"{name}.toml").write_text(text.format(file=work / f"{name}.parquet"))
        tested.run("train", "--config", str(work / "all.toml"))
        scoring = ("serve", "score", "--config", str(work / "few.toml"))
        store = ("--store", f"sqlite:///{tested.var / 'scores.db'}")
        if kind == "purchases":
            tested.run(*scoring, *store, "--as-of", "1998-04-01")
        scored = work / "scored.parquet"
        tested.run(*scoring, *store, "--features-out", str(scored))
        with tested.service() as address:
            exchanges = []
            for path, body in questions(kind, scored):
                status, reply = ask(address + path, body)
                exchanges.append(
                    {"path": path, "body": body, "status": status, "reply": json.loads(reply)}
                )
        _collect(tested.var, place)
        shutil.copy(work / "few.parquet", place / "customers.parquet")
        (place / "config.toml").write_text(text, encoding="utf-8")
        lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in exchanges)
        (place / "exchanges.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _collect(var: Path, place: Path) -> None:
    """From the folder of state: the registered model, what its run holds, pointer and store."""
    place.mkdir(parents=True)
    model = next((var / "artifacts").rglob("bundle/card.json")).parents[1]
    shutil.copytree(model, place / "model", ignore=shutil.ignore_patterns("*input_example.json"))
    shutil.copy(next((var / "artifacts").rglob("judged.json")), place)
    shutil.copy(var / "last_good" / "current.json", place)
    with closing(sqlite3.connect(var / "scores.db")) as store:
        store.execute("PRAGMA journal_mode = DELETE")
        store.execute("VACUUM INTO ?", [str(place / "scores.db")])


if __name__ == "__main__":
    for each in ("purchases", "subscriptions"):
        keep(each, Path(sys.argv[1]).resolve(), Path(sys.argv[2]) / each)
