"""What GET /customers says: a page of the last batch, or all of a filtered list as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec

from features.timestamps import format_timestamp
from serve.api.query import MOST_CSV_ROWS, ListQuery
from serve.errors import ServeError
from serve.handlers.lookup import describe_batch
from serve.http.routes import Response
from serve.store.database import Database
from serve.store.listing import read_page, stream_customers
from serve.store.records import Batch, Score

CSV_TYPE = b"text/csv; charset=utf-8"
# What a spreadsheet would run as a formula.
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

encode = msgspec.json.Encoder().encode


def list_customers(database: Database, query: str) -> Response:
    """Customers of the last batch, sorted and filtered as the query says.

    Raises ServeError: 400 for a query that cannot be read, 503 where nothing is stored.
    """
    asked, form = ListQuery.read(query)
    if form == "csv":
        return Response(_csv(database, asked), content_type=CSV_TYPE)
    page = read_page(database, asked)
    batch = page.batch
    return Response(
        encode(
            {
                "batch": describe_batch(batch),
                "as_of": format_timestamp(batch.as_of, batch.timezone),
                "horizon_days": batch.horizon_days,
                "currency": batch.currency,
                "total": page.total,
                "limit": asked.limit,
                "offset": asked.offset,
                "customers": [
                    {"customer_id": each.customer_id, **each.prediction} for each in page.scores
                ],
            }
        )
    )


def _csv(database: Database, query: ListQuery) -> bytes:
    """One line per customer, with the columns of a scores file."""
    text = io.StringIO()
    with stream_customers(database, query) as found:
        if found.total > query.limit == MOST_CSV_ROWS:
            raise ServeError(
                f"the list has {found.total:,} customers, a CSV at most {MOST_CSV_ROWS:,}: filter "
                "it, ask for parts with limit and offset, or run python -m serve score --out"
            )
        names = [each for each in found.batch.columns if each != "warnings"]
        lines = csv.writer(text)
        before, after = ("customer_id", "as_of", "horizon_days"), ("currency", "model_version")
        lines.writerow([*before, *names, *after, "warnings"])
        as_of = format_timestamp(found.batch.as_of, found.batch.timezone)
        for score in found.scores:
            lines.writerow([_cell(each) for each in _line(found.batch, as_of, score, names)])
    return text.getvalue().encode()


def _line(batch: Batch, as_of: str, score: Score, names: list[str]) -> list[Any]:
    prediction = score.prediction
    return [
        *(score.customer_id, as_of, batch.horizon_days),
        *(prediction[name] for name in names),
        *(batch.currency, batch.model_version, "; ".join(prediction.get("warnings", []))),
    ]


def _cell(value: Any) -> Any:
    """A text that would be run as a formula gets an apostrophe in front, which stops that."""
    if isinstance(value, str) and value.startswith(STARTS_A_FORMULA):
        return f"'{value}"
    return value
