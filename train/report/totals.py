"""What groups of customers will bring together, with the interval of the sum."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from models.answers import total_revenue
from models.bundle import AnyBundle


@dataclass(frozen=True)
class Total:
    """A group of customers over the horizon; money, intervals of 80 %.

    cost     of keeping them, discounted; part of clv, which is margin less cost
    p_churn  mean over those of whom it is known
    """

    customers: int
    revenue: float
    revenue_low: float
    revenue_high: float
    clv: float
    clv_low: float
    clv_high: float
    p_churn: float


def total(bundle: AnyBundle, answers: pd.DataFrame) -> Total:
    """The group of all rows: answers with a column `cost`.

    The margin of a sum lies where its revenue does: the interval is that of the revenue, brought
    to value as the group's own expectation is. What keeping customers costs is not spread.
    """
    known = answers.dropna(subset=["expected_revenue"])
    revenue, low, high = total_revenue(bundle, known) if len(known) else (0.0, 0.0, 0.0)
    clv, cost = float(known["clv"].sum()), float(known["cost"].sum())
    worth = (clv + cost) / revenue if revenue > 0.0 else 0.0
    return Total(
        customers=len(answers),
        revenue=revenue,
        revenue_low=low,
        revenue_high=high,
        clv=clv,
        clv_low=low * worth - cost,
        clv_high=high * worth - cost,
        p_churn=float(known["p_churn"].mean()) if len(known) else float("nan"),
    )


def by_group(bundle: AnyBundle, answers: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Answers and a group of each, null for none -> `Total` of each group, index the group.

    With the columns customer_share and value_share of all that are in a group, and mean_clv.
    """
    names = groups.reindex(answers.index)
    found = {
        name: asdict(total(bundle, answers[(names == name).fillna(False)]))
        for name in sorted(names.dropna().unique())
    }
    frame = pd.DataFrame.from_dict(found, orient="index", columns=list(Total.__dataclass_fields__))
    clv = frame["clv"].sum()
    return frame.assign(
        customer_share=frame["customers"] / max(frame["customers"].sum(), 1),
        value_share=frame["clv"] / clv if clv > 0.0 else np.nan,
        mean_clv=frame["clv"] / frame["customers"],
    )
