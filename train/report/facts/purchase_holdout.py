"""What the holdout evaluation of a purchase model showed, without its customers.

Small enough to be logged with the run, from which a later report reads it.
"""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict

from models.metrics import coverage, normalised_gini, top_decile_capture
from train.purchases.holdout import PurchaseHoldout
from train.report.facts.deciles import decile_means, known


class PurchaseSummary(BaseModel):
    """A model of the same recipe, trained one horizon earlier, against what followed.

    expected, low, high, came  revenue of all customers together, the interval of 80 %, money
    returners_expected, ...    customers with an order in the horizon
    inside                     share of customers whose revenue lay in their own interval of 80 %
    deciles                    deciles by expected revenue, the lowest first: means, money
    risks                      deciles by churn risk, the lowest first: mean risk, share that stayed
                               away, customers
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: AwareDatetime
    horizon_days: int
    customers: int
    expected: float
    low: float
    high: float
    came: float
    returners_expected: float
    returners: int
    inside: float
    gini: float | None
    top_share: float | None
    deciles: tuple[dict[str, float], ...]
    risks: tuple[dict[str, float], ...]


def summarise_purchases(holdout: PurchaseHoldout) -> PurchaseSummary:
    """Its sums and means."""
    seen = holdout.customers
    revenue, expected = seen["revenue"], seen["expected_revenue"]
    return PurchaseSummary(
        as_of=holdout.as_of,
        horizon_days=holdout.horizon_days,
        customers=len(seen),
        expected=float(expected.sum()),
        low=holdout.total_low,
        high=holdout.total_high,
        came=float(revenue.sum()),
        returners_expected=float((1.0 - seen["p_churn"]).sum()),
        returners=int((seen["churned"] == 0).sum()),
        inside=coverage(revenue, seen["low"], seen["high"]),
        gini=known(normalised_gini(revenue, expected)),
        top_share=known(top_decile_capture(revenue, expected)),
        deciles=decile_means(
            seen, "expected_revenue", {"expected_revenue": "expected", "revenue": "came"}
        ),
        risks=decile_means(seen, "p_churn", {"p_churn": "expected", "churned": "came"}),
    )
