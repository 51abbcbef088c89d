"""Small bundles that differ in numbers, currency, horizon, features or relationship."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from benchmarks.bench_serve.processes import ROOT
from features.config.read import read_purchase_config, read_subscription_config
from features.dataset import read_dataset
from features.ingest.transactions import read_transactions
from models.purchases.bundle import PurchaseBundle
from models.subscriptions.bundle import SubscriptionBundle

AS_OF = "1998-01-01"
HORIZON_DAYS = 60
EVERY = 8
PURCHASES = """
[data]
transactions = "{file}"
[data.columns]
customer_id = "customer_id"
timestamp = "ts"
amount = "amount"
{more}
[problem]
horizon_days = {horizon_days}
snapshots = 3
[churn]
max_rounds = 5
[spend]
max_rounds = 5
"""
FEW_ROUNDS = "\n[churn]\nmax_rounds = 5\nlearning_rate = 0.3\n"


def purchases(config: Path, log: Path, more: str = "") -> PurchaseBundle:
    """A bundle of purchases; its configuration is written to `config`.

    more  further columns of the log
    """
    from train.purchases.fit import fit
    from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask

    config.write_text(PURCHASES.format(file=log, more=more, horizon_days=HORIZON_DAYS))
    read = read_purchase_config(config)
    lines = read_transactions(read.data)
    as_of = pd.Timestamp(AS_OF, tz=lines.timezone).to_pydatetime()
    task = PurchaseTask(read, PurchaseSnapshots(lines), as_of, HORIZON_DAYS)
    found: PurchaseBundle = fit(task, step=lambda done: None).bundle
    return found


def with_shelves(log: Path, folder: Path) -> Path:
    """The same log with a category, which makes features of its own."""
    lines, path = pd.read_parquet(log), folder / "shelves.parquet"
    shelf = pd.cut(lines["amount"], [-1, 15, 40, 1e6], labels=["low", "middle", "high"])
    lines.assign(shelf=shelf.astype("str")).to_parquet(path)
    return path


def subscriptions(config: Path) -> SubscriptionBundle:
    """A bundle of subscribers, whose features have nothing in common with those of purchases."""
    from train.subscriptions.fit import fit
    from train.subscriptions.snapshot_cache import SubscriptionSnapshots, SubscriptionTask

    telco, some = ROOT / "data" / "telco.parquet", config.with_suffix(".parquet")
    pd.read_parquet(telco).iloc[::EVERY].to_parquet(some)
    text = (ROOT / "configs" / "telco.toml").read_text(encoding="utf-8")
    config.write_text(text.replace("data/telco.parquet", str(some)) + FEW_ROUNDS)
    read = read_subscription_config(config)
    subscribers = read_dataset(read)
    task = SubscriptionTask(read, SubscriptionSnapshots(subscribers), subscribers.end, 365)
    found: SubscriptionBundle = fit(task).bundle
    return found


def shifted(bundle: PurchaseBundle, number: int) -> PurchaseBundle:
    """Each predicts a little more confidently than the one before that customers come back."""
    churn = bundle.card.churn
    moved = churn.model_copy(update={"shift": churn.shift + 0.05 * number})
    return with_card(bundle, churn=moved)


def with_card(bundle: PurchaseBundle, **changes: object) -> PurchaseBundle:
    """The same with other entries of its card."""
    return replace(bundle, card=bundle.card.model_copy(update=changes))
