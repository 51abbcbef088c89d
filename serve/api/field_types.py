"""Types of values in a request: timestamps, ids, labels, money, days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from features.single_values import read_id, read_moment, read_text
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
    if value.strip().isdigit():
        raise ValueError(
            f"must be a date or an ISO timestamp such as {EXAMPLE}, not a number without a "
            f"meaning, got {shortened(value)}"
        )
    return _moment(value)


def _moment(value: str) -> datetime:
    try:
        timestamp = read_moment(value)
        year = timestamp.year if timestamp.tzinfo is None else timestamp.astimezone(UTC).year
    except (ValueError, OverflowError):
        raise ValueError(
            f"must be a date or an ISO timestamp such as {EXAMPLE}, got {shortened(value)}"
        ) from None
    if not 1901 <= year <= 2099:
        raise ValueError(f"must lie in the years 1901 to 2099, got {shortened(value)}")
    return timestamp


def _as_of(value: str) -> str:
    _moment(value)
    return value


def _id(value: object) -> str:
    try:
        found = read_id(value)
    except ValueError as error:
        raise ValueError(f"{error}, got {shortened(value)}") from None
    if not found:
        raise ValueError("must not be blank")
    if len(found) > LONGEST_ID:
        raise ValueError(f"must have at most {LONGEST_ID} characters, got {shortened(value)}")
    return found


def _order_id(value: object) -> str | None:
    blank = value is None or (isinstance(value, str) and not read_text(value))
    return None if blank else _id(value)


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
    return read_text(value) or None


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
    AfterValidator(_as_of),
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
    PlainValidator(_id),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": LONGEST_ID,
                    "pattern": r"^[^\x00]*[^\s\x00][^\x00]*$",
                },
                {"type": "integer"},
            ],
            "examples": ["18102", 18102],
        }
    ),
]
OrderId = Annotated[
    str | None,
    PlainValidator(_order_id),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": LONGEST_ID, "pattern": r"^[^\x00]*$"},
                {"type": "integer"},
                {"type": "null"},
            ]
        }
    ),
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
