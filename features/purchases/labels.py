"""What the customers of a feature table did in the horizon that followed."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.errors import DataError
from features.lines.stored import StoredLines
from features.purchases.duckdb_engine import run_duckdb, run_shards
from features.purchases.expression import PURCHASE
from features.purchases.gathering import gather
from features.timestamps import DAY_US, require_aware

OUTCOMES = {
    "n_orders_future": "int64",
    "active_days_future": "int64",
    "revenue_future": "float64",
    "churned": "int64",
}
# subtle: the window puts a customer's orders in order before they are added up, or the last bit of
# a sum would depend on the engine; purchases and refunds apart, as among the features.
STATEMENT = f"""WITH past AS (
    SELECT customer_id, order_id, SUM(amount) AS amount
    FROM lines WHERE us < :as_of GROUP BY customer_id, order_id),
known AS (
    SELECT DISTINCT customer_id FROM past WHERE {PURCHASE}),
future AS (
    SELECT customer_id, order_id, SUM(amount) AS amount, MIN(us) AS us,
        CAST(FLOOR(MIN(local_us) / {DAY_US}E0) AS BIGINT) AS day
    FROM lines WHERE us >= :as_of AND us < :until GROUP BY customer_id, order_id),
orders AS (
    SELECT *, CASE WHEN {PURCHASE} THEN 1 ELSE 0 END AS kind FROM future),
placed AS (
    SELECT *, LAG(day) OVER (
        PARTITION BY customer_id, kind ORDER BY day, us, order_id) AS prev_day
    FROM orders),
outcome AS (
    SELECT customer_id, SUM(kind) AS n_orders,
        SUM(CASE WHEN kind = 1 AND (prev_day IS NULL OR prev_day < day) THEN 1 ELSE 0 END)
            AS active_days,
        SUM(CASE WHEN kind = 1 THEN amount ELSE 0E0 END)
            + SUM(CASE WHEN kind = 0 THEN amount ELSE 0E0 END) AS revenue
    FROM placed GROUP BY customer_id)
SELECT known.customer_id,
    CAST(COALESCE(n_orders, 0) AS BIGINT) AS n_orders_future,
    CAST(COALESCE(active_days, 0) AS BIGINT) AS active_days_future,
    COALESCE(revenue, 0E0) AS revenue_future,
    CAST(CASE WHEN COALESCE(n_orders, 0) = 0 THEN 1 ELSE 0 END AS BIGINT) AS churned
FROM known LEFT JOIN outcome ON known.customer_id = outcome.customer_id
ORDER BY known.customer_id"""


def build_labels(
    lines: pd.DataFrame | StoredLines, as_of: datetime, horizon_days: int, *, end: datetime
) -> pd.DataFrame:
    """Canonical lines -> the outcome in [as_of, as_of + horizon_days), of 24 hours each.

    Index `customer_id`, the customers of the feature table at `as_of`; columns:

        n_orders_future      purchases in the horizon, int >= 0
        active_days_future   local days with a purchase in the horizon, int >= 0
        revenue_future       money, purchases minus refunds in the horizon; may be negative
        churned              1 when there was no purchase, else 0

    Raises DataError when the log, known until `end`, does not cover the horizon.
    """
    if horizon_days <= 0:
        raise DataError(f"horizon_days must be positive, got {horizon_days}")
    as_of_us, last = require_aware(as_of), end - timedelta(days=horizon_days)
    if as_of > last:
        raise DataError(
            f"labels need the {horizon_days} days after as_of, but the log ends at "
            f"{end.isoformat()}: as_of must be {last.isoformat()} or before, "
            f"got {as_of.isoformat()}"
        )
    until = require_aware(as_of + timedelta(days=horizon_days))
    instants = {"as_of": as_of_us, "until": until}
    if isinstance(lines, StoredLines):
        found = gather(lines, run_shards(STATEMENT, lines, instants), numbers=list(OUTCOMES))
        table = pd.DataFrame(found.numbers.T, index=found.index, columns=list(OUTCOMES))
        return table.astype(OUTCOMES)
    read = ["customer_id", "order_id", "us", "local_us", "amount"]
    columns = run_duckdb(STATEMENT, lines[read], instants)
    index = pd.Index(columns.pop("customer_id"), dtype="str", name="customer_id")
    return pd.DataFrame({name: np.asarray(each) for name, each in columns.items()}, index=index)
