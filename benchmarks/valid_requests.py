"""Hooks for Schemathesis: what JSON Schema cannot express of a request, put right.

Only requests that follow the schema are touched. What is left must get a prediction, not a refusal:
two customers have two ids, horizons ascend, a request without transactions names its as_of,
timestamps lie in the years 1901 to 2099, and a row has all features of the model, of a life that
can be lived.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import schemathesis
from hypothesis import strategies as st

FIRST, LAST = datetime(1902, 1, 1), datetime(2098, 12, 31)
AS_OF = "2011-09-10T10:00:00Z"
MOST_ROWS = 1_000

schemathesis.openapi.format(
    "date-time", st.datetimes(FIRST, LAST).map(lambda when: f"{when.isoformat()}Z")
)
schemathesis.openapi.format("date", st.dates(FIRST.date(), LAST.date()).map(str))


@schemathesis.hook  # type: ignore[untyped-decorator]
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Put right a request that is meant to be a good one."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    body, query = case.body, case.query
    if isinstance(body, dict):
        case.body = valid_body(json.loads(json.dumps(body)), features_of(case))
    if query:
        case.query = valid_query(dict(query))


def valid_body(body: dict[str, Any], features: dict[str, Any]) -> dict[str, Any]:
    """A body of one of the three endpoints."""
    customers, rows = body.get("customers", []), body.get("rows", [])
    for number, each in enumerate([*customers, *rows]):
        each["customer_id"] = apart(each["customer_id"], number)
    for number, each in enumerate(body.get("customer_ids", [])):
        body["customer_ids"][number] = apart(each, number)
    for line in (line for each in customers for line in each["transactions"]):
        line["timestamp"] = in_range(line["timestamp"])
    for number, row in enumerate(rows):
        rows[number] = {**features, "customer_id": row["customer_id"]}
    if body.get("as_of") is not None:
        body["as_of"] = in_range(body["as_of"])
    elif customers and not any(each["transactions"] for each in customers):
        body["as_of"] = AS_OF
    if isinstance(body.get("horizon_days"), list):
        body["horizon_days"] = sorted({int(each) for each in body["horizon_days"]})
    return body


def apart(name: str | float, number: int) -> str | int:
    """The id, a text or a whole number, as the id of a customer of their own."""
    if isinstance(name, str):
        return f"{name[:180]} {number}"
    return abs(int(name)) % 10**12 * 10**5 + number


def valid_query(query: dict[str, Any]) -> dict[str, Any]:
    """A query of one customer, or of a list."""
    if isinstance(query.get("horizon_days"), list):
        query["horizon_days"] = sorted({int(each) for each in query["horizon_days"]})
    if "limit" in query and query.get("format") != "csv":
        query["limit"] = min(int(query["limit"]), MOST_ROWS)
    for name in ("tier", "segment", "search", "prefix"):
        if name in query:
            query[name] = query[name].replace("\0", "")
    return query


def in_range(text: str) -> str:
    """The timestamp, where it lies in the years that are read."""
    try:
        inside = FIRST.year <= datetime.fromisoformat(text).year <= LAST.year
    except ValueError:
        inside = False
    return text if inside else AS_OF


def features_of(case: Any) -> dict[str, Any]:
    """The features of a customer, as the example has them."""
    document = case.operation.schema.raw_schema
    body = document["paths"]["/predict_features"]["post"]["requestBody"]
    example = body["content"]["application/json"]["examples"]["plain"]["value"]
    row: dict[str, Any] = example["rows"][0]
    return row
