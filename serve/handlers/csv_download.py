"""The CSV download of GET /customers: one line per customer, with the columns of a scores file.

Texts are as `features.csv_text` has them.
"""

from __future__ import annotations

from typing import Any

from features.csv_text import csv_line
from features.timestamps import format_timestamp
from serve.api.query import MOST_CSV_ROWS, ListQuery
from serve.errors import ServeError
from serve.store.database import Database
from serve.store.listing import stream_customers
from serve.store.records import Batch, Score

CSV_TYPE = b"text/csv; charset=utf-8"


def customers_csv(database: Database, query: ListQuery) -> bytes:
    """The customers of a list as CSV, a header first.

    Raises ServeError: 400 for a list that is too long, 503 where nothing is stored.
    """
    with stream_customers(database, query) as found:
        if found.total > query.limit == MOST_CSV_ROWS:
            raise ServeError(
                f"the list has {found.total:,} customers, a CSV at most {MOST_CSV_ROWS:,}: filter "
                "it, ask for parts with limit and offset, or run python -m serve score --out"
            )
        names = [each for each in found.batch.columns if each != "warnings"]
        before, after = ("customer_id", "as_of", "horizon_days"), ("currency", "model_version")
        text = bytearray(",".join([*before, *names, *after, "warnings\n"]).encode())
        as_of = format_timestamp(found.batch.as_of, found.batch.timezone)
        for score in found.scores:
            text += csv_line(_line(found.batch, as_of, score, names)).encode()
    return bytes(text)


def _line(batch: Batch, as_of: str, score: Score, names: list[str]) -> list[Any]:
    prediction = score.prediction
    return [
        *(score.customer_id, as_of, batch.horizon_days),
        *(prediction[name] for name in names),
        *(batch.currency, batch.model_version, "; ".join(prediction.get("warnings", []))),
    ]
