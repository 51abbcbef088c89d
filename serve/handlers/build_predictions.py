"""A query of the model -> predictions as they are sent.

The last of three steps: an endpoint (`serve.handlers.predict`, `serve.handlers.lookup`) reads the
request, `serve.handlers.prediction_query` makes a query of it, and here it predicts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.customer_values import VALUE_COLUMNS, CustomerValues, ValueCurve
from models.predictor import predictor_of
from models.predictor_interface import Forecast, Predictor, UnboundedValueError
from models.segmentation.assign import TierAndSegment, assign_rows, tiers_apply
from serve.errors import ServeError
from serve.handlers.prediction_query import PredictionQuery

Prediction = dict[str, Any]
NOTHING: dict[str, Any] = dict.fromkeys((*VALUE_COLUMNS, "tier", "segment"))


def predictions(bundle: Bundle, query: PredictionQuery) -> list[Prediction]:
    """A prediction for each customer and horizon, customers in the order of the query.

    Raises RuntimeError where a number is not finite: it is never sent; ServeError for
    economics that give no value that anybody could live to see.
    """
    try:
        first, *others = (
            _of_horizon(bundle, query, horizon_days) for horizon_days in query.horizons
        )
    except UnboundedValueError as error:
        raise ServeError(str(error), field="economics.discount_rate_annual") from None
    if not others:
        return first
    return [each for horizons in zip(first, *others, strict=True) for each in horizons]


def _of_horizon(bundle: Bundle, query: PredictionQuery, horizon_days: int) -> list[Prediction]:
    predictor = predictor_of(bundle)
    evidence = predictor.assess(query.matrix, horizon_days)
    matrix = query.matrix if evidence.known.all() else query.matrix[evidence.known]
    forecast = predictor.forecast(matrix, as_of=query.as_of)
    values = forecast.values(horizon_days, query.economics)
    with_tiers = tiers_apply(bundle, horizon_days, query.economics)
    names = assign_rows(bundle, matrix, values.clv, with_tiers=with_tiers)
    numbers = _numbers(values, names)
    extras = _extras(predictor, forecast, query, horizon_days, ZoneInfo(bundle.card.timezone))
    found = []
    for place, customer_id in enumerate(query.ids):
        known = evidence.basis[place] != "insufficient"
        notes = query.notes.get(customer_id)
        warnings = evidence.warnings[place]
        found.append(
            {
                "customer_id": customer_id,
                "horizon_days": horizon_days,
                **(next(numbers) if known else NOTHING),
                "basis": evidence.basis[place],
                "warnings": [*warnings, *notes] if notes else warnings,
                **(next(extras, {}) if known else {}),
            }
        )
    return found


def _numbers(values: CustomerValues, names: list[TierAndSegment]) -> Iterator[dict[str, Any]]:
    """The numbers of each known customer by name, with tier and segment."""
    table = np.array([getattr(values, name) for name in VALUE_COLUMNS]).T
    if not np.isfinite(table).all():
        raise RuntimeError("a prediction is not finite")
    for row, (tier, segment) in zip(table.tolist(), names, strict=True):
        yield dict(zip(VALUE_COLUMNS, row, strict=True)) | {"tier": tier, "segment": segment}


def _extras(
    predictor: Predictor,
    forecast: Forecast,
    query: PredictionQuery,
    horizon_days: int,
    zone: ZoneInfo,
) -> Iterator[dict[str, Any]]:
    """What else was asked for, of each known customer."""
    parts: list[Iterator[dict[str, Any]]] = []
    if query.curve:
        parts.append(_curves(forecast, query, horizon_days, zone))
    if query.explain:
        parts.append(_explanations(predictor, query, horizon_days))
    for customer in zip(*parts, strict=True):
        yield {name: part for each in customer for name, part in each.items()}


def _curves(
    forecast: Forecast, query: PredictionQuery, horizon_days: int, zone: ZoneInfo
) -> Iterator[dict[str, Any]]:
    """The months of each known customer, and what the kind of model predicts beside them."""
    months = forecast.value_curve(horizon_days, query.economics)
    beside = forecast.beyond_the_curve(horizon_days, query.economics)
    for row in range(len(months.value)):
        numbers = {name: float(values[row]) for name, values in beside.items()}
        dates = {}
        if "next_order_days" in numbers:
            order = query.as_of + timedelta(days=numbers["next_order_days"])
            dates["next_order_date"] = order.astimezone(zone).date().isoformat()
        yield {"curve": _months(months, row), **numbers, **dates}


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
    predictor: Predictor, query: PredictionQuery, horizon_days: int
) -> Iterator[dict[str, Any]]:
    found = predictor.explain(query.table(), as_of=query.as_of, horizon_days=horizon_days)
    return ({"explanation": asdict(each)} for each in found if each)
