"""Where customers are, if the source holds it: the transaction log has no countries."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from features.config.purchases import PurchaseData
from features.ingest.transactions import most_frequent_label

SOURCE = "country"


def read_countries(data: PurchaseData, *, before: datetime) -> pd.Series | None:
    """customer_id -> the country that most of the customer's rows name, the first by name of two.

    None where the source has no column `country`, or where it is read as something else. Rows at
    or after `before` are not seen.

    subtle: apart from the log, which a further column would cut into other lines.
    """
    if SOURCE in data.columns.model_dump().values():
        return None
    return most_frequent_label(data, SOURCE, before=before)
