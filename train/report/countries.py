"""Where customers are, if the source says so: the log itself has no countries."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from features import files
from features.config import Data
from features.contracts import ContractError
from features.log import to_lines
from features.sources import read_rows
from models.personas import favourite

SOURCE = "country"


def read_countries(data: Data, *, before: datetime) -> pd.Series | None:
    """customer_id -> the country of most orders; None where the source has no column `country`.

    subtle: read apart from the log, which a further column would cut into other lines.
    """
    if SOURCE in data.columns.model_dump().values():
        return None
    columns = data.columns.model_copy(update={"channel": SOURCE, "category": None})
    try:
        rows = read_rows(
            files.find(data.transactions), data.model_copy(update={"columns": columns})
        )
    except ContractError:
        return None
    rows = rows[rows["customer_id"].notna()].drop(columns="copies")
    found = favourite(to_lines(rows, data.timezone), "channel", before)
    return None if found.empty else found.rename(SOURCE)
