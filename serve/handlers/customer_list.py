"""GET /customers: a page of the last batch as JSON, or all of a filtered list as CSV."""

from __future__ import annotations

import msgspec

from features.timestamps import format_timestamp
from serve.api.query import ListQuery
from serve.handlers.batch_description import describe_batch
from serve.handlers.csv_download import CSV_TYPE, customers_csv
from serve.http.routes import Response
from serve.store.database import Database
from serve.store.listing import Page, read_page

encode = msgspec.json.Encoder().encode


def list_customers(database: Database, query: str) -> Response:
    """Customers of the last batch, sorted and filtered as the query says.

    Raises ServeError: 400 for a query that cannot be read, 503 where nothing is stored.
    """
    list_query, form = ListQuery.read(query)
    if form == "csv":
        return Response(customers_csv(database, list_query), content_type=CSV_TYPE)
    page = read_page(database, list_query)
    return Response(_encoded(page, limit=list_query.limit, offset=list_query.offset))


def _encoded(page: Page, *, limit: int, offset: int) -> bytes:
    batch = page.batch
    return encode(
        {
            "batch": describe_batch(batch),
            "as_of": format_timestamp(batch.as_of, batch.timezone),
            "horizon_days": batch.horizon_days,
            "currency": batch.currency,
            "total": page.total,
            "limit": limit,
            "offset": offset,
            "customers": [
                {"customer_id": each.customer_id, **each.prediction} for each in page.scores
            ],
        }
    )
