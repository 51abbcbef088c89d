"""A question -> predictions as they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.predictor import AnyForecast, assess, customer_values, explain, forecast, value_curve
from models.purchases.curve import ValueCurve, next_order_days
from models.purchases.predict import VALUE_COLUMNS, CustomerValues, PurchaseForecast
from models.segmentation.assign import Names, has_tiers, tier_and_segment
from models.subscriptions.predict import UnboundedValueError
from serve.errors import ServeError
from serve.handlers.prediction_query import PredictionQuery

Prediction = dict[str, Any]
NOTHING: dict[str, Any] = dict.fromkeys((*VALUE_COLUMNS, "tier", "segment"))


def predictions(bundle: Bundle, question: PredictionQuery) -> list[Prediction]:
    """A prediction for each customer and horizon, customers in the order of the question.

    Raises RuntimeError where a number is not finite: no such answer is sent; ServeError for
    economics that give no value that anybody could live to see.
    """
    try:
        first, *others = (
            _of_horizon(bundle, question, horizon_days) for horizon_days in question.horizons
        )
    except UnboundedValueError as error:
        raise ServeError(str(error), field="economics.discount_rate_annual") from None
    if not others:
        return first
    return [each for together in zip(first, *others, strict=True) for each in together]


def _of_horizon(bundle: Bundle, question: PredictionQuery, horizon_days: int) -> list[Prediction]:
    verdict = assess(bundle, question.matrix, horizon_days)
    matrix = question.matrix if verdict.known.all() else question.matrix[verdict.known]
    said = forecast(bundle, matrix, as_of=question.as_of)
    answers = customer_values(said, horizon_days, question.economics)
    with_tiers = has_tiers(bundle, horizon_days, question.economics)
    names = tier_and_segment(bundle, matrix, answers.clv, with_tiers=with_tiers)
    numbers = _numbers(answers, names)
    extras = _extras(bundle, said, question, horizon_days)
    found = []
    for place, customer_id in enumerate(question.ids):
        known = verdict.basis[place] != "insufficient"
        notes = question.notes.get(customer_id)
        warnings = verdict.warnings[place]
        found.append(
            {
                "customer_id": customer_id,
                "horizon_days": horizon_days,
                **(next(numbers) if known else NOTHING),
                "basis": verdict.basis[place],
                "warnings": [*warnings, *notes] if notes else warnings,
                **(next(extras, {}) if known else {}),
            }
        )
    return found


def _numbers(answers: CustomerValues, names: list[Names]) -> Iterator[dict[str, Any]]:
    """The numbers of each known customer by name, and what the customer is called."""
    table = np.array([getattr(answers, name) for name in VALUE_COLUMNS]).T
    if not np.isfinite(table).all():
        raise RuntimeError("an answer is not finite")
    for row, (tier, segment) in zip(table.tolist(), names, strict=True):
        yield dict(zip(VALUE_COLUMNS, row, strict=True)) | {"tier": tier, "segment": segment}


def _extras(
    bundle: Bundle, said: AnyForecast, question: PredictionQuery, horizon_days: int
) -> Iterator[dict[str, Any]]:
    """What else was asked for, of each known customer."""
    asked: list[Iterator[dict[str, Any]]] = []
    if question.curve:
        asked.append(_curves(bundle, said, question, horizon_days))
    if question.explain:
        asked.append(_explanations(bundle, question, horizon_days))
    for parts in zip(*asked, strict=True):
        yield {name: part for each in parts for name, part in each.items()}


def _curves(
    bundle: Bundle, said: AnyForecast, question: PredictionQuery, horizon_days: int
) -> Iterator[dict[str, Any]]:
    months = value_curve(said, horizon_days, question.economics)
    if not isinstance(said, PurchaseForecast):
        return _life(months, customer_values(said, horizon_days, question.economics))
    return _orders(bundle, said, question, months)


def _life(months: ValueCurve, answers: CustomerValues) -> Iterator[dict[str, Any]]:
    """The months of a contract, and what clv holds beyond them."""
    later = answers.clv - months.value.sum(axis=1)
    for row, worth in enumerate(later.tolist()):
        yield {"curve": _months(months, row), "clv_after_horizon": worth}


def _orders(
    bundle: Bundle, said: PurchaseForecast, question: PredictionQuery, months: ValueCurve
) -> Iterator[dict[str, Any]]:
    """The months, and when the next order may come."""
    zone = ZoneInfo(bundle.card.timezone)
    for row, days in enumerate(next_order_days(said).tolist()):
        date = (question.as_of + timedelta(days=days)).astimezone(zone).date()
        yield {
            "curve": _months(months, row),
            "next_order_days": days,
            "next_order_date": date.isoformat(),
        }


def _months(months: ValueCurve, row: int) -> list[dict[str, float]]:
    columns: list[NDArray[np.float64]] = [
        months.ends,
        months.expected_revenue[row],
        months.survival[row],
        months.value[row],
    ]
    names = ("days", "expected_revenue", "survival", "discounted_value")
    return [
        {"month": number, **dict(zip(names, customer_values, strict=True))}
        for number, customer_values in enumerate(np.stack(columns, axis=1).tolist(), start=1)
    ]


def _explanations(
    bundle: Bundle, question: PredictionQuery, horizon_days: int
) -> Iterator[dict[str, Any]]:
    found = explain(bundle, question.table(), as_of=question.as_of, horizon_days=horizon_days)
    return ({"explanation": asdict(each)} for each in found if each)
