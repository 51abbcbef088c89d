"""Retention: how long subscribers stay, and whose value and risk differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.subscriptions.survival import observed_months
from train.charts.chart_types import curves
from train.charts.columns import Column, Row
from train.charts.theme import percent_axis
from train.report.chapters.groups import MOST, picture
from train.report.facts.subscriptions import SubscriptionFacts
from train.report.page.components import Chapter, Picture, Table, records
from train.subscriptions.holdout import CAVEAT
from train.subscriptions.person_months import history_as_of, survived

Array = NDArray[np.float64]
YEAR = 12
SHOWN = 3
OBSERVED, FITTED = "observed (Kaplan-Meier)", "shifted beta-geometric"
LINES = (
    Column("series", "curve"),
    Column("x", "months since the start", "count"),
    Column("y", "share still there", "percent"),
)
# `told`, the share explained, is a key of the report's JSON: it stays.
ATTRIBUTES = (
    Column("attribute", "attribute"),
    Column("told", "of the differences in risk", "percent"),
    Column("riskiest", "most likely to cancel"),
    Column("risk", "mean churn risk", "percent"),
    Column("safest", "least likely"),
    Column("low_risk", "mean churn risk", "percent"),
)
LEAD = (
    "Of all who began, {first_share:percent} were still there after {first:count} months and "
    "{last_share:percent} after {last:count}."
)
HAZARDS = (
    "Of a thousand customers, {early:count} left in each month of the first year "
    "and {late:count} in each month of the last year that was observed."
)
APART = (
    "Of all attributes, {attribute:text} explains most: where it is {riskiest:text}, "
    "{risk:percent} are expected to cancel within {days:days}; where it is {safest:text}, "
    "{low_risk:percent}."
)


def chapter(facts: SubscriptionFacts) -> Chapter:
    """The curve of survival, and customers by tenure and by the attributes whose risks differ."""
    inputs = facts.inputs
    months = observed_months(history_as_of(inputs.subscriptions, inputs.as_of).lifetimes)
    stays = survived(pd.DataFrame({"y": months.left}), months.month)["y"]
    stays = stays[stays.index <= inputs.bundle.card.prior.last_month]
    attributes = attribute_importance(
        facts.table, facts.predictions["p_churn"], inputs.subscriptions.attributes
    )
    numbers = _numbers(stays) | {"days": inputs.horizon_days}
    sentences = [facts.words.fill(each, **numbers) for each in (LEAD, HAZARDS)]
    if len(attributes):
        sentences += [facts.words.fill(APART, **numbers, **records(attributes)[0]), CAVEAT]
    by_attribute = [
        picture(facts, name, _texts(facts.table[name])) for name in attributes.index[:SHOWN]
    ]
    drawn = [_curves(facts, stays), _by_tenure(facts), *by_attribute]
    parts = [each for each in drawn if each is not None]
    return Chapter(
        name="retention",
        title="Retention",
        sentences=tuple(sentences),
        parts=(*parts, _attributes(facts, attributes)) if len(attributes) else tuple(parts),
        numbers=numbers,
    )


def attribute_importance(
    table: pd.DataFrame, p_churn: pd.Series, names: Sequence[str]
) -> pd.DataFrame:
    """The share of the differences in churn risk that lies between the values of each attribute.

    Columns as in `ATTRIBUTES`, index the attribute, the highest share first: that share, the
    values with the highest and the lowest mean risk, and these. An attribute of one value, or of
    many numbers, is left out.
    """
    rows = {}
    every = float(p_churn.var(ddof=0))
    for name in names:
        groups = p_churn.groupby(_texts(table[name]))
        risks = groups.mean().dropna()
        if not 1 < len(risks) <= MOST or not every > 0.0:
            continue
        spread = float((groups.count() * (risks - p_churn.mean()) ** 2).sum() / p_churn.count())
        rows[name] = {
            "attribute": name.replace("_", " "),
            "told": spread / every,
            "riskiest": str(risks.idxmax()),
            "risk": float(risks.max()),
            "safest": str(risks.idxmin()),
            "low_risk": float(risks.min()),
        }
    found = pd.DataFrame.from_dict(rows, orient="index", columns=[each.key for each in ATTRIBUTES])
    return found.sort_values("told", ascending=False, kind="stable")


def _texts(values: pd.Series) -> pd.Series:
    """The values as names of groups, null where unknown."""
    if pd.api.types.is_numeric_dtype(values):
        return values.map("{:g}".format, na_action="ignore")
    return values


def _numbers(stays: pd.Series) -> dict[str, Any]:
    """How many were still there, and how many of a thousand left a month, early and late."""
    last = int(stays.index[-1])
    first = min(YEAR, last)
    before = max(last - YEAR, 0)
    return {
        "first": first,
        "first_share": _at(stays, first),
        "last": last,
        "last_share": _at(stays, last),
        "early": 1000.0 * _hazard(1.0, _at(stays, first), first),
        "late": 1000.0 * _hazard(_at(stays, before), _at(stays, last), last - before),
    }


def _at(stays: pd.Series, month: int) -> float:
    """The share still there after so many months."""
    return float(stays[stays.index <= month].iloc[-1])


def _hazard(before: float, after: float, months: int) -> float:
    """The chance to leave in a month that, the same in each, gives this decline."""
    return float(1.0 - (after / before) ** (1.0 / months)) if before > 0.0 else 1.0


def _curves(facts: SubscriptionFacts, stays: pd.Series) -> Picture:
    months = stays.index.to_numpy(dtype=float)
    fitted = facts.inputs.bundle.card.prior.model.survival(months)
    rows = [*_line(OBSERVED, months, stays.to_numpy(dtype=float)), *_line(FITTED, months, fitted)]
    rows[len(months) - 1]["end"] = facts.words.format_field(rows[len(months) - 1]["y"], "percent")
    off = np.abs(fitted - stays.to_numpy(dtype=float))
    sentence = (
        "The shifted beta-geometric, from which the trees start, knows tenure alone. It differs "
        "from what was seen by {gap:points} at most, after {at:count} months."
    )
    at = int(np.argmax(off))
    return Picture(
        name="survival",
        title="How long subscribers stay",
        caption=facts.words.fill(sentence, gap=float(off[at]), at=float(months[at])),
        columns=LINES,
        rows=rows,
        spec=curves(
            LINES,
            "months since the start",
            percent_axis("share still there"),
            series=[OBSERVED, FITTED],
        ),
    )


def _line(series: str, months: Array, share: Array) -> list[Row]:
    return [
        {"series": series, "x": float(month), "y": float(value), "end": None}
        for month, value in zip(months, share, strict=True)
    ]


def _by_tenure(facts: SubscriptionFacts) -> Picture | None:
    """Today's customers by the year of their contract, the first one first."""
    year = (facts.table["tenure_months"] // YEAR + 1).clip(upper=MOST)
    names = {each: f"year {each:.0f}" for each in range(1, MOST)} | {MOST: f"year {MOST} or later"}
    return picture(facts, "year as a customer", year.map(names), list(names.values()))


def _attributes(facts: SubscriptionFacts, attributes: pd.DataFrame) -> Table:
    return Table(
        name="attributes",
        title="Which attributes explain churn risk",
        caption=facts.words.fill(
            "What each explains alone; where attributes are related, their shares overlap. "
            "The first, {attribute:text}, explains {told:percent} of the differences in "
            "churn risk.",
            **records(attributes)[0],
        ),
        columns=ATTRIBUTES,
        rows=records(attributes),
    )
