"""What is asked of the models about a feature table -> predictions as they are sent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import pandas as pd

from features.config import Economics
from models import clv
from models.bundle import Bundle
from models.explain import explain
from serve.replies import NUMBERS, Explanation, Prediction
from serve.transactions import Notes


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of the models; `features` holds the customers in the order of the reply."""

    features: pd.DataFrame
    as_of: datetime
    horizon_days: int
    economics: Economics
    curve: bool
    explain: bool


def predictions(bundle: Bundle, question: Question, notes: Notes) -> list[Prediction]:
    """A prediction for each customer of the question, in its order; `notes` become warnings."""
    answers = clv.answer(
        bundle,
        question.features,
        as_of=question.as_of,
        horizon_days=question.horizon_days,
        economics=question.economics,
    )
    numbers = _rows(answers[list(NUMBERS)])
    curves, parts = _curves(bundle, question), _explanations(bundle, question)
    return [
        Prediction(
            customer_id=customer_id,
            **dict(zip(NUMBERS, numbers[place], strict=True)),
            basis=answers["basis"].iloc[place],
            warnings=[*answers["warnings"].iloc[place], *notes.get(customer_id, [])],
            curve=curves[place],
            explanation=parts[place],
        )
        for place, customer_id in enumerate(str(each) for each in answers.index)
    ]


def _curves(bundle: Bundle, question: Question) -> Sequence[list[float] | None]:
    """Money by month for each customer, where asked for and known."""
    if not question.curve:
        return [None] * len(question.features)
    months = clv.curve(
        bundle,
        question.features,
        as_of=question.as_of,
        horizon_days=question.horizon_days,
        economics=question.economics,
    )
    known = [[each for each in row if each is not None] for row in _rows(months)]
    return [row or None for row in known]


def _explanations(bundle: Bundle, question: Question) -> Sequence[Explanation | None]:
    """What each customer's answer is made of, where asked for and known."""
    if not question.explain:
        return [None] * len(question.features)
    found = explain(
        bundle,
        question.features,
        as_of=question.as_of,
        horizon_days=question.horizon_days,
    )
    return [Explanation.model_validate(asdict(each)) if each else None for each in found]


def _rows(frame: pd.DataFrame) -> list[list[float | None]]:
    """The rows of a frame of numbers, None where one is unknown."""
    values: list[list[float]] = frame.to_numpy(dtype="float64").tolist()
    return [[None if math.isnan(each) else each for each in row] for row in values]
