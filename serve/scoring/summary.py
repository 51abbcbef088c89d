"""The result of batch scoring for all customers together: as JSON, and as a table for people."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from features.dataset import Dataset
from features.ingest.health.finding import by_name
from models.predictor import predictor_of
from serve.model.loaded import LoadedModel

logger = logging.getLogger(__name__)

TOP = 10


def summarize(scores: pd.DataFrame, model: LoadedModel, dataset: Dataset) -> dict[str, Any]:
    """The JSON result of `python -m serve score`, but for where the scores went."""
    revenue, low, high = predictor_of(model.bundle).total_revenue(scores)
    top = scores.nlargest(TOP, "clv")[["customer_id", "clv", "p_churn", "expected_spend"]]
    return {
        "rows": len(scores),
        "as_of": scores["as_of"].iloc[0].isoformat(),
        "horizon_days": int(scores["horizon_days"].iloc[0]),
        "currency": model.bundle.card.currency,
        "relationship": model.bundle.relationship,
        "model": {
            "name": model.name,
            "version": model.version,
            "run_id": model.run_id,
            "trained_as_of": model.bundle.card.trained_as_of.isoformat(),
        },
        "total_clv": float(scores["clv"].sum()),
        "total_expected_revenue": revenue,
        "total_revenue_low": low,
        "total_revenue_high": high,
        "basis": {
            str(name): int(number) for name, number in scores["basis"].value_counts().items()
        },
        "counts": dataset.counts,
        "findings": by_name(dataset.findings),
        "top": top.to_dict("records"),
    }


def log_summary(result: dict[str, Any]) -> None:
    """A table of the most valuable customers, the totals, and where the scores are."""
    currency, days = result["currency"], result["horizon_days"]
    lines = [
        f"the {len(result['top'])} most valuable of {result['rows']:,} customers, "
        f"{days} days from {result['as_of']}, {currency}:",
        f"{'customer':<20} {'clv':>12} {'p_churn':>8} {'expected_spend':>15}",
    ]
    lines += [
        f"{each['customer_id']:<20} {each['clv']:>12,.2f} {each['p_churn']:>8.3f} "
        f"{each['expected_spend']:>15,.2f}"
        for each in result["top"]
    ]
    life = " of the whole remaining life" if result["relationship"] == "contract" else ""
    lines.append(
        f"all customers together: clv{life} {result['total_clv']:,.0f}, expected revenue "
        f"{result['total_expected_revenue']:,.0f} (80 % interval "
        f"{result['total_revenue_low']:,.0f} to {result['total_revenue_high']:,.0f})"
    )
    if "out" in result:
        lines.append(f"wrote {result['out']}")
    if "store" in result:
        lines.append(_stored(result["store"]))
    logger.info("%s", "\n".join(lines))


def _stored(store: dict[str, Any]) -> str:
    what = f"batch {store['batch']} of {store['url']}"
    if store["unchanged"]:
        sentence = f"{what} holds these scores already and is the current one; nothing was written"
    elif store["again"]:
        sentence = f"{what} holds these scores already and is the current one again"
    else:
        sentence = f"wrote {what}, which is the current one now"
    return sentence + (f"; dropped {store['dropped']} older batches" if store["dropped"] else "")
