"""What a row means is set by keys: which rows, which money, which order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.transactions import TransactionLog, read_transactions


def read(path: Path, **settings: Any) -> TransactionLog:
    columns = {"customer_id": "who", "timestamp": "at", "amount": "paid", "order_id": "order"}
    columns |= settings.pop("columns", {})
    data = {"transactions": str(path), "columns": columns, **settings}
    return read_transactions(PurchaseData.model_validate(data))


def log(folder: Path, text: str, **settings: Any) -> TransactionLog:
    path = folder / "log.csv"
    path.write_text(text)
    return read(path, **settings)


def sums(found: TransactionLog) -> dict[str, float]:
    return found.lines.groupby("customer_id")["amount"].sum().to_dict()


STATUS = """\
who,at,paid,order,status,test
a,2024-01-05,10,1,paid,no
a,2024-01-06,20,2,failed,no
b,2024-01-07,30,3,paid,yes
b,2024-01-08,,4,cancelled,no
c,2024-01-09,50,5,PAID,no
"""


def test_rows_are_kept_and_dropped_by_value_and_counted(tmp_path: Path) -> None:
    found = log(tmp_path, STATUS, keep={"status": ["paid", "PAID"]}, drop={"test": "yes"})
    assert sums(found) == {"a": 10.0, "c": 50.0}
    assert {
        name: number for name, number in found.counts.items() if name.startswith("dropped")
    } == {
        "dropped: status = cancelled": 1,
        "dropped: status = failed": 1,
        "dropped: test = yes": 1,
    }
    assert found.counts["rows_read"] == 5 == found.counts["lines"] + 3


def test_a_number_or_a_flag_is_a_value_to_keep_rows_by(tmp_path: Path) -> None:
    text = "who,at,paid,order,real\na,2024-01-05,1,1,true\na,2024-01-06,2,2,false\n"
    assert sums(log(tmp_path, text, keep={"real": True})) == {"a": 1.0}
    text = "who,at,paid,order,kind\na,2024-01-05,1,1,0\na,2024-01-06,2,2,1\n"
    assert sums(log(tmp_path, text, drop={"kind": [1]})) == {"a": 1.0}


QUANTITY = "who,at,paid,order,n\na,2024-01-05,2.50,1,4\na,2024-01-05,1,1,-1\n"


def test_a_unit_price_is_multiplied_with_the_quantity(tmp_path: Path) -> None:
    found = log(tmp_path, QUANTITY, amount_is="unit_price", columns={"quantity": "n"})
    assert sums(found) == {"a": 9.0}


@pytest.mark.parametrize(
    "settings",
    [{"columns": {"quantity": "n"}}, {"amount_is": "unit_price"}],
)
def test_a_quantity_that_nothing_reads_is_an_error(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError, match=r"must name columns\.quantity exactly where amount"):
        log(tmp_path, QUANTITY, **settings)


TOTALS = """\
who,at,paid,order,sku,currency,back
a,2024-01-05,30,1,x,EUR,5
a,2024-01-05,30,1,y,EUR,5
b,2024-01-06,20,2,x,EUR,
"""


def test_an_orders_total_counts_once(tmp_path: Path) -> None:
    assert sums(log(tmp_path, TOTALS, amount_is="order_total")) == {"a": 30.0, "b": 20.0}
    found = log(tmp_path, TOTALS, amount_is="order_total", columns={"category": "sku"})
    assert sums(found) == {"a": 30.0, "b": 20.0}
    assert sorted(found.lines["category"]) == ["x", "x", "y"]
    text = TOTALS.replace("a,2024-01-05,30,1,y", "a,2024-01-05,31,1,y")
    with pytest.raises(DataError, match="order '1' has rows with 30 and 31, as have 1 orders"):
        log(tmp_path, text, amount_is="order_total")


def test_what_was_returned_is_subtracted(tmp_path: Path) -> None:
    columns = {"refunded": "back"}
    assert sums(log(tmp_path, TOTALS, columns=columns)) == {"a": 50.0, "b": 20.0}
    found = log(tmp_path, TOTALS, columns=columns, amount_is="order_total")
    assert sums(found) == {"a": 25.0, "b": 20.0}
    negative = TOTALS.replace("EUR,5", "EUR,-5")
    assert sums(log(tmp_path, negative, columns=columns)) == {"a": 50.0, "b": 20.0}


def test_other_currencies_stop_or_are_dropped(tmp_path: Path) -> None:
    text = TOTALS.replace("x,EUR,\n", "x,usd,\n")
    keys: dict[str, Any] = {"columns": {"currency": "currency"}, "currency": "EUR"}
    with pytest.raises(
        DataError, match=r"EUR \(2\), usd \(1\); 1 rows are not EUR: set data\.other"
    ):
        log(tmp_path, text, **keys)
    found = log(tmp_path, text, other_currencies="drop", **keys)
    assert sums(found) == {"a": 60.0}
    assert found.counts["other_currency_rows_dropped"] == 1


def test_blank_cells_take_the_value_above_within_the_order(tmp_path: Path) -> None:
    text = """\
who,at,paid,order,status
a,2024-01-05,10,1,paid
,,5,1,
b,2024-01-06,20,2,failed
,,7,2,
,2024-01-07,9,3,paid
"""
    found = log(tmp_path, text, fill_down=["who", "at", "status"], keep={"status": "paid"})
    assert sums(found) == {"a": 15.0}
    assert found.counts["guest_rows_dropped"] == 1


@pytest.mark.parametrize("key", [{"amount_is": "order_total"}, {"fill_down": ["who"]}])
def test_what_needs_an_order_says_so(key: dict[str, Any]) -> None:
    columns = {"customer_id": "who", "timestamp": "at", "amount": "paid"}
    with pytest.raises(ValidationError, match=r"must name columns\.order_id"):
        PurchaseData.model_validate({"transactions": "x.csv", "columns": columns, **key})


def test_an_order_in_several_files_is_settled(tmp_path: Path) -> None:
    head = "who,at,paid,order\n"
    (tmp_path / "1.csv").write_text(head + "a,2024-01-05,10,1\na,2024-01-06,20,2\n")
    (tmp_path / "2.csv").write_text(head + "a,2024-01-06,25,2\nb,2024-01-07,30,3\n")
    with pytest.raises(DataError, match=r"1\.csv: order '2' is also in .*2\.csv, as are 1 orders"):
        read(tmp_path)
    newest = read(tmp_path, reexports="newest")
    assert sums(newest) == {"a": 35.0, "b": 30.0}
    assert newest.counts["reexported_rows_dropped"] == 1
    assert sums(read(tmp_path, reexports="keep")) == {"a": 55.0, "b": 30.0}


def test_a_refund_that_comes_after_the_newest_export_of_its_order_counts(tmp_path: Path) -> None:
    head = "who,at,paid,order\n"
    for name in ("1.csv", "2.csv"):
        (tmp_path / name).write_text(head + "a,2024-01-05,10,1\na,2024-01-06,20,2\n")
    (tmp_path / "3.csv").write_text(head + "a,2024-01-09,-8,1\n")
    newest = read(tmp_path, reexports="newest")
    assert sums(newest) == {"a": 22.0}
    assert newest.counts["reexported_rows_dropped"] == 2


def test_an_order_that_lasts_too_long_is_named(tmp_path: Path) -> None:
    text = "who,at,paid,order\na,2024-01-05,1,0\na,2024-06-05,1,0\nb,2024-01-05,1,1\n"
    with pytest.raises(DataError, match="order '0' of customer 'a' has rows from 2024-01-05 to"):
        log(tmp_path, text)
    assert log(tmp_path, text, order_span_days=365).counts["orders"] == 2


def test_a_cost_is_read_and_checked(tmp_path: Path) -> None:
    text = "who,at,paid,order,cost\na,2024-01-05,10,1,4\na,2024-01-05,5,1,\n"
    assert sums(log(tmp_path, text, columns={"cost": "cost"})) == {"a": 15.0}
    with pytest.raises(DataError, match="column cost holds 'much' in row 1"):
        log(tmp_path, text.replace("1,4", "1,much"), columns={"cost": "cost"})


def test_a_key_that_names_no_column_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column 'state', which data\.keep, data\.drop or"):
        log(tmp_path, STATUS, keep={"state": ["paid"]})
