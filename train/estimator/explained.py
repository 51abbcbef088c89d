"""The parts of predictions as a table: they add up to the prediction on the link scales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from models.attribution import Explanation

COLUMNS = (
    *("customer_id", "part", "feature", "value", "unit", "log_odds", "log_money"),
    *("revenue_share", "words"),
)
SHARED = {
    "prior": "what the probability model alone predicts",
    "level": "what brings the totals of all customers to where they are expected",
    "trees": "what the trees add for the mean customer",
    "others": "all other features together",
}


def explained(customers: Sequence[str], explanations: Sequence[Explanation | None]) -> pd.DataFrame:
    """Explanations -> COLUMNS, a row for each part; none of a customer of whom nothing is known.

    part           prior, level, trees, driver (one each), others
    value          of a driver's feature, as text
    log_odds       of an order, or of staying; of a customer they sum to logit(1 - p_churn)
    log_money      of a customer they sum to log(expected_spend)
    revenue_share  of a driver: how much it moves the expected revenue; 0.1 is a tenth more
    """
    rows = [
        (customer, *row)
        for customer, each in zip(customers, explanations, strict=True)
        if each is not None
        for row in _rows(each)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    texts = ("customer_id", "part", "feature", "value", "unit", "words")
    numbers = ("log_odds", "log_money", "revenue_share")
    return frame.astype(dict.fromkeys(texts, "str") | dict.fromkeys(numbers, "float64"))


def _rows(explanation: Explanation) -> Iterator[tuple[Any, ...]]:
    for part in ("prior", "level", "trees"):
        yield _shared(explanation, part)
    for each in explanation.drivers:
        value = None if each.value is None else str(each.value)
        numbers = (each.churn_log_odds, each.spend_log_money, each.revenue_share)
        yield "driver", each.feature, value, each.unit, *numbers, each.words
    yield _shared(explanation, "others")


def _shared(explanation: Explanation, part: str) -> tuple[Any, ...]:
    odds = getattr(explanation, f"{part}_log_odds")
    money = getattr(explanation, f"{part}_log_money")
    return part, None, None, None, odds, money, None, SHARED[part]
