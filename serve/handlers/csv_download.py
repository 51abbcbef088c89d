"""The CSV download of GET /customers: one line per customer, with the columns of a scores file."""

from __future__ import annotations

import csv
import io
from typing import Any

from features.timestamps import format_timestamp
from serve.api.query import MOST_CSV_ROWS, ListQuery
from serve.errors import ServeError
from serve.store.database import Database
from serve.store.listing import stream_customers
from serve.store.records import Batch, Score

CSV_TYPE = b"text/csv; charset=utf-8"
# What a spreadsheet would run as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def customers_csv(database: Database, query: ListQuery) -> bytes:
    """The customers of a list as CSV, a header first.

    Raises ServeError: 400 for a list that is too long, 503 where nothing is stored.
    """
    text = io.StringIO()
    with stream_customers(database, query) as found:
        if found.total > query.limit == MOST_CSV_ROWS:
            raise ServeError(
                f"the list has {found.total:,} customers, a CSV at most {MOST_CSV_ROWS:,}: filter "
                "it, ask for parts with limit and offset, or run python -m serve score --out"
            )
        names = [each for each in found.batch.columns if each != "warnings"]
        writer = csv.writer(text)
        before, after = ("customer_id", "as_of", "horizon_days"), ("currency", "model_version")
        writer.writerow([*before, *names, *after, "warnings"])
        as_of = format_timestamp(found.batch.as_of, found.batch.timezone)
        for score in found.scores:
            writer.writerow([_cell(each) for each in _line(found.batch, as_of, score, names)])
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
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
