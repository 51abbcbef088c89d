"""Types of values in a request: timestamps, ids, labels, money, days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from serve.api.error_messages import shortened

MOST_HORIZONS = 24
LONGEST_DAYS = 3650
DAYS_SCHEMA = {"type": "integer", "minimum": 1, "maximum": LONGEST_DAYS}
LARGEST = 1e12
LONGEST_ID = 200
EXAMPLE = "2011-09-10 or 2011-09-10T10:00:00Z"

FeatureValue = float | str | None


def _timestamp(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError(f"must be a text such as {EXAMPLE}, got {shortened(value)}")
    try:
        timestamp = datetime.fromisoformat(value.strip())
        year = timestamp.year if timestamp.tzinfo is None else timestamp.astimezone(UTC).year
    except (ValueError, OverflowError):
        raise ValueError(
            f"must be a date or an ISO timestamp such as {EXAMPLE}, got {shortened(value)}"
        ) from None
    if not 1901 <= year <= 2099:
        raise ValueError(f"must lie in the years 1901 to 2099, got {shortened(value)}")
    return timestamp


def _timestamp_text(value: str) -> str:
    _timestamp(value)
    return value


def _id(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _horizons(value: object) -> tuple[int, ...]:
    days: list[Any] = value if isinstance(value, list) else [value]
    # JSON knows no whole numbers: 90.0 is one of them
    days = [int(each) if isinstance(each, float) and each.is_integer() else each for each in days]
    if any(isinstance(each, bool) or not isinstance(each, int) for each in days):
        raise ValueError(
            f"must be a whole number of days or a list of them, got {shortened(value)}"
        )
    if not all(1 <= each <= LONGEST_DAYS for each in days):
        raise ValueError(f"must lie between 1 and {LONGEST_DAYS} days, got {shortened(value)}")
    if not days or len(days) > MOST_HORIZONS or days != sorted(set(days)):
        raise ValueError(
            f"must be one number or up to {MOST_HORIZONS} different ascending ones, "
            f"got {shortened(value)}"
        )
    return tuple(days)


def _label(value: str) -> str | None:
    return value if value.strip() else None


def feature_value(value: object) -> FeatureValue:
    """A value of the feature table as it is. Raises ValueError for what can be none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise ValueError(
            f"must be a number within ±{LARGEST:.0e}, a text or null, got {shortened(value)}"
        )
    return float(value)


Feature = Annotated[
    Any,
    PlainValidator(feature_value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
                {"type": "string"},
                {"type": "null"},
            ],
            "description": "a feature by its name; unit and meaning are in GET /model",
        }
    ),
]
Timestamp = Annotated[
    datetime,
    PlainValidator(_timestamp),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2011-05-01T10:00:00Z"]}),
]
AsOf = Annotated[
    str,
    AfterValidator(_timestamp_text),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date"},
                {"type": "string", "format": "date-time"},
            ],
            "examples": ["2011-12-10", "2011-12-10T09:00:00Z"],
        }
    ),
]
Id = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_ID, json_schema_extra={"pattern": r"\S"}),
    AfterValidator(_id),
]
Label = Annotated[str, Field(max_length=200), AfterValidator(_label)]
Money = Annotated[float, Field(ge=0, le=LARGEST)]
Rate = Annotated[float, Field(ge=0, le=1_000)]
Horizons = Annotated[
    tuple[int, ...],
    PlainValidator(_horizons),
    WithJsonSchema(
        {
            "anyOf": [
                DAYS_SCHEMA,
                {
                    "type": "array",
                    "items": DAYS_SCHEMA,
                    "minItems": 1,
                    "maxItems": MOST_HORIZONS,
                    "uniqueItems": True,
                },
            ],
            "examples": [90, [30, 90, 365]],
        }
    ),
]
