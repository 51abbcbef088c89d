"""What groups of customers will bring together, with the interval of the sum."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from models.bundle import Bundle
from models.predictor import predictor_of


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


def total(bundle: Bundle, predictions: pd.DataFrame) -> Total:
    """All rows as one group.

    predictions  with a column `cost`; of subscriptions with clv_if_more_leave and
                 clv_if_fewer_leave, money: the clv of each where the shift of all departures lies
                 at an end of its interval of 80 %
    """
    known = predictions.dropna(subset=["expected_revenue"])
    revenue = predictor_of(bundle).total_revenue(known) if len(known) else (0.0, 0.0, 0.0)
    if bundle.clv_covers == "life":
        clv, clv_low, clv_high = _of_lives(known)
    else:
        clv, clv_low, clv_high = _of_horizon(known, *revenue)
    return Total(
        len(predictions),
        *revenue,
        clv=clv,
        clv_low=clv_low,
        clv_high=clv_high,
        p_churn=float(known["p_churn"].mean()) if len(known) else float("nan"),
    )


def _of_horizon(
    known: pd.DataFrame, revenue: float, low: float, high: float
) -> tuple[float, float, float]:
    """The margin of a sum lies where its revenue does: the interval is that of the revenue, brought
    to value as the group's own expectation is. What keeping customers costs is not spread."""
    clv, cost = float(known["clv"].sum()), float(known["cost"].sum())
    worth = (clv + cost) / revenue if revenue > 0.0 else 0.0
    return clv, low * worth - cost, high * worth - cost


def _of_lives(known: pd.DataFrame) -> tuple[float, float, float]:
    """Each life ends on its own, but all share the shift of departures: the first evens out in a
    large group, the second does not."""
    worth = known[["clv", "clv_if_more_leave", "clv_if_fewer_leave"]].sum()
    clv, worse, better = (float(each) for each in worth)
    own = float(np.linalg.norm((known["clv_high"] - known["clv_low"]) / 2.0))
    return clv, clv - float(np.hypot(own, clv - worse)), clv + float(np.hypot(own, better - clv))


def by_group(bundle: Bundle, predictions: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Answers and a group of each, null for none -> `Total` of each group, index the group.

    With the columns customer_share and value_share of all that are in a group, and mean_clv.
    """
    names = groups.reindex(predictions.index)
    found = {
        name: asdict(total(bundle, predictions[(names == name).fillna(False)]))
        for name in sorted(names.dropna().unique())
    }
    frame = pd.DataFrame.from_dict(found, orient="index", columns=list(Total.__dataclass_fields__))
    clv = frame["clv"].sum()
    return frame.assign(
        customer_share=frame["customers"] / max(frame["customers"].sum(), 1),
        value_share=frame["clv"] / clv if clv > 0.0 else np.nan,
        mean_clv=frame["clv"] / frame["customers"],
    )
