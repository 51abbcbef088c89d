from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from features.config.purchases import PurchaseConfig, PurchaseData
from features.errors import DataError
from features.ingest import policies as policy
from features.ingest.transactions import TransactionLog, canonical_lines, read_transactions

STAMP = pd.Timestamp("2024-01-05 10:00", tz="UTC")
ROWS = pd.DataFrame(
    {
        "customer_id": pd.array(["a", "a", None, "b", "b"], dtype="str"),
        "order_id": pd.array(["1", "2", "3", "4", "4"], dtype="str"),
        "timestamp": STAMP,
        "amount": [10.0, -4.0, 7.0, 5.0, 0.0],
        "copies": [3, 2, 2, 1, 1],
    }
)


def data(**settings: Any) -> PurchaseData:
    columns = {"customer_id": "c", "timestamp": "t", "amount": "a"}
    return PurchaseData.model_validate({"transactions": "log.csv", "columns": columns, **settings})


def accounted(counts: dict[str, int]) -> int:
    went = ("guest_rows_dropped", "duplicate_rows_dropped", "refund_rows_dropped")
    return sum(counts[name] for name in went) + counts["rows_merged"] + counts["lines"]


def applied(**settings: Any) -> tuple[pd.DataFrame, dict[str, int]]:
    rows, counts = policy.apply_policies(ROWS, data(**settings))
    lines = canonical_lines(rows, "UTC")
    return lines, counts | policy.count_lines(lines, len(rows))


def test_kept_duplicates_are_sales() -> None:
    lines, counts = applied()
    assert lines["amount"].tolist() == [30.0, -8.0, 5.0]
    assert (counts["duplicate_rows_kept"], counts["duplicate_rows_dropped"]) == (3, 0)
    assert (counts["guest_rows_dropped"], counts["zero_amount_rows"]) == (2, 1)


def test_dropped_duplicates_count_once() -> None:
    lines, counts = applied(duplicates="drop")
    assert lines["amount"].tolist() == [10.0, -4.0, 5.0]
    assert (counts["duplicate_rows_kept"], counts["duplicate_rows_dropped"]) == (0, 3)


def test_refunds_are_netted_or_dropped() -> None:
    lines, counts = applied()
    assert (counts["refund_rows_netted"], counts["refund_rows_dropped"]) == (2, 0)
    assert (counts["refund_orders"], counts["purchases"]) == (1, 2)
    lines, counts = applied(refunds="drop")
    assert lines["amount"].min() > 0
    assert (counts["refund_rows_netted"], counts["refund_rows_dropped"]) == (0, 2)


@pytest.mark.parametrize(("what", "number"), [("guests", 2), ("refunds", 2)])
def test_an_error_policy_stops_with_their_number(what: str, number: int) -> None:
    with pytest.raises(DataError, match=rf'{number} rows are {what} and data\.{what} = "error"'):
        policy.apply_policies(ROWS, data(**{what: "error"}))


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
    assert retail.counts["orders"] == 44_876
    assert retail.counts["customers"] == 5_942
    assert retail.lines["amount"].sum() == pytest.approx(16_343_651.038, abs=1e-6)
    assert retail.first == pd.Timestamp("2009-12-01 07:45", tz="UTC")
    assert retail.end == pd.Timestamp("2011-12-10", tz="UTC")
