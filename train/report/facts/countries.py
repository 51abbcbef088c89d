"""Where customers are, if the source holds it: the transaction log has no countries."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from features.config.purchases import PurchaseData
from features.ingest import files
from features.ingest.column_types import text_sql, timestamp_cast
from features.ingest.scan import scan, source_types
from features.timestamps import EPOCH, MICROSECOND

SOURCE = "country"


def read_countries(data: PurchaseData, *, before: datetime) -> pd.Series | None:
    """customer_id -> the country that most of the customer's rows name, the first by name of two.

    None where the source has no column `country`, or where it is read as something else. Rows at
    or after `before` are not seen.

    subtle: apart from the log, which a further column would cut into other lines.
    """
    if SOURCE in data.columns.model_dump().values():
        return None
    found = files.find(data.transactions)
    with duckdb.connect() as connection:
        types = source_types(connection, found)
        if SOURCE not in types:
            return None
        rows = connection.sql(_query(scan(found), types, data, before)).fetchall()
    if not rows:
        return None
    customers, countries = zip(*rows, strict=True)
    index = pd.Index(customers, dtype="str", name="customer_id")
    return pd.Series(countries, index=index, name=SOURCE, dtype="str")


def _query(source: str, types: dict[str, str], data: PurchaseData, before: datetime) -> str:
    """One row per customer; of several countries the one of most rows."""
    customer, when = data.columns.customer_id, data.columns.timestamp
    at = timestamp_cast(when, types[when]).named("at")
    wall = before.astimezone(ZoneInfo(data.timezone)).replace(tzinfo=None)
    utc_us = (before - EPOCH) // MICROSECOND
    wall_us = f"epoch_us(TIMESTAMP '{wall}')"
    until = f"COALESCE({at['at_utc_us']} < {utc_us}, {at['at_wall_us']} < {wall_us})"
    counted = (
        f"SELECT {text_sql(customer, types[customer])} AS who, "
        f"{text_sql(SOURCE, types[SOURCE])} AS place, "
        f"COUNT(*) AS number FROM {source} WHERE {until} GROUP BY ALL"
    )
    return (
        f"SELECT who, place FROM ({counted}) WHERE who IS NOT NULL AND place IS NOT NULL "
        "QUALIFY ROW_NUMBER() OVER (PARTITION BY who ORDER BY number DESC, place) = 1 ORDER BY who"
    )
