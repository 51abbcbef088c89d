"""The policies for refunds, guests, copies and missing values; every row is accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig, PurchaseData
from features.errors import DataError
from features.ingest.transactions import TransactionLog, read_transactions

CSV = """\
who,order,at,paid,note
a,1,2024-01-05 10:00,10,
a,1,2024-01-05 10:00,10,
a,1,2024-01-05 10:00,10,
a,2,2024-01-05 10:00,-4,
a,2,2024-01-05 10:00,-4,
,3,2024-01-05 10:00,7,
,3,2024-01-05 10:00,7,
b,4,2024-01-05 10:00,5,
b,4,2024-01-05 10:00,0,
"""


def log(folder: Path, text: str = CSV, **settings: Any) -> TransactionLog:
    path = folder / "log.csv"
    path.write_text(text)
    columns = {"customer_id": "who", "timestamp": "at", "amount": "paid", "order_id": "order"}
    columns |= settings.pop("columns", {})
    data = {"transactions": str(path), "columns": columns, **settings}
    return read_transactions(PurchaseData.model_validate(data))


def accounted(counts: dict[str, int]) -> int:
    dropped = sum(number for name, number in counts.items() if "dropped" in name)
    return dropped + counts["rows_merged"] + counts["lines"]


def test_kept_duplicates_are_sales(tmp_path: Path) -> None:
    found = log(tmp_path)
    assert found.lines["amount"].tolist() == [-8.0, 30.0, 5.0]  # of one order
    counts = found.counts
    assert (counts["duplicate_rows_kept"], counts["duplicate_rows_dropped"]) == (3, 0)
    assert (counts["guest_rows_dropped"], counts["zero_amount_rows"]) == (2, 1)


def test_dropped_duplicates_count_once(tmp_path: Path) -> None:
    found = log(tmp_path, duplicates="drop")
    assert found.lines["amount"].tolist() == [-4.0, 10.0, 5.0]
    counts = found.counts
    assert (counts["duplicate_rows_kept"], counts["duplicate_rows_dropped"]) == (0, 3)
    assert accounted(counts) == counts["rows_read"] == 9


def test_rows_that_differ_in_any_column_are_no_copies(tmp_path: Path) -> None:
    text = CSV.replace("a,1,2024-01-05 10:00,10,\n", "a,1,2024-01-05 10:00,10,gift\n", 1)
    assert log(tmp_path, text, duplicates="drop").counts["duplicate_rows_dropped"] == 2


def test_refunds_are_netted_or_dropped(tmp_path: Path) -> None:
    counts = log(tmp_path, refund_matching="none").counts
    assert (counts["refund_rows_netted"], counts["refund_rows_dropped"]) == (2, 0)
    assert (counts["refund_orders"], counts["purchases"]) == (1, 2)
    found = log(tmp_path, refunds="drop")
    assert found.lines["amount"].min() > 0
    counts = found.counts
    assert (counts["refund_rows_netted"], counts["refund_rows_dropped"]) == (0, 2)
    assert accounted(counts) == counts["rows_read"] == 9


@pytest.mark.parametrize(("what", "number"), [("guests", 2), ("refunds", 2)])
def test_an_error_policy_stops_with_their_number(tmp_path: Path, what: str, number: int) -> None:
    with pytest.raises(DataError, match=rf'{number} rows are {what} and data\.{what} = "error"'):
        log(tmp_path, **{what: "error"})


def test_rows_without_a_moment_or_an_amount_are_dropped_where_they_may_be(tmp_path: Path) -> None:
    text = CSV + "c,5,,3,\nc,6,2024-01-06,,\nc,7,NULL,-,\n"
    with pytest.raises(DataError, match=r'at is empty in row 10, .*set data\.missing = "drop"'):
        log(tmp_path, text)
    counts = log(tmp_path, text, missing="drop").counts
    assert counts["rows_without_timestamp_dropped"] == 2
    assert counts["rows_without_amount_dropped"] == 1
    assert accounted(counts) == counts["rows_read"] == 12


def test_every_row_of_the_retail_log_is_accounted_for(retail_config: PurchaseConfig) -> None:
    chosen = retail_config.data.model_copy(update={"refunds": "drop", "duplicates": "drop"})
    counts = read_transactions(chosen).counts
    assert counts["rows_read"] == 1_044_847 == accounted(counts)
    assert counts["guest_rows_dropped"] == 235_287
    assert counts["orders"] == sum(
        counts[name] for name in ("purchases", "refund_orders", "zero_orders")
    )


def test_the_retail_log_holds_what_its_description_states(retail: TransactionLog) -> None:
    assert accounted(retail.counts) == 1_044_847
    assert retail.counts["orders"] == 44_876 - 347 - 7_246 + 21
    assert retail.counts["customers"] == 5_942
    assert retail.lines["amount"].sum() == pytest.approx(16_343_651.038, abs=1e-6)
    assert retail.first == pd.Timestamp("2009-12-01 07:45", tz="UTC")
    assert retail.end == pd.Timestamp("2011-12-10", tz="UTC")
