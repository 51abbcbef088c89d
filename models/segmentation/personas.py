"""What a group of customers is like, in numbers and in words."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from features.timestamps import require_aware
from models.segmentation.rfm import net_revenue

RECENCY = ("Recent", "Quiet", "Long silent")
FREQUENCY = ("one-time", "occasional", "regular", "frequent")
VALUE = ("small orders", "ordinary orders", "large orders")


def favourite(lines: pd.DataFrame, column: str, as_of: datetime) -> pd.Series:
    """Canonical lines -> the label of `column` that each customer bought in most orders.

    Text by customer_id; of several the one with the most money, then the first by name. Lines at
    or after as_of, refunds and lines without a label are not seen; who has none is not listed.
    """
    until = pd.Timestamp(require_aware(as_of)).as_unit("us").value
    seen = (lines["us"] < until) & (lines["amount"] > 0) & lines[column].notna()
    by_label = lines[seen].groupby(["customer_id", column])
    counted = by_label.agg(orders=("order_id", "nunique"), money=("amount", "sum")).reset_index()
    ordered = counted.sort_values(
        ["customer_id", "orders", "money", column], ascending=[True, False, False, True]
    )
    first = ordered.drop_duplicates("customer_id")
    return pd.Series(first[column].array, index=pd.Index(first["customer_id"]), name=column)


def profiles(
    table: pd.DataFrame,
    groups: pd.Series,
    *,
    predictions: pd.DataFrame | None = None,
    favourites: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Feature table and a group of each customer -> one row per group.

        customers, customer_share
        revenue_share           of all net revenue so far; null where that is not positive
        recency_days, orders    medians of the group's customers
        order_value             median of their mean purchase values, money
        value_share             of all predicted value; null without predictions
        p_churn                 mean; null without predictions
        favourite_category, favourite_channel   the commonest favourite; null where unknown

    groups       any names, null for customers who are left out: clusters, segments, tiers
    predictions  by customer, with `clv` and `p_churn`, null where unknown
    favourites   columns category and channel, or one of them: `favourite` of each customer
    """
    customers = _customers(table, predictions)
    by_group = customers.groupby(groups.reindex(table.index), observed=True)
    found = by_group[["recency_days", "orders", "order_value"]].median()
    found.insert(0, "customers", by_group.size())
    found.insert(1, "customer_share", found["customers"] / found["customers"].sum())
    found.insert(2, "revenue_share", _share_of_all(by_group["net"].sum()))
    found["value_share"] = _share_of_all(by_group["clv"].sum())
    found["p_churn"] = by_group["p_churn"].mean()
    for column in ("category", "channel"):
        found[f"favourite_{column}"] = _commonest(groups, favourites, column).reindex(found.index)
    return found


def names(profiles: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Profiles -> a name for each group that sets it apart from the others, in a few words.

    Recency is named by thirds of the way from the latest group to the one silent longest, order
    value by thirds of all customers, orders by their mean.
    """
    silence = profiles["recency_days"].agg(["min", "max"])
    ways = np.linspace(silence["min"], silence["max"], 4)[1:3]
    thirds = table["monetary_mean"].quantile([1 / 3, 2 / 3]).to_numpy()
    often = max(2.0, float(table["n_orders"].mean()))
    taken: dict[str, int] = {}
    found = []
    for _, row in profiles.iterrows():
        recency = RECENCY[_place(row["recency_days"], ways)]
        frequency = FREQUENCY[_place(row["orders"], np.array([1.0, often / 2.0, often]))]
        value = VALUE[_place(row["order_value"], thirds)]
        name = f"{recency}, {frequency}, {value}"
        taken[name] = taken.get(name, 0) + 1
        found.append(name if taken[name] == 1 else f"{name} ({taken[name]})")
    return pd.Series(found, index=profiles.index, name="name", dtype="str")


def words(profile: pd.Series, *, currency: str, horizon_days: int) -> str:
    """One row of `profiles` as sentences; what is unknown is left out."""
    sentences = [
        f"{profile['customers']:,} customers ({profile['customer_share']:.0%}) who brought "
        f"{_percent(profile['revenue_share'])} of the revenue so far"
        + _unless_null(" and {:.0%} of the predicted value", profile["value_share"])
        + ".",
        f"Typically {_count(profile['orders'], 'order')} of {profile['order_value']:,.0f} "
        f"{currency}, the last one {_count(profile['recency_days'], 'day')} ago.",
        _unless_null(
            f"{{:.0%}} are expected not to buy in the next {horizon_days} days.",
            profile["p_churn"],
        ),
        *(
            f"Favourite {column}: {profile[f'favourite_{column}']}."
            for column in ("category", "channel")
            if pd.notna(profile[f"favourite_{column}"])
        ),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _customers(table: pd.DataFrame, predictions: pd.DataFrame | None) -> pd.DataFrame:
    known = (
        pd.DataFrame(index=table.index) if predictions is None else predictions.reindex(table.index)
    )
    unknown = pd.Series(np.nan, index=table.index)
    return pd.DataFrame(
        {
            "recency_days": table["recency_days"],
            "orders": table["n_orders"],
            "order_value": table["monetary_mean"],
            "net": net_revenue(table),
            "clv": known.get("clv", unknown),
            "p_churn": known.get("p_churn", unknown),
        }
    )


def _share_of_all(sums: pd.Series) -> pd.Series:
    total = float(sums.sum())
    return sums / total if total > 0 else sums * np.nan


def _commonest(groups: pd.Series, favourites: pd.DataFrame | None, column: str) -> pd.Series:
    """The label that most customers of each group prefer; of several the first by name."""
    if favourites is None or column not in favourites:
        return pd.Series(dtype="str")
    pairs = pd.DataFrame({"group": groups, "label": favourites[column].reindex(groups.index)})
    counts = pairs.dropna().value_counts().rename("n").reset_index()
    ranked = counts.sort_values(["group", "n", "label"], ascending=[True, False, True])
    first = ranked.drop_duplicates("group")
    return pd.Series(first["label"].array, index=pd.Index(first["group"]))


def _place(value: float, bounds: np.ndarray) -> int:
    """How many bounds lie below the value."""
    return int((value > bounds).sum())


def _percent(share: float) -> str:
    return "an unknown part" if pd.isna(share) else f"{share:.0%}"


def _unless_null(sentence: str, value: float) -> str:
    return "" if pd.isna(value) else sentence.format(value)


def _count(number: float, noun: str) -> str:
    return f"{number:,.0f} {noun}{'' if round(number) == 1 else 's'}"
