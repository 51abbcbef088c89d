"""What the holdout evaluation of a subscription model showed, without its customers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from models.metrics import roc_auc
from train.report.facts.deciles import decile_means, known
from train.subscriptions.holdout import SubscriptionHoldout


class SubscriptionSummary(BaseModel):
    """A model of the same recipe against what it did not learn from.

    of                      horizon: customers, and the horizon that followed; months: months that
                            were observed, of customers not learnt from
    about                   on what, in words
    rows, left, expected    customers or months, those that ended with a cancellation, and how many
                            were expected
    auc                     P(of two, one of which ended so, that one had the higher risk)
    revenue, revenue_expected  of a horizon, money
    risks                   deciles by risk, the lowest first: mean risk, share that left
    deciles                 of a horizon, deciles by expected revenue, the lowest first: means,
                            money
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Literal["horizon", "months"]
    about: str
    rows: int
    left: int
    expected: float
    auc: float | None
    revenue: float | None = None
    revenue_expected: float | None = None
    risks: tuple[dict[str, float], ...]
    deciles: tuple[dict[str, float], ...] = ()


def summarise_subscriptions(holdout: SubscriptionHoldout) -> SubscriptionSummary:
    """Its sums and means."""
    seen = holdout.rows
    left, risk = (seen[name].to_numpy(dtype=float) for name in ("churned", "p_churn"))
    found = SubscriptionSummary(
        of=holdout.of,
        about=holdout.about,
        rows=len(seen),
        left=int(left.sum()),
        expected=float(risk.sum()),
        auc=known(roc_auc(left, risk)),
        risks=decile_means(seen, "p_churn", {"p_churn": "expected", "churned": "came"}),
    )
    if holdout.of == "months":
        return found
    of_money = {"expected_revenue": "expected", "revenue": "came"}
    return found.model_copy(
        update={
            "revenue": float(seen["revenue"].sum()),
            "revenue_expected": float(seen["expected_revenue"].sum()),
            "deciles": decile_means(seen, "expected_revenue", of_money),
        }
    )
